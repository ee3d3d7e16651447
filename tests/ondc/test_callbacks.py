"""What is proved is kept once, and what is refused is told with which code; forgeries: test_forged_headers.py."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.ondc import services, signing
from apps.ondc.models import InboundMessage, Offer, Question
from tests.ondc.network import (
    Journey,
    Json,
    Participant,
    Registry,
    act,
    catalogue,
    clock,
    make_search,
    post,
    quote,
    stamp,
    verdict,
)

pytestmark = pytest.mark.django_db


def search_body(journey: Journey, **changes: Any) -> Json:
    return journey.body("on_search", catalogue("100"), question=journey.search, **changes)


def kept() -> list[tuple[str, str, str]]:
    return list(InboundMessage.objects.values_list("action", "state", "outcome"))


def test_what_is_proved_is_kept_as_it_came_and_acknowledged(journey: Journey) -> None:
    raw = json.dumps(search_body(journey) | {"odd": "ಮ"}, indent=3).encode()

    answer = post(journey.seller, raw)

    assert answer.content == b'{"message":{"ack":{"status":"ACK"}}}'
    row = InboundMessage.objects.get()
    assert row.raw.encode() == raw
    assert row.digest == signing.digest(raw)
    assert (row.sender, row.unique_key_id, row.state) == (journey.seller.id, "k1", "WAITING")
    assert (row.transaction_id, row.question) == (journey.search.transaction_id, journey.search)
    assert row.header.startswith("Signature keyId=")


def test_the_same_again_is_acknowledged_and_not_kept_and_another_body_is_another_message(
    journey: Journey,
) -> None:
    body = search_body(journey)
    for _ in range(3):
        assert verdict(post(journey.seller, body)) == "ACK"
    assert len(kept()) == 1

    assert verdict(post(journey.seller, body | {"more": 1})) == "ACK"

    assert len(kept()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "UNSUBSCRIBED"},
        {"kind": "BG"},
        {"kind": "BAP"},
        {"valid_until": clock() - timedelta(minutes=1)},
        {"changes": {"signing_public_key": "AAAA"}},
        {"changes": {"signing_public_key": ""}},
        {"changes": {"valid_from": stamp(clock() + timedelta(days=1))}},
    ],
    ids=["unsubscribed", "gateway", "buyer", "over", "odd", "none", "not-yet"],
)
def test_a_key_that_the_registry_does_not_vouch_for_opens_nothing(
    registry: Registry, changes: dict[str, Any]
) -> None:
    asked = make_search()
    seller = Participant(**changes)
    registry.rows.append(seller)

    answer = post(seller, search_body(Journey(seller, asked)))

    assert (answer.status_code, kept()) == (401, [])


def test_a_gateways_signature_is_held_to_the_same_rules_and_never_stands_in(
    journey: Journey, registry: Registry
) -> None:
    gateway = Participant(id="gateway.example.in", kind="BG")
    registry.rows.append(gateway)
    raw = signing.wire(search_body(journey))

    def told(sender: str, second: str) -> int:
        return (
            Client()
            .post(
                "/api/ondc/on_search",
                data=raw,
                content_type="application/json",
                headers={"authorization": sender, "x-gateway-authorization": second},
            )
            .status_code
        )

    good = journey.seller.sign(raw)
    assert told(gateway.sign(raw), gateway.sign(raw)) == 401
    assert told(good, gateway.sign(raw + b" ")) == 401
    assert told(good, good) == 401
    assert told(good, "Signature x") == 401
    assert kept() == []
    assert told(good, gateway.sign(raw)) == 200


def wrong(**changes: Any) -> Callable[[Journey], Json]:
    return lambda journey: search_body(journey, **changes)


def without(name: str) -> Callable[[Journey], Json]:
    def make(journey: Journey) -> Json:
        body = search_body(journey)
        del body["context"][name]
        return body

    return make


REFUSED: dict[str, tuple[Callable[[Journey], Json], str]] = {
    "a timestamp that is none": (wrong(timestamp="yesterday"), "20006"),
    "a timestamp of two hours ago": (wrong(timestamp=stamp(clock() - timedelta(hours=2))), "20002"),
    "a timestamp of tomorrow": (wrong(timestamp=stamp(clock() + timedelta(days=1))), "20002"),
    "a ttl long over": (
        wrong(timestamp=stamp(clock() - timedelta(days=3)), ttl="P1M"),
        "20002",
    ),
    "a question we never asked": (wrong(message_id=uuid4()), "20008"),
    "a journey of nobody": (wrong(message_id=uuid4(), transaction_id=uuid4()), "20008"),
    "an id that is none": (wrong(message_id="1"), "20008"),
    "an id far too long": (wrong(message_id="m" * 65), "20006"),
    "an action of another path": (
        lambda journey: journey.body("on_select", {}, question=journey.search),
        "20006",
    ),
    "no message id": (without("message_id"), "20006"),
    "no transaction": (without("transaction_id"), "20006"),
    "no domain": (without("domain"), "20006"),
    "no timestamp": (without("timestamp"), "20006"),
    "no message": (lambda journey: {"context": search_body(journey)["context"]}, "20006"),
    "a message of text": (lambda journey: search_body(journey) | {"message": "x"}, "20006"),
    "no catalogue": (lambda journey: search_body(journey) | {"message": {}}, "20006"),
    "no context": (lambda _journey: {"message": {}}, "20006"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_genuine_and_not_acceptable_is_told_why(journey: Journey, case: str) -> None:
    make, code = REFUSED[case]

    answer = post(journey.seller, make(journey), action="on_search")

    assert (answer.status_code, verdict(answer)) == (200, code)
    assert not [row for row in kept() if row[1] != "REFUSED"]
    act()
    assert not Offer.objects.exists()


def test_a_callback_that_nobody_serves_is_told_so(journey: Journey) -> None:
    for action in ("on_report", "on_nothing", "on_" + "x" * 60):
        answer = post(journey.seller, search_body(journey), action=action)
        assert (answer.status_code, verdict(answer)) == (200, "21001")
    assert Client().get("/api/ondc/on_search").status_code == 405
    assert kept() == []


@pytest.mark.parametrize(
    ("action", "message", "code"),
    [
        ("on_select", {}, "20006"),
        ("on_select", {"order": {"provider": {"id": "P1"}}}, "20006"),
        ("on_select", {"order": {"quote": {"price": {"value": "abc"}}}}, "20006"),
        ("on_select", {"order": {"quote": {"price": {"value": "1e309"}}}}, "20006"),
        ("on_select", {"order": {"quote": {"price": {"value": "NaN"}}}}, "20006"),
        ("on_select", {"order": {"quote": {"price": {"value": "1." + "0" * 40}}}}, "20006"),
        ("on_select", {"order": {"quote": {"price": {"value": True}}}}, "20006"),
        ("on_select", {"order": {"quote": quote(("BASE_FARE", "-1"), total="-1")}}, "22507"),
        ("on_select", {"order": {"quote": quote(("BASE_FARE", "99"), total="100")}}, "22507"),
        ("on_select", {"order": {"quote": quote(("BASE_FARE", "x"), total="100")}}, "22507"),
    ],
)
def test_a_price_that_money_hangs_on_must_be_one(
    journey: Journey, action: str, message: Json, code: str
) -> None:
    asked = journey.chosen()

    answer = post(journey.seller, journey.body(action, message, question=asked))

    assert verdict(answer) == code
    assert journey.now().fare_paise is None


def test_an_order_needs_its_number_once_it_is_one(journey: Journey) -> None:
    journey.reach("CONFIRMING")
    told = journey.told("CONFIRMED", id="")

    answer = post(journey.seller, journey.body("on_confirm", told, question=journey.confirm))

    assert verdict(answer) == "20006"
    assert journey.now().stage == "CONFIRMING"


def test_prices_are_read_as_text_and_as_numbers(journey: Journey) -> None:
    asked = journey.chosen()
    for value, paise in [("100.5", 100_50), (96, 96_00), ("96.236", 96_24), ("0", 0)]:
        told = journey.told(id="", quote={"price": {"value": value, "currency": "INR"}})
        raw = json.dumps(journey.body("on_select", told, question=asked)).encode()
        assert verdict(post(journey.seller, raw)) == "ACK"
        act()
        assert journey.now().fare_paise == paise


def test_another_seller_answers_no_question_of_ours_and_speaks_of_no_order(
    journey: Journey, registry: Registry
) -> None:
    journey.reach("ACTIVE")
    thief = Participant(id="thief.example.in")
    registry.rows.append(thief)
    theirs = Journey(thief, journey.search)
    asked = journey.ask("status")

    answers = [
        post(thief, theirs.body("on_status", journey.told("ENDED"), question=asked)),
        post(thief, theirs.body("on_status", journey.told("ENDED"))),
        post(thief, theirs.body("on_cancel", journey.told("CANCELLED", status="CANCELLED"))),
        post(thief, theirs.body("on_select", journey.told(id=""))),
    ]

    assert [verdict(answer) for answer in answers] == ["20008"] * 4
    act()
    assert journey.now().ride_state == "RIDE_CONFIRMED"


def test_nothing_makes_a_ride_before_it_was_confirmed(journey: Journey) -> None:
    journey.reach("READY")

    for action in ("on_status", "on_update", "on_cancel"):
        body = journey.body(action, journey.told("STARTED"))
        assert verdict(post(journey.seller, body)) == "20007"
    # Namma Yatri's own way: an answer under another message id, to something we did ask.
    unasked = journey.body("on_confirm", journey.told("STARTED"))
    assert verdict(post(journey.seller, unasked)) == "20008"

    assert (journey.now().stage, journey.now().ride_state) == ("READY", "")


def test_a_quote_long_after_the_question_is_too_late_and_an_order_never_is(
    journey: Journey,
) -> None:
    journey.reach("CONFIRMING")
    long_ago = clock() - timedelta(hours=3)
    Question.objects.update(asked_at=long_ago, until=long_ago + timedelta(seconds=30))
    first = Question.objects.get(action="select")

    late = post(journey.seller, journey.body("on_select", journey.told(id=""), question=first))
    order = journey.body("on_confirm", journey.told("ASSIGNED"), question=journey.confirm)

    assert verdict(late) == "20009"
    assert verdict(post(journey.seller, order)) == "ACK"
    act()
    assert journey.now().ride_state == "RIDE_ASSIGNED"


def test_an_answer_under_ids_of_its_own_is_found_by_what_was_asked(journey: Journey) -> None:
    asked = journey.chosen()
    own_journey = journey.body("on_select", journey.told(id=""), question=asked)
    own_journey["context"]["transaction_id"] = str(uuid4())
    own_message = journey.body("on_select", journey.told(id="", status="x"))

    assert verdict(post(journey.seller, own_journey)) == "ACK"
    assert verdict(post(journey.seller, own_message)) == "ACK"
    act()

    assert journey.now().stage == "QUOTED"
    noted = InboundMessage.objects.filter(action="on_select").order_by("pk")
    assert [row.deviations for row in noted] == [
        ["transaction_id is not the question's"],
        ["message_id is not the question's"],
    ]


def test_what_nobody_knows_is_taken_and_kept(journey: Journey) -> None:
    journey.reach("ACTIVE")
    told = journey.told("ASSIGNED", tags=[{"code": "odd"}], new={"a": [1, 2.5, None]})
    told["order"]["fulfillments"][0]["type"] = "BOAT"
    told["order"]["quote"]["breakup"][0]["title"] = "DRAGON_FEE"
    body = journey.body("on_update", told, timestamp=stamp(clock()).replace("T", " "))
    body["context"]["extra"] = True

    assert verdict(post(journey.seller, json.dumps(body).encode())) == "ACK"
    act()

    assert journey.now().ride_state == "RIDE_ASSIGNED"
    assert journey.now().quotes.filter(lines__0__title="DRAGON_FEE").exists()


def test_refused_while_our_question_was_on_its_way_the_same_bytes_are_taken_later(
    journey: Journey,
) -> None:
    asked = journey.chosen()
    body = journey.body("on_select", journey.told(id=""), question=asked)
    Question.objects.filter(pk=asked.pk).update(bpp_id="not.yet.example")
    assert verdict(post(journey.seller, body)) == "20008"
    Question.objects.filter(pk=asked.pk).update(bpp_id=journey.seller.id)

    assert verdict(post(journey.seller, body)) == "ACK"
    act()

    assert journey.now().stage == "QUOTED"
    assert InboundMessage.objects.filter(action="on_select").count() == 1


def test_a_body_that_is_too_large_or_packed_is_not_read(journey: Journey) -> None:
    body = journey.body("on_status", {"x": "y" * (1024 * 1024)})
    assert post(journey.seller, body).status_code == 413
    raw = signing.wire(search_body(journey))
    packed = Client().post(
        "/api/ondc/on_search",
        data=raw,
        content_type="application/json",
        headers={"authorization": journey.seller.sign(raw), "content-encoding": "gzip"},
    )
    assert packed.status_code == 415
    assert kept() == []
    # A catalogue may be larger than everything else.
    large = search_body(journey) | {"x": "y" * (3 * 1024 * 1024)}
    assert verdict(post(journey.seller, large)) == "ACK"


def test_nothing_is_believed_while_we_are_on_no_network(journey: Journey, settings: Any) -> None:
    settings.ONDC_SUBSCRIBER_ID = ""

    answer = post(journey.seller, search_body(journey))

    assert (answer.status_code, kept()) == (401, [])


def test_a_stored_message_is_sealed_and_emptied_when_its_time_is_over(journey: Journey) -> None:
    journey.offered()
    row = InboundMessage.objects.get()
    assert services.purge_inbound(now=clock() + timedelta(days=6)) == 0
    assert services.purge_inbound(now=clock() + timedelta(days=8)) == 1

    row.refresh_from_db()
    assert (row.raw, bool(row.digest), bool(row.header)) == ("", True, True)
