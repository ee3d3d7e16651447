"""From a search to a confirmation and after: what a rider may ask at which step, and what is said then."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.ondc import services
from apps.ondc.errors import (
    CancellationNotAsked,
    ChangeNotOffered,
    OfferExpired,
    OfferNotFound,
    QuoteChanged,
    RideOrderNotFound,
    RideOrderNotReady,
    RideOrderUnderway,
)
from apps.ondc.models import InboundMessage, OutboundMessage, Question, Quote, RideOrder
from apps.ondc.services import Trip, Which
from apps.ondc.voice import Voice
from apps.rides.errors import BookingNotFound
from tests.factories import MANIPAL, make_booking, make_rider, make_shop
from tests.ondc import ours
from tests.ondc.ours import DROP, FARE_PAISE, START

pytestmark = pytest.mark.django_db
URI = "http://127.0.0.1:9/cabs"
LATER = START + timedelta(seconds=20)


def _message(said: OutboundMessage) -> Any:  # Any: JSON
    return json.loads(said.body)["message"]


def _told(order: RideOrder, paise: int, *, action: str, lines: Any = ()) -> None:  # Any: JSON
    told = InboundMessage.objects.create(
        sender=order.bpp_id,
        unique_key_id="key-1",
        action=action,
        message_id=str(uuid4()),
        transaction_text=str(order.transaction_id),
        digest=uuid4().hex,
        header="",
        next_attempt_at=START,
        received_at=START,
    )
    Quote.objects.create(
        order=order,
        action=action,
        message=told,
        price_paise=paise,
        price_text=str(paise // 100),
        lines=list(lines),
        adds_up=True,
        told_at=START,
    )


def test_a_trip_leads_to_the_riders_own_booking_alone(speaking: Voice) -> None:
    shop, rider, other = make_shop(now=START), make_rider(), make_rider("other")
    booking = make_booking(shop, rider, now=START)

    said = ours.searched(rider.pk, speaking, booking_id=booking.pk)
    with pytest.raises(BookingNotFound):
        ours.searched(other.pk, speaking, booking_id=booking.pk)

    assert said[0].question.transaction.booking_id == booking.pk
    assert OutboundMessage.objects.count() == 3


def test_an_offer_is_chosen_by_whom_it_was_made_to(speaking: Voice) -> None:
    rider, other = make_rider(), make_rider("other")
    journey_id = ours.searched(rider.pk, speaking)[0].question.transaction_id
    offer = ours.offered(journey_id, uri=URI)
    chosen: dict[str, Any] = {
        "transaction_id": journey_id,
        "bpp_id": offer.bpp_id,
        "item_id": offer.item_id,
        "fulfillment_id": offer.fulfillment_id,
        "voice": speaking,
    }

    with pytest.raises(OfferNotFound):
        services.select_ride(rider_id=other.pk, now=START, **chosen)
    with pytest.raises(OfferNotFound):
        services.select_ride(rider_id=rider.pk, now=START, **chosen | {"item_id": "I9"})
    with pytest.raises(OfferExpired):
        services.select_ride(rider_id=rider.pk, now=START + timedelta(hours=1), **chosen)
    said = services.select_ride(rider_id=rider.pk, now=LATER, **chosen)

    assert said.url == f"{URI}/select"
    assert _message(said)["order"]["provider"] == {"id": "P1"}
    context = json.loads(said.body)["context"]
    assert (context["bpp_id"], context["version"]) == (offer.bpp_id, "2.0.1")


def test_terms_are_asked_for_once_there_is_a_quote_that_holds(speaking: Voice) -> None:
    rider = make_rider()
    _, which = ours.selected(rider.pk, speaking, uri=URI)
    asked: dict[str, Any] = {"which": which, "rider": ours.RIDER, "voice": speaking}

    with pytest.raises(RideOrderNotReady):
        services.init_ride(now=START, **asked)
    ours.told(which, stage="QUOTED", quote_valid_until=LATER)
    with pytest.raises(OfferExpired):
        services.init_ride(now=LATER, **asked)
    said = services.init_ride(now=START, **asked)

    order = _message(said)["order"]
    assert order["billing"] == {"name": "Rider One"}
    assert order["fulfillments"][0]["vehicle"] == {"category": "CAB", "variant": "HATCHBACK"}
    amounts = [one["value"] for one in order["payments"][0]["tags"][1]["list"]]
    assert amounts[-1] == "2.06", "a hundredth of the fare is ours"


def test_a_ride_is_confirmed_by_whom_the_seller_knows(speaking: Voice) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=URI)

    said = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=LATER)

    order, init = _message(said)["order"], OutboundMessage.objects.get(action="init")
    asked = _message(init)["order"]
    assert order["billing"] == asked["billing"]
    assert order["fulfillments"] == asked["fulfillments"]
    assert order["payments"][0]["id"].startswith("UMA-"), "the seller gave it none"
    assert RideOrder.objects.get().stage == "CONFIRMING"
    with pytest.raises(RideOrderNotReady):
        services.init_ride(which=which, rider=ours.RIDER, voice=speaking, now=LATER)


def test_a_fare_that_rose_is_confirmed_by_who_saw_it(speaking: Voice) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=URI)
    order = RideOrder.objects.get()
    _told(order, FARE_PAISE, action="on_select")
    ours.told(which, stage="READY", fare_paise=FARE_PAISE + 25_00)

    with pytest.raises(QuoteChanged) as risen:
        services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=LATER)
    with pytest.raises(QuoteChanged):
        services.confirm_ride(which=which, fare_paise=FARE_PAISE, voice=speaking, now=LATER)
    assert risen.value.extra == {"fare": 231}
    said = services.confirm_ride(
        which=which, fare_paise=FARE_PAISE + 25_00, voice=speaking, now=LATER
    )

    assert OutboundMessage.objects.filter(action="confirm").get() == said


def test_a_confirmed_order_is_not_chosen_anew(speaking: Voice) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=URI)
    services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=LATER)
    offer = ours.offered(which.transaction_id, uri=URI, version="2.1.0")

    with pytest.raises(RideOrderUnderway):
        services.select_ride(
            transaction_id=which.transaction_id,
            rider_id=which.rider_id,
            bpp_id=offer.bpp_id,
            item_id=offer.item_id,
            fulfillment_id=offer.fulfillment_id,
            voice=speaking,
            now=LATER,
        )


def _active(speaking: Voice) -> Which:
    which = ours.ready(make_rider().pk, speaking, uri=URI)
    ours.told(which, stage="ACTIVE", ride_state="RIDE_ASSIGNED")
    return which


def test_cancelling_says_its_price_first(speaking: Voice) -> None:
    which = _active(speaking)
    act: dict[str, Any] = {"which": which, "reason": "005", "voice": speaking}

    with pytest.raises(CancellationNotAsked):
        services.cancel_ride(charge_paise=0, now=START, **act)
    asked = services.cancel_ride(charge_paise=None, now=START, **act)
    assert _message(asked)["descriptor"]["code"] == "SOFT_CANCEL"
    ours.told(which, stage="ACTIVE", proposal="CANCEL", proposal_paise=30_00, proposal_until=LATER)

    for charge, now in ((0, START), (31_00, START), (30_00, LATER)):
        with pytest.raises(CancellationNotAsked):
            services.cancel_ride(charge_paise=charge, now=now, **act)
    done = services.cancel_ride(charge_paise=30_00, now=START, **act)
    assert _message(done)["descriptor"]["code"] == "CONFIRM_CANCEL"
    assert _message(done)["cancellation_reason_id"] == "005"


def test_what_is_asked_about_an_order_needs_one(speaking: Voice) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=URI)
    other = Which(which.transaction_id, make_rider("other").pk, which.bpp_id)

    with pytest.raises(RideOrderNotReady):
        services.ask_track(which=which, voice=speaking, now=START)
    with pytest.raises(RideOrderNotFound):
        services.ask_status(which=other, voice=speaking, now=START)
    ours.told(which, stage="ACTIVE", ride_state="RIDE_STARTED")
    for ask in (services.ask_track, services.ask_status):
        assert _message(ask(which=which, voice=speaking, now=START)) == {"order_id": "O-1"}
    helped = services.ask_support(which=which, voice=speaking, now=START)
    assert _message(helped) == {"support": {"ref_id": "O-1"}}
    with pytest.raises(RideOrderNotReady):
        services.rate_ride(which=which, stars=5, voice=speaking, now=START)


def test_a_ride_that_is_over_is_rated_and_its_driver_tipped_once(speaking: Voice) -> None:
    which = _active(speaking)
    order = ours.told(which, stage="ACTIVE", ride_state="RIDE_ENDED")
    lines = [{"title": "BASE_FARE", "value": "206.00"}]
    _told(order, FARE_PAISE, action="on_update", lines=lines)

    rated = services.rate_ride(which=which, stars=5, voice=speaking, now=START)
    tipped = services.tip_driver(which=which, tip_paise=20_00, voice=speaking, now=START)

    assert _message(rated)["ratings"][0] == {
        "id": "F-2.0.1",
        "rating_category": "FULFILLMENT",
        "value": "5",
    }
    quote = _message(tipped)["order"]["quote"]
    assert quote["price"]["value"] == "226.00"
    assert [one["title"] for one in quote["breakup"]] == ["BASE_FARE", "BUYER_ADDITIONAL_AMOUNT"]


def test_another_drop_is_asked_about_before_it_is_one(speaking: Voice) -> None:
    which = _active(speaking)
    act: dict[str, Any] = {"which": which, "drop": DROP, "voice": speaking, "now": START}

    with pytest.raises(ChangeNotOffered):
        services.move_drop(confirmed=True, **act)
    asked = services.move_drop(confirmed=False, **act)
    assert _message(asked)["order"]["status"] == "SOFT_UPDATE"
    ours.told(which, stage="ACTIVE", proposal="UPDATE", proposal_paise=1, proposal_until=LATER)
    done = services.move_drop(confirmed=True, **act)
    assert _message(done)["order"]["status"] == "CONFIRM_UPDATE"
    ours.told(which, stage="ACTIVE", version="2.0.0")
    with pytest.raises(ChangeNotOffered):
        services.move_drop(confirmed=False, **act)


def test_a_lost_confirmation_is_asked_about_and_in_the_end_taken_back(speaking: Voice) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=URI)
    services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=START)
    due = START + timedelta(seconds=30)

    def after(seconds: float) -> list[Any]:  # Any: JSON
        said = services.recover_confirmations(voice=speaking, now=due + timedelta(seconds=seconds))
        return [_message(one) for one in said]

    by_journey = {"ref_id": str(which.transaction_id)}
    assert after(-1) == []
    assert [after(seconds) for seconds in (0, 1, 5, 15, 29, 30, 31)] == [
        [by_journey],
        [],
        [by_journey],
        [by_journey],
        [],
        [by_journey],
        [],
    ]
    cancelled = [after(seconds) for seconds in (59, 60, 65, 120, 130)]
    assert [one[0]["descriptor"]["code"] if one else "" for one in cancelled] == [
        "",
        "CONFIRM_CANCEL",
        "",
        "CONFIRM_CANCEL",
        "",
    ]
    assert cancelled[1][0]["cancellation_reason_id"] == "000"
    assert RideOrder.objects.get().stage == "CONFIRMING"
    assert after(600) == []
    assert RideOrder.objects.get().error_code == "no_answer"


def test_an_answer_ends_the_recovery(speaking: Voice) -> None:
    which = ours.ready(make_rider().pk, speaking, uri=URI)
    said = services.confirm_ride(which=which, fare_paise=None, voice=speaking, now=START)
    late = START + timedelta(seconds=31)

    ours.told(which, stage="ACTIVE", ride_state="RIDE_CONFIRMED")
    assert services.recover_confirmations(voice=speaking, now=late) == []
    ours.told(which, stage="CONFIRMING", ride_state="")
    Question.objects.filter(pk=said.question_id).update(answered_at=late)
    assert services.recover_confirmations(voice=speaking, now=late) == []


def test_only_what_a_seller_needs_to_know_is_said(speaking: Voice) -> None:
    """A search names nobody; the rider's name and number go to the one seller that was chosen."""
    rider = make_rider()
    services.search_rides(
        rider_id=rider.pk,
        zone_code="MNP",
        city="std:0820",
        trip=Trip(pickup=MANIPAL, drop=DROP),
        voice=speaking,
        now=START,
    )
    ours.ready(rider.pk, speaking, uri=URI)

    said = {one.action: one.body for one in OutboundMessage.objects.all()}
    assert {action for action, body in said.items() if "9000000001" in body} == {"init"}
    assert all(str(rider.pk) not in body for body in said.values())
