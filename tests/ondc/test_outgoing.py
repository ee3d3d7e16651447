"""What we say equals what the network's rules accepted, and nothing else can be said."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft7Validator

from apps.ondc.outgoing import orders, retail, rides, transit, wire
from apps.ondc.outgoing.context import BuyerApp, Context, Counterparty, moment
from apps.ondc.outgoing.forms import Person, Stop, gps, money, price
from apps.ondc.outgoing.profiles import RIDES, UnknownVersion, manners, profile
from apps.ondc.outgoing.rides import Wish
from tests.ondc import network_data, saying, shapes
from uma.kernel.geo import Point

MESSAGES = network_data.canonical()
NOON = datetime(2026, 11, 25, 6, 30, 0, 123_456, tzinfo=UTC)


def test_there_is_a_builder_for_every_accepted_message() -> None:
    assert len(MESSAGES) == 104


@pytest.mark.parametrize("name", MESSAGES)
def test_we_say_what_the_networks_rules_accepted(name: str) -> None:
    context, message = saying.again(name, MESSAGES[name])

    body = wire.encode(context=context, message=message)

    assert json.loads(body) == MESSAGES[name]
    assert list(json.loads(body)) == ["context", "message"]


def wrong_with(document: Any) -> list[str]:  # Any: a JSON document
    """Return what our own rules of form say against a message."""
    whole = shapes.schema(document["context"]["action"])
    found = [error.message for error in Draft7Validator(whole).iter_errors(document)]
    for path, node, rule in shapes.named(document["message"]):
        found += [f"{path}: {error.message}" for error in Draft7Validator(rule).iter_errors(node)]
    return found


def test_every_message_of_ours_keeps_to_the_form() -> None:
    judged = 0
    for name, document in MESSAGES.items():
        context, message = saying.again(name, document)
        assert wrong_with({"context": context, "message": message}) == [], name
        judged += 1

    assert judged == len(MESSAGES) > 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("context.timestamp", "2026-11-25T06:30:00Z"),
        ("context.ttl", "P1D"),
        ("context.message_id", "1"),
        ("context.bpp_uri", None),
        ("context.key", "x"),
        ("context.location.city.code", "*"),
        ("message.order.items", []),
        ("message.order.billing.name", ""),
        ("message.order.payments.0.status", "OWED"),
        ("message.order.quote", 1.5),
        ("message.order.tags", [{"code": "BAP_TERMS"}]),
        ("message.order.fulfillments.0.stops.0.location.gps", "12.9,77.6"),
        ("message.more", "x"),
    ],
)
def test_what_strays_from_the_form_is_seen(path: str, value: object) -> None:
    document = json.loads(json.dumps(MESSAGES["TRV10-2.1.0/04_confirm"]))
    assert wrong_with(document) == []
    *way, last = path.split(".")
    node = document
    for step in way:
        node = node[int(step)] if step.isdigit() else node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value

    assert wrong_with(document) != []


def test_the_official_schemas_accept_what_we_say(capsys: pytest.CaptureFixture[str]) -> None:
    """They are other people's and read in place; where they are, something must have been judged."""
    judged = 0
    for name, document in MESSAGES.items():
        context, message = saying.again(name, document)
        schema = network_data.schema(
            str(context["domain"]), str(context["version"]), str(context["action"])
        )
        if schema is None:
            continue
        errors = list(Draft7Validator(schema).iter_errors({"context": context, "message": message}))
        assert errors == [], name
        judged += 1

    with capsys.disabled():
        print(f" [{judged} of {len(MESSAGES)} messages judged by the official schemas]", end="")
    assert bool(judged) == network_data.DATA.exists(), "all of the data or none of it"


def test_the_oldest_version_says_what_the_middle_one_says() -> None:
    old, middle = (profile(domain=RIDES, version=version) for version in ("2.0.0", "2.0.1"))
    wish = Wish(way=[saying.START, saying.END])

    assert rides.search(old, wish=wish, terms=saying.RIDE_TERMS) == rides.search(
        middle, wish=wish, terms=saying.RIDE_TERMS
    )
    assert rides.init(old, booked=saying.BOOKED, terms=saying.RIDE_TERMS) == rides.init(
        middle, booked=saying.BOOKED, terms=saying.RIDE_TERMS
    )


@pytest.mark.parametrize(
    "value",
    [None, "", 1.5, [], {}, {"1": "x"}, {"": "x"}, 2**53, "\ud800", {"a": [{"b": None}]}],
)
def test_what_a_counterparty_could_not_read_back_never_leaves(value: Any) -> None:  # Any: wrong
    with pytest.raises(wire.WrongForm):
        wire.encode(context={"action": "search"}, message={"value": value})


def test_the_body_is_what_javascript_would_print() -> None:
    body = wire.encode(context={"a": 1}, message={"name": "ಬೆಂಗಳೂರು/é", "display": False})

    assert body.decode() == '{"context":{"a":1},"message":{"name":"ಬೆಂಗಳೂರು/é","display":false}}'


