"""From the search to the end of a ride, by what sellers really say and in whatever order."""

from datetime import timedelta
from typing import Any

import pytest

from apps.notifications.models import InboxMessage
from apps.ondc import services
from apps.ondc.models import InboundMessage, Offer, Quote, RideOrder, SearchAnswer
from apps.rides.models import Fare
from tests.factories import make_booking
from tests.ondc.network import (
    Journey,
    Participant,
    Registry,
    act,
    catalogue,
    clock,
    make_search,
    post,
    quote,
    sellers,
    verdict,
)

pytestmark = pytest.mark.django_db

DRIVER = {
    "agent": {"person": {"name": "Driver One"}, "contact": {"phone": "9000000009"}},
    "vehicle": {"category": "AUTO_RICKSHAW", "registration": "KA01AB1234", "make": "Bajaj"},
    "stops": [{"type": "START", "authorization": {"type": "OTP", "token": "4711"}}],
}


def test_many_sellers_answer_one_search_and_each_offer_is_a_row(registry: Registry) -> None:
    asked = make_search()
    for seller in sellers(5):
        registry.rows.append(seller)
        told = Journey(seller, asked).body("on_search", catalogue("100", "120"), question=asked)
        assert verdict(post(seller, told)) == "ACK"
    act()

    offers = Offer.objects.filter(transaction=asked.transaction_id)
    assert offers.count() == 10
    assert {(one.price_paise, one.pickup_minutes) for one in offers} == {(100_00, 3), (120_00, 3)}
    assert SearchAnswer.objects.filter(transaction=asked.transaction_id).count() == 5


def test_an_offer_told_again_is_told_anew_and_in_another_version_is_another(
    journey: Journey,
) -> None:
    first = journey.offered("100")
    second = journey.offered("90")

    assert (first.pk, second.price_paise) == (second.pk, 90_00)
    told = journey.body("on_search", catalogue("80"), question=journey.search, version="2.0.1")
    assert verdict(post(journey.seller, told)) == "ACK"
    act()
    assert Offer.objects.count() == 2


def test_a_late_offer_is_counted_and_not_shown(journey: Journey) -> None:
    InboundMessage.objects.all().delete()
    closed = clock() - timedelta(seconds=1)
    journey.search.transaction.opened_at = closed - timedelta(seconds=30)
    journey.search.transaction.closes_at = closed
    journey.search.transaction.save()

    assert journey.say("on_search", catalogue("100"), question=journey.search) == "ACK"

    assert not Offer.objects.exists()
    assert SearchAnswer.objects.get().is_late
    assert InboundMessage.objects.get().state == "IGNORED"


def test_a_ride_from_the_offer_to_its_end(journey: Journey) -> None:
    order = journey.reach("ACTIVE")
    assert (order.number, order.ride_state, order.payment_id) == ("O1", "RIDE_CONFIRMED", "PA1")
    assert (order.fare_paise, order.transaction_id) == (100_50, journey.search.transaction_id)

    assert journey.say("on_update", journey.told("ASSIGNED", ride=DRIVER)) == "ACK"
    order = journey.now()
    assert (order.driver_name, order.driver_phone) == ("Driver One", "9000000009")
    assert (order.start_code, order.vehicle_number) == ("4711", "KA01AB1234")
    for state in ("ENROUTE_PICKUP", "ARRIVED_PICKUP", "STARTED"):
        assert journey.say("on_status", journey.told(state)) == "ACK"
        assert journey.now().ride_state == f"RIDE_{state}"
    assert journey.say("on_update", journey.told("ENDED")) == "ACK"
    assert (journey.now().ride_state, journey.now().stage) == ("RIDE_ENDED", "ACTIVE")
    assert journey.say("on_status", journey.told("ENDED", status="COMPLETE")) == "ACK"

    assert (journey.now().status, journey.now().stage) == ("COMPLETED", "COMPLETED")
    assert Quote.objects.count() == 9
    kinds = InboxMessage.objects.filter(person_id=journey.search.transaction.rider_id)
    assert set(kinds.values_list("kind", flat=True)) == {"ride.assigned", "ride.arrived_pickup"}
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {"DONE"}


