"""Stops between, rides for later, rentals, bids, a changed drop: said in the seller's form, refused where unknown."""

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft7Validator
from pytest_django.fixtures import Settings

from apps.ondc import services
from apps.ondc.errors import BidNotTaken, ChangeNotOffered, TripNotOffered
from apps.ondc.models import Offer, OutboundMessage, RideOrder
from apps.ondc.services import Trip, Which
from apps.ondc.voice import Voice, voice
from tests.factories import MANIPAL, make_rider
from tests.ondc import network_data, ours
from tests.ondc.ours import DROP, RIDER, START
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db
BETWEEN, ELSEWHERE = Point(13.3450, 74.7600), Point(13.3300, 74.7400)
URI = "http://127.0.0.1:9/cabs"
ON = START + timedelta(seconds=1)


@pytest.fixture
def speaking(settings: Settings) -> Voice:
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
    return voice()


def body_of(said: OutboundMessage) -> Any:  # Any: JSON
    """Return what is said, once the official schema has accepted it."""
    body = json.loads(said.body)
    context = body["context"]
    schema = network_data.schema(context["domain"], context["version"], context["action"])
    if schema is not None:
        assert list(Draft7Validator(schema).iter_errors(body)) == []
    return body


def asked(trip: Trip, speaking: Voice) -> dict[str, Any]:  # Any: JSON
    """Return the search's intent by version."""
    said = services.search_rides(
        rider_id=make_rider().pk, zone_code="MNP", city="std:0820", trip=trip, voice=speaking,
        now=START,
    )  # fmt: skip
    bodies = [body_of(each) for each in said]
    return {body["context"]["version"]: body["message"]["intent"] for body in bodies}


def test_stops_between_are_asked_in_the_version_that_knows_them_each_named_after_the_one_before(
    speaking: Voice,
) -> None:
    found = asked(Trip(MANIPAL, DROP, via=(BETWEEN,)), speaking)

    assert list(found) == ["2.1.0"]
    stops = found["2.1.0"]["fulfillment"]["stops"]
    assert [stop["type"] for stop in stops] == ["START", "INTERMEDIATE_STOP", "END"]
    assert [stop.get("parent_stop_id") for stop in stops] == [None, "1", "2"]


def test_a_rental_has_a_beginning_alone_and_a_ride_for_later_a_time(speaking: Voice) -> None:
    rental = asked(Trip(MANIPAL, None), speaking)
    at = START + timedelta(hours=2)
    later = asked(Trip(MANIPAL, DROP, at=at), speaking)

    assert list(rental) == ["2.1.0"]
    assert rental["2.1.0"]["category"]["descriptor"]["code"] == "ON_DEMAND_RENTAL"
    assert len(rental["2.1.0"]["fulfillment"]["stops"]) == 1
    assert set(later) == {"2.0.0", "2.0.1", "2.1.0"}
    assert later["2.1.0"]["category"]["descriptor"]["code"] == "SCHEDULED_TRIP"
    assert later["2.0.0"]["fulfillment"]["stops"][0]["time"]["timestamp"].endswith("08:30:00.000Z")


@pytest.mark.parametrize("ahead", [timedelta(minutes=14), timedelta(days=8), timedelta(hours=-1)])
def test_a_ride_for_later_is_neither_too_soon_nor_too_late(
    speaking: Voice, ahead: timedelta
) -> None:
    with pytest.raises(TripNotOffered):
        asked(Trip(MANIPAL, DROP, at=START + ahead), speaking)


@pytest.mark.usefixtures("speaking")
def test_where_nobody_knows_rentals_none_is_asked_for(settings: Settings) -> None:
    settings.ONDC_RIDE_VERSIONS = ["2.0.0", "2.0.1"]

    with pytest.raises(TripNotOffered):
        asked(Trip(MANIPAL, None), voice())
    assert not OutboundMessage.objects.exists()


