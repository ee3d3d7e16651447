"""What leaves us about people: nothing, in any kind of message that was ever seen."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from apps.ondc.redacting import GONE, redacted
from tests.ondc import network_data

Node = Any  # Any: JSON documents
_PERSONAL = frozenset(
    {"phone", "email", "token", "registration", "bank_account_number", "account_no", "building"}
)
_PHONE = re.compile(r"(?<![\w.])[6-9]\d{9}(?!\w)")


def people(node: Node, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Return every text that names, reaches or lets in somebody, by where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            named = key == "name" and path and path[-1] in {"person", "billing"}
            if (named or key in _PERSONAL) and isinstance(value, str) and len(value) > 3:
                yield value
            yield from people(value, (*path, key))
    elif isinstance(node, list):
        for each in node:
            yield from people(each, path)


def exact_places(node: Node) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "gps" and isinstance(value, str) and re.search(r"\d\.\d{3}", value):
                yield value
            yield from exact_places(value)
    elif isinstance(node, list):
        for each in node:
            yield from exact_places(each)


def every_message() -> dict[str, Node]:
    """Return our own accepted messages, and everything recorded and exemplary where it is at hand."""
    found = dict(network_data.canonical())
    for path in sorted(network_data.DATA.glob("**/*.json")):
        if "schema" in path.parts or path.name == "vectors.json":
            continue
        document = json.loads(path.read_text())
        if isinstance(document, dict) and "context" in document:
            found[str(path.relative_to(network_data.DATA))] = document
    return found


def test_nobody_is_left_in_any_kind_of_message(capsys: pytest.CaptureFixture[str]) -> None:
    kinds: set[str] = set()
    removed = 0
    for name, document in every_message().items():
        kinds.add(str(document["context"]["action"]))
        left = redacted(document)
        text = json.dumps(left, ensure_ascii=False)
        # A name that is the app's own, or a word of every text, is nobody's.
        for value in set(people(document)) - {"ONDC", "CHALO", "Chalo"}:
            assert f'"{value}"' not in text, (name, value)
            removed += 1
        for place in exact_places(document):
            assert place not in text, (name, place)
        body = json.dumps(left.get("message"), ensure_ascii=False)
        assert not _PHONE.search(re.sub(r'"(?:\w*id|signature)": "[^"]*"', "", body)), name
        assert left["context"] == document["context"], "whose message it is stays"

    with capsys.disabled():
        print(
            f" [{removed} facts about people taken out of {len(kinds)} kinds of messages]", end=""
        )
    assert {"search", "select", "init", "confirm", "cancel", "update", "rating"} <= kinds


def test_what_the_network_counts_by_stays() -> None:
    message = {
        "order": {
            "id": "O1",
            "status": "ACTIVE",
            "items": [{"id": "I1", "price": {"value": "206.00", "currency": "INR"}}],
            "fulfillments": [
                {
                    "id": "F1",
                    "state": {"descriptor": {"code": "RIDE_STARTED"}},
                    "agent": {"person": {"name": "Driver One"}},
                    "stops": [
                        {
                            "type": "START",
                            "location": {
                                "gps": "12.923412, 77.615834",
                                "address": {
                                    "city": "Bengaluru",
                                    "building": "7",
                                    "area_code": "560034",
                                },
                            },
                            "authorization": {"type": "OTP", "token": "1234"},
                        }
                    ],
                    "vehicle": {"category": "CAB", "registration": "KA01AB1234"},
                }
            ],
        }
    }

    order = redacted(message)["order"]

    ride = order.pop("fulfillments")[0]
    assert order == {key: message["order"][key] for key in order}
    assert ride["state"] == {"descriptor": {"code": "RIDE_STARTED"}}
    assert ride["vehicle"] == {"category": "CAB", "registration": GONE}
    assert ride["stops"][0]["location"] == {
        "gps": "12.92, 77.62", "address": {"city": "Bengaluru", "area_code": "560034"},
    }  # fmt: skip
    assert (ride["agent"], ride["stops"][0]["authorization"]) == (GONE, GONE)


@pytest.mark.parametrize(
    "text",
    [
        "call me at 9876543210", "write to asha.rao+x@example.co.in", "+91 98765 43210", "098765-43210",
    ],
)  # fmt: skip
def test_a_number_or_an_address_in_a_free_text_goes(text: str) -> None:
    assert GONE in redacted({"note": text})["note"]
    assert not re.search(r"\d{5}|@", redacted({"note": text})["note"])