def test_the_fare_of_the_ride_is_told_to_the_booking_once_and_without_the_tip(
    seller: Participant,
) -> None:
    booking = make_booking(now=clock())
    journey = Journey(seller, make_search(booking_id=booking.pk, rider_id=booking.rider_id))
    journey.reach("ACTIVE")
    final = quote(("BASE_FARE", "131.256"), total="131.26")

    assert journey.say("on_update", journey.told("ENDED", quote=final)) == "ACK"
    tipped = quote(("BASE_FARE", "131.26"), ("BUYER_ADDITIONAL_AMOUNT", "20"), total="151.26")
    assert journey.say("on_update", journey.told("ENDED", status="COMPLETE", quote=tipped)) == "ACK"
    dearer = quote(("BASE_FARE", "200"), total="200")
    assert journey.say("on_update", journey.told("ENDED", status="COMPLETE", quote=dearer)) == "ACK"

    assert Fare.objects.get(booking=booking).fare_paise == 131_26
    odd = InboundMessage.objects.get(deviations__contains=["another fare was told before"])
    assert odd.state == "DONE"


@pytest.mark.parametrize("first", ["on_update", "on_confirm"])
def test_a_driver_told_before_the_order_is_as_good_as_one_told_after(
    journey: Journey, first: str
) -> None:
    """Namma Yatri sends the driver milliseconds after the confirmation; either may come first."""
    journey.reach("CONFIRMING")
    then = clock()
    confirmed = journey.body(
        "on_confirm", journey.told("ASSIGNED", at=then), question=journey.confirm
    )
    assigned = journey.body(
        "on_update",
        journey.told("ASSIGNED", at=then + timedelta(milliseconds=10), ride=DRIVER | {"id": "F2"}),
    )
    both = [confirmed, assigned] if first == "on_confirm" else [assigned, confirmed]

    for body in both:
        assert verdict(post(journey.seller, body)) == "ACK"
        act()

    order = journey.now()
    assert (order.stage, order.ride_state) == ("ACTIVE", "RIDE_ASSIGNED")
    assert (order.driver_name, order.fulfillment_id) == ("Driver One", "F2")


def test_a_ride_moves_forward_only(journey: Journey) -> None:
    journey.reach("ACTIVE")
    then = clock()
    assert journey.say("on_status", journey.told("STARTED", at=then)) == "ACK"
    older = quote(("BASE_FARE", "1"), total="1")
    for state, at in [
        ("ARRIVED_PICKUP", then - timedelta(seconds=9)),
        ("CONFIRMED", then + timedelta(seconds=1)),
        ("ASSIGNED", then - timedelta(seconds=1)),
        ("SOMETHING_NEW", then - timedelta(seconds=1)),
    ]:
        told = journey.told(state, at=at, quote=older)
        assert journey.say("on_status", told) == "ACK"
        assert journey.now().ride_state == "RIDE_STARTED"
    assert journey.say("on_status", journey.told("ENDED")) == "ACK"
    for state in ("STARTED", "CANCELLED"):
        later = journey.told(state, at=clock() + timedelta(seconds=5))
        assert journey.say("on_status", later) == "ACK"
        assert journey.now().ride_state == "RIDE_ENDED"


def test_another_driver_takes_the_ride_back_to_assigned_before_it_began(journey: Journey) -> None:
    journey.reach("ACTIVE")
    then = clock()
    arrived = journey.told("ARRIVED_PICKUP", at=then, ride=DRIVER)
    assert journey.say("on_status", arrived) == "ACK"
    other = {"agent": {"person": {"name": "Driver Two"}}, "id": "F9"}
    old = journey.told("ASSIGNED", at=then - timedelta(seconds=5), ride=other)
    assert journey.say("on_update", old) == "ACK"
    assert journey.now().driver_name == "Driver One"

    new = journey.told("ASSIGNED", at=then + timedelta(seconds=5), ride=other)
    assert journey.say("on_update", new) == "ACK"

    order = journey.now()
    assert (order.ride_state, order.driver_name) == ("RIDE_ASSIGNED", "Driver Two")
    # The first one's number and code would lead to the wrong vehicle.
    assert (order.driver_phone, order.start_code, order.vehicle_number) == ("", "", "")


