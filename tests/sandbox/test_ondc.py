"""The pretended network behaves as ONDC's documents and logs say, so that what holds here holds there."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
import requests

from apps.ondc import signing
from apps.ondc.outgoing import orders, rides
from apps.ondc.outgoing.context import Counterparty
from apps.ondc.outgoing.forms import Person
from apps.ondc.outgoing.orders import Step
from apps.ondc.outgoing.profiles import Terms, profile
from apps.ondc.outgoing.rides import Booked, Offered, Wish
from tests.sandbox.pretended_ondc import BUYER_ID, Buyer, Journey, NetworkProcess, total
from uma.kernel.geo import Point

WAY = (Point(12.9234, 77.6158), Point(12.9716, 77.5946))
TERMS = Terms(static_terms="https://bap.example.in/terms")
RIDER = Person("Rider One", "9000000001")
SPOKEN = [("autos", "2.0.0"), ("cabs", "2.0.1"), ("cabs", "2.1.0")]


def _searched(buyer: Buyer, version: str) -> Journey:
    journey = Journey(buyer, rides.DOMAIN, version)
    spoken = profile(domain=rides.DOMAIN, version=version)
    answer = journey.say("search", rides.search(spoken, wish=Wish(way=WAY), terms=TERMS))
    assert answer.json() == {"message": {"ack": {"status": "ACK"}}}
    found = journey.hears("on_search")
    journey.to = Counterparty(found["context"]["bpp_id"], found["context"]["bpp_uri"])
    return journey


def _booked(document: Any) -> Booked:  # Any: a JSON document
    order = document["message"].get("order") or document["message"]["catalog"]["providers"][0]
    provider = order["provider"]["id"] if "provider" in order else order["id"]
    fulfillment = order["fulfillments"][0]
    offered = Offered(provider, order["items"][0]["id"], fulfillment["id"])
    vehicle = fulfillment["vehicle"]
    return Booked(offered, RIDER, WAY, vehicle["category"], vehicle["variant"], 100_00)


def _initiated(journey: Journey) -> Any:  # Any: as above
    spoken = profile(domain=rides.DOMAIN, version=journey.version)
    offered = _booked(journey.hears("on_search")).offered
    journey.say("select", rides.select(offered=offered))
    booked = _booked(journey.hears("on_select"))
    journey.say("init", rides.init(spoken, booked=booked, terms=TERMS))
    return journey.hears("on_init")


def _confirm(journey: Journey, initiated: Any) -> None:  # Any: as above
    spoken = profile(domain=rides.DOMAIN, version=journey.version)
    order = initiated["message"]["order"]
    payment_id = order["payments"][0].get("id", "PA1")
    message = rides.confirm(
        spoken,
        booked=_booked(initiated),
        terms=TERMS,
        payment_id=payment_id,
        sellers_terms=next(iter(order.get("tags", [])), None),
    )
    assert journey.say("confirm", message).json()["message"]["ack"]["status"] == "ACK"


@pytest.mark.parametrize(("seller", "version"), SPOKEN)
def test_a_ride_goes_from_a_search_to_its_end(
    sandbox: NetworkProcess, buyer: Buyer, seller: str, version: str
) -> None:
    journey = _searched(buyer, version)
    initiated = _initiated(journey)
    quoted = total(initiated["message"]["order"])
    sandbox.order("scenario", seller=seller, name="toll")
    _confirm(journey, initiated)

    ended = journey.hears("on_update", state="ENDED")

    assigned = journey.hears("on_update", state="ASSIGNED")["message"]["order"]["fulfillments"][0]
    assert assigned["agent"]["person"]["name"] == "Driver One"
    assert len(assigned["stops"][0]["authorization"]["token"]) == 4
    assert journey.heard("on_status", state="STARTED")
    assert total(ended["message"]["order"]) == quoted + 35
    order_id = ended["message"]["order"]["id"]
    journey.say("status", orders.status(order_id=order_id))
    told = journey.hears("on_status", state="ENDED")["message"]["order"]
    assert (told["status"], told["payments"][0]["status"]) == (
        "COMPLETE" if seller == "autos" else "COMPLETED",
        "PAID",
    )
    assert buyer.unproved == []


def test_namma_yatri_changes_its_ids_and_names_the_driver_right_after(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    del sandbox
    journey = _searched(buyer, "2.0.0")
    initiated = _initiated(journey)
    _confirm(journey, initiated)
    assigned = journey.hears("on_update", state="ASSIGNED")["message"]["order"]

    confirmed = journey.hears("on_confirm")["message"]["order"]
    ids = [
        _booked(journey.hears("on_search")).offered.fulfillment_id,
        _booked(initiated).offered.fulfillment_id,
        assigned["fulfillments"][0]["id"],
    ]
    assert len(set(ids)) == 3
    assert "agent" not in confirmed["fulfillments"][0]
    assert initiated["message"]["order"]["id"] == confirmed["id"]
    assert "id" not in initiated["message"]["order"]["payments"][0]


@pytest.mark.parametrize(("seller", "version"), SPOKEN[:2])
@pytest.mark.parametrize(("name", "reason"), [("no_driver", "011"), ("driver_cancels", "013")])
def test_a_seller_cancels(
    sandbox: NetworkProcess, buyer: Buyer, seller: str, version: str, name: str, reason: str
) -> None:
    journey = _searched(buyer, version)
    initiated = _initiated(journey)
    sandbox.order("scenario", seller=seller, name=name)
    _confirm(journey, initiated)

    order = journey.hears("on_cancel", state="CANCELLED")["message"]["order"]

    assert (order["status"], order["cancellation"]["cancelled_by"]) == ("CANCELLED", "PROVIDER")
    if seller == "autos":
        assert total(order) == total(initiated["message"]["order"]), "its quote stays"
    else:
        assert order["cancellation"]["reason"]["descriptor"]["code"] == reason
        assert total(order) == 0


def test_no_driver_may_be_an_error_in_place_of_an_order(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    journey = _searched(buyer, "2.0.1")
    initiated = _initiated(journey)
    sandbox.order("scenario", name="no_driver_error")
    _confirm(journey, initiated)

    assert journey.hears("on_confirm")["error"]["code"] == "90203"
    assert "message" not in journey.hears("on_confirm")


def test_a_cancellation_says_its_price_before_it_is_one(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    sandbox.order("scenario", name="plain", changed={"states": ["ARRIVED_PICKUP"]})
    journey = _searched(buyer, "2.1.0")
    _confirm(journey, _initiated(journey))
    order_id = journey.hears("on_status", state="ARRIVED_PICKUP")["message"]["order"]["id"]

    journey.say("cancel", orders.cancel(order_id=order_id, reason="005", step=Step.ASK))
    asked = journey.hears("on_cancel")["message"]["order"]
    journey.say("cancel", orders.cancel(order_id=order_id, reason="005", step=Step.CONFIRM))
    done = journey.hears("on_cancel", times=2)["message"]["order"]

    assert (asked["status"], total(asked)) == ("SOFT_CANCEL", 30)
    assert (done["status"], total(done)) == ("CANCELLED", 30)
    assert done["fulfillments"][0]["state"]["descriptor"]["code"] == "RIDE_CANCELLED"


def test_a_lost_confirmation_is_found_by_the_journey(sandbox: NetworkProcess, buyer: Buyer) -> None:
    journey = _searched(buyer, "2.0.1")
    initiated = _initiated(journey)
    sandbox.order("scenario", name="silent_confirm")
    _confirm(journey, initiated)
    sandbox.order("scenario", name="plain")

    journey.say("status", orders.status_of_journey(transaction_id=journey.id))

    assert journey.hears("on_status")["message"]["order"]["id"]
    assert journey.heard("on_confirm") == []
    assert journey.hears("on_update", state="ENDED")


UNPROVED = [
    "wrong_signature",
    "expired_signature",
    "missing_signature",
    "stranger",
    "garbage",
    "oversize",
]


@pytest.mark.parametrize("name", UNPROVED)
def test_a_seller_may_send_what_proves_nothing(
    sandbox: NetworkProcess, buyer: Buyer, name: str
) -> None:
    sandbox.order("scenario", seller="cabs", name=name)
    journey = Journey(buyer, rides.DOMAIN, "2.0.1")
    spoken = profile(domain=rides.DOMAIN, version="2.0.1")
    journey.say("search", rides.search(spoken, wish=Wish(way=WAY), terms=TERMS))

    _until(lambda: bool(buyer.unproved))
    assert journey.heard("on_search") == []


def test_duplicates_and_an_early_update_come_as_ordered(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    journey = _searched(buyer, "2.0.1")
    initiated = _initiated(journey)
    sandbox.order("scenario", name="early_update", changed={"duplicates": 1})
    _confirm(journey, initiated)

    journey.hears("on_confirm", times=2)

    order = [
        one["context"]["action"]
        for one in buyer.heard
        if one["context"]["action"] in {"on_update", "on_confirm"}
    ]
    assert order[:4] == ["on_update", "on_update", "on_confirm", "on_confirm"]
    twins = [json.dumps(one) for one in journey.heard("on_confirm")]
    assert twins[0] == twins[1]


def test_states_may_be_told_in_another_order_than_they_happened(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    journey = _searched(buyer, "2.0.1")
    initiated = _initiated(journey)
    sandbox.order("scenario", name="reversed")
    _confirm(journey, initiated)
    journey.hears("on_update", state="ENDED")

    told = [one["message"]["order"] for one in journey.heard("on_status")]
    times = [one["updated_at"] for one in told]
    states = [one["fulfillments"][0]["state"]["descriptor"]["code"] for one in told]
    assert states == ["RIDE_STARTED", "RIDE_ARRIVED_PICKUP", "RIDE_ENROUTE_PICKUP"]
    assert times == sorted(times, reverse=True)


def test_failures_are_as_ordered_and_then_over(sandbox: NetworkProcess, buyer: Buyer) -> None:
    journey = _searched(buyer, "2.0.1")
    offered = _booked(journey.hears("on_search")).offered
    sandbox.order("scenario", name="throttled")

    first = journey.say("select", rides.select(offered=offered))
    second = journey.say("select", rides.select(offered=offered))

    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert second.status_code == 200
    sandbox.order("scenario", name="nack_select")
    refused = journey.say("select", rides.select(offered=offered)).json()
    assert refused["message"]["ack"]["status"] == "NACK"
    assert refused["error"]["code"] == "90201"


def test_what_is_not_proved_is_refused_by_gateway_registry_and_sellers(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    journey = _searched(buyer, "2.0.1")
    message = rides.select(offered=_booked(journey.hears("on_search")).offered)
    raw = json.dumps({"context": {"action": "search"}, "message": message}).encode()
    wanted = {"type": "BPP", "domain": rides.DOMAIN}
    assert journey.to is not None

    for url in (f"{sandbox.url}/gateway/search", f"{journey.to.uri}/select"):
        assert requests.post(url, data=raw, timeout=5).status_code == 401
        # Signed, and then changed on the way.
        changed = requests.post(url, data=raw + b" ", headers=buyer.signed(raw), timeout=5)
        assert changed.status_code == 401
    lookup = f"{sandbox.url}/registry/v2.0/lookup"
    assert requests.post(lookup, json=wanted, timeout=5).status_code == 401
    assert len(buyer.call("/registry/v2.0/lookup", wanted).json()) == 2
    assert "does not survive printing" in buyer.call(f"{journey.to.uri}/select", None, raw=raw).text


def test_a_body_that_javascript_prints_otherwise_is_refused(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    del sandbox
    journey = _searched(buyer, "2.0.1")

    answer = journey.say("select", {}, raw=b'{"context": {"action": "select"}}')

    assert answer.status_code == 401


def test_the_registry_answers_three_kinds_of_lookup(sandbox: NetworkProcess, buyer: Buyer) -> None:
    url = f"{sandbox.url}/registry"
    asked = {"country": "IND", "domain": rides.DOMAIN, "type": "sellerApp", "city": "std:080"}
    text = signing.vlookup_text(
        country="IND",
        domain=rides.DOMAIN,
        participant_type="sellerApp",
        city="std:080",
        subscriber_id="cabs.sandbox.example.in",
    )
    seed = signing.signing_seed(buyer.keys.signing_private_key)
    signed = {
        "sender_subscriber_id": BUYER_ID,
        "request_id": str(uuid4()),
        "timestamp": "2026-11-25T06:30:00.000Z",
        "signature": signing.sign_text(text, key=seed),
        "search_parameters": asked | {"subscriber_id": "cabs.sandbox.example.in"},
    }

    old = requests.post(f"{url}/lookup", json=asked, timeout=5).json()
    proved = requests.post(f"{url}/vlookup", json=signed, timeout=5).json()
    forged = requests.post(f"{url}/vlookup", json=signed | {"signature": "AAAA"}, timeout=5)

    assert len(old) == 2
    assert [one["subscriber_id"] for one in proved] == ["cabs.sandbox.example.in"]
    assert forged.status_code == 401
    sandbox.order("registry", failures=1)
    assert requests.post(f"{url}/lookup", json=asked, timeout=5).status_code == 503


def test_orders_that_make_no_sense_say_so(sandbox: NetworkProcess) -> None:
    wrong: list[tuple[str, dict[str, object]]] = [
        ("scenario", {"name": "unheard_of"}),
        ("scenario", {"name": "plain", "changed": {"colour": "red"}}),
        ("scenario", {"name": "plain", "seller": "planes"}),
        ("again", {"seller": "cabs", "action": "on_search"}),
    ]
    for action, body in wrong:
        url = f"{sandbox.url}/_control/{action}"
        assert requests.post(url, json=body, timeout=5).status_code == 400, body
    assert requests.get(f"{sandbox.url}/_control/nothing", timeout=5).status_code == 404
    assert "no_driver" in sandbox.ask("scenarios")["scenarios"]


def _until(true: Any) -> None:  # Any: a question
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)
