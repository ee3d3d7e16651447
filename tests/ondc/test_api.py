"""Journeys over HTTP: what an app asks, what it is told at once, and what it sees while providers answer."""

import gc
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.merchants.models import Zone
from apps.ondc.models import OutboundMessage, RideOrder, SearchAnswer
from apps.ondc.voice import Voice
from tests.factories import bearer, make_rider, make_zone
from tests.ondc import ours
from tests.sandbox.pretended_ondc import NetworkProcess

pytestmark = pytest.mark.django_db
URI = "http://127.0.0.1:9/cabs"
NEAR, FAR = {"lat": 13.3525, "lng": 74.7926}, {"latitude": 13.3409, "longitude": 74.7477}
RING = [[74.7, 13.31], [74.83, 13.31], [74.83, 13.42], [74.7, 13.42], [74.7, 13.31]]


@pytest.fixture
def rider() -> UUID:
    make_zone()
    Zone.objects.update(boundary={"type": "Polygon", "coordinates": [RING]})
    return make_rider().pk


@pytest.fixture(autouse=True)
def nobody_listens(settings: Settings) -> None:
    """What is said waits in these tests; sending it is another module's."""
    settings.ONDC_WATCH_S = 0


def _post(rider: UUID, action: str, body: object) -> Any:  # Any: a response
    return Client().post(
        f"/api/ondc/{action}",
        json.dumps(body, default=str),
        content_type="application/json",
        headers=bearer(rider, "rider", now=timezone.now()),
    )


def _get(rider: UUID, journey: object, **headers: str) -> Any:  # Any: a response
    path = f"/api/ondc/searches/{journey}" + ("/events" if headers else "")
    signed = bearer(rider, "rider", now=timezone.now())
    return Client().get(path, headers={**signed, **headers})


def _search(rider: UUID) -> Any:  # Any: JSON
    answer = _post(rider, "search", {"pickupLocation": NEAR, "dropLocation": FAR})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.usefixtures("network")
def test_a_search_is_answered_at_once_and_shown_as_providers_answer(rider: UUID) -> None:
    asked = _search(rider)
    journey_id = asked["transactionId"]
    context = asked["response"]["context"]

    assert asked["success"] is True
    assert asked["response"]["message"] == {"ack": {"status": "ACK"}}
    assert context["location"]["city"]["code"] == "std:0820"
    assert context["messageId"] == asked["messageId"]
    empty = _get(rider, journey_id).json()
    assert (empty["status"], empty["asked"], empty["answered"]) == ("open", None, 0)

    now = timezone.now()
    ours.offered(UUID(journey_id), uri=URI, version="2.0.1", now=now)
    ours.offered(UUID(journey_id), uri=URI, version="2.1.0", now=now)
    SearchAnswer.objects.create(
        transaction_id=journey_id, bpp_id=ours.SELLER, name="Cabs", answered_at=now
    )
    shown = _get(rider, journey_id).json()

    assert [one["name"] for one in shown["providers"]] == ["Cabs"]
    [offer] = shown["offers"]
    assert (offer["price"], offer["fulfillmentId"]) == (206, "F-2.1.0"), "in its newest version"
    assert offer["category"] == "CAB"
    assert _get(make_rider("other").pk, journey_id).json()["code"] == "search_not_found"


@pytest.mark.usefixtures("network")
def test_a_choice_is_made_by_the_offers_own_ids_and_never_by_an_address(rider: UUID) -> None:
    journey_id = UUID(_search(rider)["transactionId"])
    offer = ours.offered(journey_id, uri=URI, now=timezone.now())
    body = {
        "transactionId": journey_id,
        "bppId": offer.bpp_id,
        "bppUri": "https://evil.example/",
        "itemId": offer.item_id,
        "fulfillmentId": offer.fulfillment_id,
    }

    answer = _post(rider, "select", body)

    assert answer.status_code == 200, answer.content
    assert OutboundMessage.objects.get(action="select").url == f"{URI}/select"
    [order] = _get(rider, journey_id).json()["orders"]
    assert (order["stage"], order["fare"], order["driver"]) == ("selected", None, None)


def _which(rider: UUID, speaking: Voice) -> dict[str, str]:
    which = ours.ready(rider, speaking, uri=URI, now=timezone.now())
    return {"transactionId": str(which.transaction_id), "bppId": which.bpp_id}


def test_the_driver_and_the_code_that_begins_the_ride_are_shown(
    rider: UUID, speaking: Voice
) -> None:
    which = _which(rider, speaking)
    order = RideOrder.objects.get()
    order.stage, order.ride_state, order.number = "ACTIVE", "RIDE_ASSIGNED", "O-1"
    order.driver_name, order.driver_phone = "Driver One", "9000000009"
    order.driver_place, order.start_code = "13.35, 74.79", "1234"
    order.proposal, order.proposal_paise = "CANCEL", 30_00
    order.proposal_until = timezone.now() + timedelta(seconds=30)
    order.save()

    [shown] = _get(rider, which["transactionId"]).json()["orders"]

    assert shown["driver"]["location"] == {"latitude": 13.35, "longitude": 74.79}
    assert (shown["startCode"], shown["rideState"]) == ("1234", "RIDE_ASSIGNED")
    assert (shown["proposal"]["kind"], shown["proposal"]["amount"]) == ("cancel", 30)
    refused = _post(rider, "cancel", which | {"charge": 31})
    assert refused.json()["code"] == "cancellation_not_asked"
    assert _post(rider, "cancel", which | {"charge": 30}).status_code == 200