def test_what_cancelling_costs_is_a_proposal_and_not_the_rides_state(journey: Journey) -> None:
    journey.reach("ACTIVE")
    assert journey.say("on_status", journey.told("ARRIVED_PICKUP")) == "ACK"
    asked = quote(
        ("BASE_FARE", "100.50"), ("REFUND", "-100.50"), ("CANCELLATION_CHARGES", "30"), total="30"
    )

    soft = journey.told("ARRIVED_PICKUP", status="SOFT-CANCEL", quote=asked)
    assert journey.say("on_cancel", soft, question=journey.ask("cancel")) == "ACK"

    order = journey.now()
    assert (order.stage, order.ride_state) == ("ACTIVE", "RIDE_ARRIVED_PICKUP")
    assert (order.proposal, order.proposal_paise, order.fare_paise) == ("CANCEL", 30_00, 100_50)
    hard = journey.told("CANCELLED", status="CANCELLED", quote=asked)
    hard["order"]["cancellation"] = {"cancelled_by": "CONSUMER"}
    assert journey.say("on_cancel", hard, question=journey.ask("cancel")) == "ACK"
    order = journey.now()
    assert (order.stage, order.ride_state, order.proposal) == ("CANCELLED", "RIDE_CANCELLED", "")
    assert (order.cancel_charge_paise, order.cancelled_by) == (30_00, "CONSUMER")


def test_a_newer_word_on_the_order_ends_what_was_proposed(journey: Journey) -> None:
    journey.reach("ACTIVE")
    dearer = quote(("BASE_FARE", "140"), total="140")
    soft = journey.told("CONFIRMED", status="SOFT_UPDATE", quote=dearer)
    assert journey.say("on_update", soft, question=journey.ask("update")) == "ACK"
    assert (journey.now().proposal, journey.now().proposal_paise) == ("UPDATE", 140_00)
    assert journey.now().fare_paise == 100_50

    assert journey.say("on_status", journey.told("CONFIRMED")) == "ACK"

    assert (journey.now().proposal, journey.now().proposal_until) == ("", None)


def test_a_driver_who_cancels_costs_nothing_whatever_the_quote_says(journey: Journey) -> None:
    journey.reach("ACTIVE")
    told = journey.told("CANCELLED", status="CANCELLED", cancellation={"cancelled_by": "PROVIDER"})

    assert journey.say("on_cancel", told) == "ACK"

    order = journey.now()
    assert (order.stage, order.cancel_charge_paise, order.fare_paise) == ("CANCELLED", 0, 100_50)
    notice = InboxMessage.objects.get(person_id=journey.search.transaction.rider_id)
    assert notice.kind == "ride.cancelled"


@pytest.mark.parametrize(("action", "stage"), [("select", "SELECTED"), ("init", "QUOTED")])
def test_a_seller_that_refuses_ends_the_order(journey: Journey, action: str, stage: str) -> None:
    order = journey.reach(stage)
    body = journey.body(f"on_{action}", {}, question=journey.ask(action))
    del body["message"]
    body["error"] = {"code": 90201, "message": "Route not serviceable"}

    assert verdict(post(journey.seller, body)) == "ACK"
    act()

    order.refresh_from_db()
    assert (order.stage, order.error_code) == ("FAILED", "90201")


