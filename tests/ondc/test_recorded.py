"""
What others really send: every recorded callback is judged in place, and each refusal has its reason.

The recordings are not part of the project; where they are not at hand the test says that it judged none.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.ondc import callbacks
from apps.ondc.beckn import Nack
from apps.ondc.handlers import HANDLERS
from apps.ondc.messages import offers_of, order_of
from apps.ondc.reading import exact, read_json
from tests.ondc.network_data import DATA

# (part of the path, path of what is wrong, why it is refused). A recording that is refused for another
# reason fails the test.
REASONS = [
    ("/workbench-TRV11-2.0.1/", "message.catalog", "a generator's empty message"),
    ("/workbench-TRV11-2.0.1/", "message.order", "a generator's empty message"),
    ("/workbench-TRV11-2.0.1/", "message.issue.id", "a generator's empty message"),
    ("/workbench-TRV11-2.1.0/Bus/", "message.catalog", "a generator's empty message"),
    ("/workbench-TRV11-2.1.0/Bus/", "message.order", "a generator's empty message"),
    ("/spec-examples-release-TRV10-2.0.", "message.order.id", "an order without its number"),
    ("Route_Selection_by_Agent/", "message.order.quote", "no price where money is decided"),
]
# What lies beside the messages, by name, and what it is.
BESIDE = {
    "_flow.json": "descriptions of flows, no messages",
    "vectors.json": "vectors of signatures, no messages",
}
# What others say to us under a name that no answer has: of the older reconciliation, which is not spoken here.
TO_US = callbacks.ABOUT_MONEY | {"receiver_recon"}
# Sellers who are on the network: whatever the rules say of their messages, a ride must not be lost.
LIVE = ("/trv10/real-logs/", "/trv11/real-logs/")


def recordings() -> Iterator[Path]:
    for path in sorted(DATA.rglob("*.json")):
        if "canonical" not in path.parts and "schema" not in path.parts:
            yield path


def judged(path: Path) -> tuple[str, str]:
    """
    Return the action of a recorded message and what is wrong with it, "" for nothing.

    What is no message of others to us has no action, and says instead what it is.
    """
    raw = path.read_bytes()
    if path.name in BESIDE:
        return "", BESIDE[path.name]
    context = json.loads(raw)["context"]
    action = str(context["action"])
    if not action.startswith("on_") and action not in TO_US:
        return "", "requests of buyer apps"
    if action not in HANDLERS:
        return action, "21001"
    try:
        body = read_json(raw, most_keys=500_000)
        envelope = callbacks.read_envelope(
            body, action=action, signer=exact(context, "bpp_id"), ours=exact(context, "bap_id")
        )
        callbacks.check_message(body, envelope, now=envelope.sent_at)
    except Nack as nack:
        return action, nack.path or nack.sentence
    # What is accepted can be read to the end.
    if action == "on_search":
        assert all(offer.price_paise >= 0 for offer in offers_of(body))
    elif action in callbacks.ABOUT_AN_ORDER:
        order_of(body)
    return action, ""


def test_recorded_callbacks_are_taken_or_refused_for_a_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    taken: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    set_aside: Counter[str] = Counter()
    unexplained: list[str] = []
    unreadable: list[str] = []

    for path in recordings():
        try:
            action, wrong = judged(path)
        except (ValueError, KeyError, TypeError) as failure:
            # Nothing is passed over in silence: a file that is no message is named.
            unreadable.append(f"{path.relative_to(DATA.parent)}: {type(failure).__name__}")
            continue
        if not action:
            set_aside[wrong] += 1
        elif action and not wrong:
            taken[action] += 1
        elif action and wrong == "21001":
            refused[f"{action} is not served here"] += 1
        elif action:
            name = str(path.relative_to(DATA.parent))
            why = next((why for part, what, why in REASONS if part in name and what == wrong), None)
            if why is None or any(part in name for part in LIVE):
                unexplained.append(f"{name}: {wrong}")
            refused[why or wrong] += 1

    with capsys.disabled():
        print(f"\nrecorded callbacks judged: {taken.total() + refused.total()}")
        for label, counted in (("taken", taken), ("refused", refused), ("aside", set_aside)):
            for what, count in sorted(counted.items()):
                print(f"  {label} {count:4} {what}")
    assert unexplained == []
    assert unreadable == []
    assert taken.total() + refused.total() + set_aside.total() == len(list(recordings()))