def test_a_fare_that_rose_is_told_and_agreed_to(rider: UUID, speaking: Voice) -> None:
    which = _which(rider, speaking)

    refused = _post(rider, "confirm", which | {"fare": 200})
    assert (refused.status_code, refused.json()["code"]) == (409, "quote_changed")
    assert refused.json()["fare"] == 206
    first = _post(rider, "confirm", which | {"fare": 206})
    again = _post(rider, "confirm", which)

    assert first.status_code == 200
    assert first.json() == again.json()
    assert RideOrder.objects.get().stage == "CONFIRMING"


def test_an_answer_that_never_came_is_said(rider: UUID, speaking: Voice) -> None:
    past = timezone.now() - timedelta(minutes=1)
    _, which = ours.selected(rider, speaking, uri=URI, now=past)

    [shown] = _get(rider, which.transaction_id).json()["orders"]

    assert (shown["stage"], shown["error"]) == ("selected", "no_answer")


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("action", "changed", "status", "code"),
    [
        ("search", {"pickupLocation": {"lat": 51.5, "lng": 0.1}}, 422, "outside_every_zone"),
        ("search", {"pickupLocation": {"lat": 13.35}}, 422, "validation_failed"),
        ("search", {"pickupLocation": NEAR | FAR}, 422, "validation_failed"),
        ("search", {"category": "SPACESHIP"}, 422, "validation_failed"),
        ("search", {"rideId": str(uuid4())}, 404, "booking_not_found"),
        ("search", {"colour": "red"}, 400, "unknown_field"),
        ("update", {}, 422, "validation_failed"),
        ("update", {"tip": 20, "dropLocation": NEAR}, 422, "validation_failed"),
        ("rating", {"rating": 6}, 422, "validation_failed"),
        ("cancel", {"reason": "000"}, 422, "validation_failed"),
        ("init", {"customerDetails": {"name": "A", "phone": "call me"}}, 422, "validation_failed"),
        ("init", {"customerDetails": {"name": "A", "phone": "+912345678"}}, 422, "rider_details_missing"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    rider: UUID, action: str, changed: dict[str, object], status: int, code: str
) -> None:
    body: dict[str, object] = {"pickupLocation": NEAR, "dropLocation": FAR}
    if action != "search":
        body = {"transactionId": uuid4(), "bppId": "x"}

    answer = _post(rider, action, body | changed)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert OutboundMessage.objects.count() == 0


def test_a_server_on_no_network_says_so(rider: UUID, settings: Settings) -> None:
    settings.ONDC_SUBSCRIBER_ID = ""

    answer = _post(rider, "search", {"pickupLocation": NEAR, "dropLocation": FAR})

    assert (answer.status_code, answer.json()["code"]) == (503, "ondc_unavailable")


def _events(answer: Any) -> Iterator[tuple[str, Any]]:  # Any: a response, and JSON
    for event in answer.getvalue().decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in event.splitlines())
        if "data" in lines:
            yield lines.get("id") or lines["event"], json.loads(lines["data"])


@pytest.mark.usefixtures("network")
def test_a_watcher_hears_of_what_is_new_and_of_the_end(rider: UUID) -> None:
    journey_id = _search(rider)["transactionId"]
    stream = {"Accept": "text/event-stream"}

    [(mark, view)] = _events(_get(rider, journey_id, **stream))
    assert view == _get(rider, journey_id).json()
    assert list(_events(_get(rider, journey_id, **stream, **{"Last-Event-ID": mark}))) == []

    ours.offered(UUID(journey_id), uri=URI, now=timezone.now())
    [(_, told)] = _events(_get(rider, journey_id, **stream, **{"Last-Event-ID": mark}))
    assert len(told["offers"]) == 1
    order = RideOrder(transaction_id=journey_id)
    order.transaction.closes_at = order.transaction.opened_at + timedelta(microseconds=1)
    order.transaction.save()
    *_, last = _events(_get(rider, journey_id, **stream))
    assert last == ("end", {})


@pytest.mark.usefixtures("network")
def test_few_watch_at_once_and_a_place_is_free_again(rider: UUID, settings: Settings) -> None:
    journey_id = _search(rider)["transactionId"]
    stream = {"Accept": "text/event-stream"}
    watching = [_get(rider, journey_id, **stream) for _ in range(settings.ONDC_WATCHERS)]

    refused = _get(rider, journey_id, **stream)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.json()["code"] == "too_many_watchers"
    # As a server drops a stream whose reader went away.
    watching.clear()
    gc.collect()
    assert _get(rider, journey_id, **stream).status_code == 200


@pytest.mark.usefixtures("rider")
def test_the_order_of_another_is_no_order(network: NetworkProcess, speaking: Voice) -> None:
    assert network.url
    mine, other = make_rider("mine").pk, make_rider("other").pk
    which = _which(mine, speaking)

    for action in ("init", "confirm", "status", "track", "cancel", "support"):
        answer = _post(other, action, which)
        assert answer.json()["code"] in {"ride_order_not_found", "rider_details_missing"}, action