def test_no_driver_is_no_order_and_a_late_confirmation_is_one_all_the_same(
    journey: Journey,
) -> None:
    journey.reach("CONFIRMING")
    body = journey.body("on_confirm", {}, question=journey.confirm)
    body["error"] = {"code": "90203", "message": "Driver not assigned to the order"}
    assert verdict(post(journey.seller, body)) == "ACK"
    act()
    assert (journey.now().stage, journey.now().error_code) == ("FAILED", "90203")

    assert journey.say("on_confirm", journey.told("ASSIGNED"), question=journey.confirm) == "ACK"

    # Authentic and about our order: there is a ride, and the rider must see it.
    assert (journey.now().stage, journey.now().error_code) == ("ACTIVE", "")


def test_repeated_quotes_of_drivers_count_until_one_was_taken(journey: Journey) -> None:
    asked = journey.chosen()
    for number, fare in enumerate(("90", "95"), 1):
        told = journey.told(id="", quote=quote(("BASE_FARE", fare), total=fare))
        told["order"]["fulfillments"][0]["id"] = f"driver-{number}"
        assert journey.say("on_select", told, question=asked) == "ACK"
    assert (journey.now().fare_paise, journey.now().fulfillment_id) == (95_00, "driver-2")

    assert journey.say("on_init", journey.told(id=""), question=journey.ask("init")) == "ACK"
    assert journey.say("on_select", journey.told(id=""), question=asked) == "ACK"

    assert journey.now().stage == "READY"
    changed = InboundMessage.objects.get(action="on_init")
    assert changed.deviations == ["21003 the quote changed after select"]


def test_where_the_driver_is_and_whom_to_call(journey: Journey) -> None:
    journey.reach("ACTIVE")
    then = clock()

    def track(gps: str, at: Any, url: str = "") -> None:
        where = {"gps": gps, "updated_at": at.isoformat()}
        told = {"tracking": {"status": "ACTIVE", "location": where, "url": url}}
        assert journey.say("on_track", told, question=journey.ask("track")) == "ACK"

    track("13.352,74.793", then, "https://seller.example/track")
    track("13.1, 74.1", then - timedelta(seconds=20), "javascript:alert(1)")
    support = {"support": {"phone": "+911234567890", "email": "a@b.example", "url": "http://x"}}
    assert journey.say("on_support", support, question=journey.ask("support")) == "ACK"
    assert journey.say("on_rating", {"feedback_ack": True}, question=journey.ask("rating")) == "ACK"

    order = journey.now()
    assert (order.driver_place, order.tracking_url) == (
        "13.352, 74.793",
        "https://seller.example/track",
    )
    assert (order.support_phone, order.support_url) == ("+911234567890", "")


def test_a_message_that_makes_no_sense_is_parked_with_nothing_done(journey: Journey) -> None:
    journey.reach("ACTIVE")
    other = journey.told("STARTED")
    RideOrder.objects.filter(pk=journey.now().pk).update(number="O1")
    body = journey.body("on_status", other, question=journey.ask("status"))
    body["message"]["order"]["id"] = "another"

    assert verdict(post(journey.seller, body)) == "ACK"
    act()

    parked = InboundMessage.objects.get(state="PARKED")
    assert parked.outcome == "another_order"
    assert journey.now().ride_state == "RIDE_CONFIRMED"


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey.reach("ACTIVE")
    body = journey.body("on_status", journey.told("ASSIGNED", ride=DRIVER))
    assert verdict(post(journey.seller, body)) == "ACK"
    row = InboundMessage.objects.get(action="on_status")

    def dies(**_: object) -> None:
        raise SystemExit("killed")

    # The last thing that is done about it: everything before stands in the same transaction.
    with monkeypatch.context() as patch:
        patch.setattr("apps.notifications.services.notify", dies)
        with pytest.raises(SystemExit):
            services.process_inbound(message_id=row.pk, now=clock())

    row.refresh_from_db()
    assert (row.state, row.attempts, journey.now().ride_state) == ("WAITING", 0, "RIDE_CONFIRMED")
    act()
    assert (journey.now().ride_state, journey.now().driver_name) == ("RIDE_ASSIGNED", "Driver One")