def chosen(
    speaking: Voice, trip: Trip, *, bid_paise: int | None = None, version: str = "2.1.0"
) -> Which:
    rider_id = make_rider().pk
    said = services.search_rides(
        rider_id=rider_id, zone_code="MNP", city="std:0820", trip=trip, voice=speaking, now=START
    )
    journey_id = said[0].question.transaction_id
    offer = ours.offered(journey_id, uri=URI, version=version)
    Offer.objects.filter(pk=offer.pk).update(maximum_paise=ours.FARE_PAISE + 50_00)
    body_of(
        services.select_ride(
            transaction_id=journey_id, rider_id=rider_id, bpp_id=offer.bpp_id,
            item_id=offer.item_id, fulfillment_id=offer.fulfillment_id, bid_paise=bid_paise,
            voice=speaking, now=ON,
        )
    )  # fmt: skip
    return Which(journey_id, rider_id, offer.bpp_id)


def test_init_and_confirm_repeat_the_way_the_time_and_the_bid(speaking: Voice) -> None:
    trip = Trip(MANIPAL, DROP, via=(BETWEEN,), at=START + timedelta(hours=3))
    which = chosen(speaking, trip, bid_paise=230_00)
    ours.told(which, stage="QUOTED", fare_paise=230_00)

    init = body_of(services.init_ride(which=which, rider=RIDER, voice=speaking, now=ON))
    ours.told(which, stage="READY", number="O-1", fare_paise=230_00)
    confirm = body_of(services.confirm_ride(which=which, fare_paise=230_00, voice=speaking, now=ON))

    for body in (init, confirm):
        order = body["message"]["order"]
        assert order["items"] == [{"id": "I1", "price": {"value": "230.00", "currency": "INR"}}]
        assert len(order["fulfillments"][0]["stops"]) == 3
    # One percent of what the ride costs, agreed with it.
    assert RideOrder.objects.get().finder_fee_bps == 100


def test_a_rentals_order_has_its_beginning_alone(speaking: Voice) -> None:
    which = chosen(speaking, Trip(MANIPAL, None))
    ours.told(which, stage="QUOTED")

    init = body_of(services.init_ride(which=which, rider=RIDER, voice=speaking, now=ON))

    (stop,) = init["message"]["order"]["fulfillments"][0]["stops"]
    assert stop["type"] == "START"


@pytest.mark.parametrize(
    ("bid_paise", "version"),
    [(206_00, "2.1.0"), (100_00, "2.1.0"), (256_01, "2.1.0"), (230_00, "2.0.1"), (230_00, "2.0.0")],
)
def test_a_bid_is_above_the_price_and_where_bids_are_taken(
    speaking: Voice, bid_paise: int, version: str
) -> None:
    with pytest.raises(BidNotTaken):
        chosen(speaking, Trip(MANIPAL, DROP), bid_paise=bid_paise, version=version)
    assert not RideOrder.objects.exists()


def active(speaking: Voice, trip: Trip) -> Which:
    which = chosen(speaking, trip)
    ours.told(which, stage="ACTIVE", number="O-1", ride_state="RIDE_ASSIGNED")
    return which


def test_only_the_drop_whose_fare_was_shown_is_agreed_to(speaking: Voice) -> None:
    which = active(speaking, Trip(MANIPAL, DROP, via=(BETWEEN,)))
    said = services.move_drop(which=which, drop=ELSEWHERE, confirmed=False, voice=speaking, now=ON)
    (stop,) = body_of(said)["message"]["order"]["fulfillments"][0]["stops"]
    assert (stop["id"], stop["parent_stop_id"]) == ("3", "2")
    ours.told(
        which, stage="ACTIVE", fare_paise=ours.FARE_PAISE, proposal="UPDATE", proposal_paise=250_00,
        proposal_until=ON + timedelta(minutes=2),
    )  # fmt: skip

    with pytest.raises(ChangeNotOffered):
        services.move_drop(which=which, drop=DROP, confirmed=True, voice=speaking, now=ON)
    agreed = services.move_drop(which=which, drop=ELSEWHERE, confirmed=True, voice=speaking, now=ON)

    assert body_of(agreed)["message"]["order"]["status"] == "CONFIRM_UPDATE"


def test_a_seller_is_asked_where_the_driver_is_every_few_seconds_at_the_most(
    speaking: Voice,
) -> None:
    which = active(speaking, Trip(MANIPAL, DROP))

    said = [
        services.ask_track(which=which, voice=speaking, now=ON + timedelta(seconds=after))
        for after in (0, 1, 2, 4)
    ]

    assert [said[0].pk == each.pk for each in said] == [True, True, True, False]