def _context(**changed: Any) -> Context:  # Any: the fields of a context
    facts: dict[str, Any] = {
        "domain": RIDES,
        "version": "2.0.1",
        "action": "select",
        "city": "std:080",
        "sender": BuyerApp("bap.example.in", "https://bap.example.in/ondc"),
        "to": Counterparty("bpp.example.in", "https://bpp.example.in/beckn"),
        "transaction_id": uuid4(),
        "message_id": uuid4(),
        "at": NOON,
    }
    return Context(**facts | changed)


SAME = uuid4()


@pytest.mark.parametrize(
    "wrong",
    [
        {"city": "Bengaluru"},
        {"city": "std:80"},
        {"transaction_id": SAME, "message_id": SAME},
        {"at": NOON.replace(tzinfo=None)},
        {"ttl": timedelta(0)},
        {"to": None},
    ],
)
def test_an_envelope_that_cannot_be_is_not_made(wrong: dict[str, Any]) -> None:  # Any: as above
    with pytest.raises(ValueError, match=r"."):
        _context(**wrong)


def test_a_moment_has_three_digits_and_a_z() -> None:
    assert moment(NOON) == "2026-11-25T06:30:00.123Z"
    assert _context().beckn()["ttl"] == "PT30S"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Point(12.9, 77.6), "12.900000, 77.600000"),
        (Point(-0.0000001, 180), "-0.000000, 180.000000"),
        (Point(12.12345678, 77.1), "12.123457, 77.100000"),
    ],
)
def test_a_place_has_six_decimals(place: Point, text: str) -> None:
    assert gps(place) == text


@pytest.mark.parametrize(("paise", "text"), [(0, "0.00"), (5, "0.05"), (206, "2.06"), (-1500, "-15.00")])  # fmt: skip
def test_money_is_a_text_with_two_decimals(paise: int, text: str) -> None:
    assert money(paise) == text


@pytest.mark.parametrize("value", ["", "1e3", "NaN", "1,5", "01", "1.", ".5", "٣"])
def test_an_amount_that_is_none_is_not_repeated(value: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        price(value)


@pytest.mark.parametrize(("fare", "fee"), [(206_00, 2_06), (50, 1), (49, 0), (14_600, 146)])
def test_the_finder_fee_is_a_share_of_the_fare(fare: int, fee: int) -> None:
    assert rides.finder_fee_paise(fare, saying.RIDE_TERMS) == fee


def test_what_a_version_does_not_know_is_refused() -> None:
    old = profile(domain=RIDES, version="2.0.0")
    way = [saying.START, saying.BETWEEN, saying.END]

    with pytest.raises(ValueError, match="from one place to another"):
        rides.search(old, wish=Wish(way=way), terms=saying.RIDE_TERMS)
    with pytest.raises(ValueError, match="no updates"):
        orders.change_stops(
            old, order_id="O1", fulfillment_id="F1", stops=[saying.MOVED], confirmed=False
        )
    with pytest.raises(ValueError, match="stars"):
        orders.rating(old, kind="FULFILLMENT", rated_id="F1", stars=6)
    with pytest.raises(UnknownVersion):
        profile(domain=RIDES, version="1.9.9")
    with pytest.raises(ValueError, match="bus nor metro"):
        transit.search(old, mode="CAB", terms=saying.TICKET_TERMS)


@pytest.mark.parametrize("phone", ["", "+919000000001", "900000000", "90000 00001"])
def test_a_rider_without_ten_digits_is_not_introduced(phone: str) -> None:
    with pytest.raises(ValueError, match="ten digits"):
        Person("Rider One", phone)


def test_a_stop_is_somewhere() -> None:
    with pytest.raises(ValueError, match="position or a code"):
        Stop("START")
    with pytest.raises(ValueError, match="kind of stop"):
        Stop("MIDDLE", place=saying.START)


def test_namma_yatri_has_two_minutes_to_find_a_driver() -> None:
    assert manners("api.nammayatri.in/beckn/7f7896dd").quote_within == timedelta(seconds=120)
    assert manners("bpp.example.in").quote_within == timedelta(seconds=30)


def test_retail_is_asked_for_everything_or_for_what_changed() -> None:
    whole = retail.search(finder_fee_percent="3")
    begun = retail.search(finder_fee_percent="3", changes=retail.Push(begin=True))
    span = retail.Between(NOON, NOON + timedelta(minutes=15))
    since = retail.search(finder_fee_percent="3", changes=span)

    assert whole["intent"] == {
        "payment": {
            "@ondc/org/buyer_app_finder_fee_type": "percent",
            "@ondc/org/buyer_app_finder_fee_amount": "3",
        },
        "fulfillment": {"type": "Delivery"},
    }
    assert _tags(begun) == {"catalog_inc": {"mode": "start"}}
    assert _tags(since)["catalog_inc"]["end_time"] == "2026-11-25T06:45:00.123Z"
    context = _context(domain=retail.DOMAIN, version="1.2.5", action="search", to=None).retail()
    assert (context["core_version"], context["city"]) == ("1.2.5", "std:080")
    assert "location" not in context


def _tags(message: Any) -> dict[str, dict[str, str]]:  # Any: a JSON document
    return {
        group["code"]: {entry["code"]: entry["value"] for entry in group["list"]}
        for group in message["intent"]["tags"]
    }
