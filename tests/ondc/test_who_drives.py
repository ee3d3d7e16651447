"""A woman asks for a woman as driver: where there is a word for it, repeated when it is ordered, and held to."""

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.notifications.models import InboxMessage
from apps.ondc import selectors, services
from apps.ondc.errors import TripNotOffered
from apps.ondc.models import InboundMessage, Offer, OutboundMessage, RideOrder
from apps.ondc.outgoing import rides
from apps.ondc.outgoing.profiles import RIDES, profile
from apps.ondc.outgoing.rides import Wish
from apps.ondc.serializers.journeys import journey_response
from apps.ondc.services import Trip
from apps.ondc.voice import Voice, voice
from tests.factories import MANIPAL
from tests.ondc import network_data, ours, saying
from tests.ondc.network import Journey, Json, act, catalogue, clock, post, verdict
from tests.ondc.ours import DROP, RIDER
from tests.ondc.test_longer_ways import ON, asked, body_of, chosen

pytestmark = pytest.mark.django_db
WOMAN = {"person": {"gender": "FEMALE"}}
FLOW = network_data.DATA / "trv10/workbench-TRV10-2.0.1/Ride-hailing/OnDemand_Female_driver_flow"


@pytest.fixture
def speaking(settings: Settings) -> Voice:
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
    return voice()


def test_she_is_asked_for_in_the_version_that_knows_it_and_of_nobody_else(speaking: Voice) -> None:
    found = asked(Trip(MANIPAL, DROP, woman_driver=True), speaking)

    assert list(found) == ["2.0.1"]
    wish = found["2.0.1"]["fulfillment"]
    assert (wish["customer"], wish["agent"]) == (WOMAN, WOMAN)
    plain = asked(Trip(MANIPAL, DROP), speaking)
    assert not [each for each in plain.values() if {"customer", "agent"} & set(each["fulfillment"])]


def test_the_networks_own_search_for_her_is_ours_word_for_word() -> None:
    """Its recording is other people's and read in place; where it is, it must agree."""
    said = rides.search(
        profile(domain=RIDES, version="2.0.1"),
        wish=Wish(way=[saying.START, saying.END], woman_driver=True),
        terms=saying.RIDE_TERMS,
    )
    assert FLOW.exists() == network_data.DATA.exists(), "all of the data or none of it"
    if FLOW.exists():
        theirs = json.loads((FLOW / "01_search__search_ride_female.json").read_text())["message"]
        for intent in (said["intent"], theirs["intent"]):
            assert isinstance(intent, dict)
            del intent["fulfillment"]["stops"], intent["payment"]["tags"]
        assert said == theirs


@pytest.mark.parametrize("version", ["2.0.0", "2.1.0"])
def test_a_version_without_a_word_for_her_cannot_say_it(version: str) -> None:
    with pytest.raises(ValueError, match="who is to drive"):
        rides.search(
            profile(domain=RIDES, version=version),
            wish=Wish(way=[saying.START, saying.END], woman_driver=True),
            terms=saying.RIDE_TERMS,
        )


@pytest.mark.usefixtures("speaking")
def test_where_nobody_can_be_asked_for_her_nobody_is_asked(settings: Settings) -> None:
    settings.ONDC_RIDE_VERSIONS = ["2.0.0", "2.1.0"]

    with pytest.raises(TripNotOffered):
        asked(Trip(MANIPAL, DROP, woman_driver=True), voice())
    assert not OutboundMessage.objects.exists()


@pytest.mark.parametrize(
    ("promised", "version"), [(True, "2.0.1"), (False, "2.0.1"), (True, "2.1.0")]
)
def test_init_and_confirm_repeat_the_promise_of_the_offer_in_the_version_that_knows_it(
    speaking: Voice,
    version: str,
    promised: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    which = chosen(speaking, Trip(MANIPAL, DROP), version=version)
    Offer.objects.update(woman_driver=promised)
    ours.told(which, stage="QUOTED")

    init = body_of(services.init_ride(which=which, rider=RIDER, voice=speaking, now=ON))
    ours.told(which, stage="READY", number="O-1")
    confirm = body_of(services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=ON))

    wanted = WOMAN if promised and version == "2.0.1" else None
    for body in (init, confirm):
        (ride,) = body["message"]["order"]["fulfillments"]
        assert ride.get("agent") == wanted
        # Of the rider her seller is told a name and a number, as always.
        assert set(ride["customer"]["person"]) == {"name"}


def promised_by(journey: Journey) -> None:
    """Let the seller offer a ride that a woman drives, and one of which it says nothing."""
    told = catalogue("100.50", "90")
    provider = told["catalog"]["providers"][0]
    provider["fulfillments"].append(provider["fulfillments"][0] | {"id": "F2", "agent": WOMAN})
    provider["items"][1]["fulfillment_ids"] = ["F2"]
    body = journey.body("on_search", told, question=journey.search)
    assert verdict(post(journey.seller, body)) == "ACK"
    act()


def test_an_offer_shows_whether_its_seller_promises_her(journey: Journey) -> None:
    promised_by(journey)

    view = selectors.journey_of(
        transaction_id=journey.search.transaction_id,
        rider_id=journey.search.transaction.rider_id,
        now=clock(),
    )

    told: Any = journey_response(view, now=clock())
    shown = {offer["fulfillment_id"]: offer["woman_driver"] for offer in told["offers"]}
    assert shown == {"F1": False, "F2": True}


@pytest.mark.parametrize(
    ("gender", "title"),
    [
        ("FEMALE", "Your driver is coming"),
        ("", "Your driver is coming"),
        ("MALE", "No woman drives your ride"),
    ],
)
def test_whoever_comes_instead_of_her_is_said_to_the_rider_and_noted(
    journey: Journey, gender: str, title: str
) -> None:
    order = journey.reach("ACTIVE")
    Offer.objects.filter(transaction=order.transaction).update(woman_driver=True)
    person: Json = {"name": "Driver One"} | ({"gender": gender} if gender else {})

    assert (
        journey.say("on_update", journey.told("ASSIGNED", ride={"agent": {"person": person}}))
        == "ACK"
    )
    later = journey.told("ARRIVED_PICKUP", ride={"agent": {"person": person}})
    assert journey.say("on_status", later) == "ACK"

    titles: list[Any] = list(InboxMessage.objects.order_by("pk").values_list("title", flat=True))
    assert titles == [title, "Your driver is there"]
    noted = InboundMessage.objects.get(action="on_update").deviations
    assert noted == (["a woman was promised to drive"] if gender == "MALE" else [])
    assert RideOrder.objects.get().driver_name == "Driver One"
