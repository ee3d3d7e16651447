"""What a ride over the network means to the product: its fare, its place, excuses, missions, our share."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from apps.gamification.models import ProvenOrder
from apps.notifications.models import InboxMessage
from apps.ondc import dues, services
from apps.ondc.errors import SettlementDiffers, SettlementNotOpen, SettlementReasonMissing
from apps.ondc.models import InboundMessage, RideOrder, Settlement
from apps.rides import selectors as rides
from apps.rides.models import Booking, DropOff, RideFailure
from apps.wallet import codes, invariants
from apps.wallet import selectors as ledger
from apps.wallet.models import Journal
from tests.factories import NOON, make_booking
from tests.ondc.network import (
    Journey,
    Json,
    Participant,
    act,
    clock,
    make_search,
    post,
    quote,
    verdict,
)
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def to_a_deal(seller: Participant) -> tuple[Journey, Booking]:
    booking = make_booking(now=clock())
    search = make_search(booking_id=booking.pk, rider_id=booking.rider_id)
    return Journey(seller, search), booking


def stop_at(booking: Booking, *, north: float = 0.0) -> Json:
    place = booking.outlet.location
    gps = f"{place.latitude + north:.6f}, {place.longitude:.6f}"
    return {"stops": [{"type": "END", "location": {"gps": gps}}]}


def agreed(journey: Journey, bps: int = 100) -> RideOrder:
    """Take an order up to its ride, our share being agreed."""
    order = journey.reach("ACTIVE")
    RideOrder.objects.filter(pk=order.pk).update(finder_fee_bps=bps)
    return order


def ended(journey: Journey, fare: str, **told: Any) -> None:  # Any: facts of an order
    told_of = journey.told("ENDED", quote=quote(("BASE_FARE", fare), total=fare), **told)
    assert journey.say("on_update", told_of) == "ACK"


def owed(bpp_id: str) -> int:
    code = codes.bpp_receivable(dues.seller_key(bpp_id))
    return ledger.balances_paise(codes=[code], unopened=True)[code]


def platform(name: str) -> int:
    code = codes.zone_account("MNP", name)
    return ledger.balances_paise(codes=[code], unopened=True)[code]


# -- where it ended


def test_a_ride_that_ended_at_the_outlet_proves_a_visit_within_the_hour(
    seller: Participant,
) -> None:
    journey, booking = to_a_deal(seller)
    journey.reach("ACTIVE")
    then = clock()

    ended(journey, "120", at=then, ride=stop_at(booking))

    drop = DropOff.objects.get(booking=booking)
    arrival = rides.arrival_of(booking_id=booking.pk)
    assert arrival == rides.Arrival(drop.distance_m, drop.at)
    assert drop.distance_m == 0
    for minutes, lack in ((59, None), (61, rides.Lack.TOO_LONG_AGO)):
        scanned_at = then + timedelta(minutes=minutes)
        assert rides.lack_of_ride(arrival, radius_m=100, scanned_at=scanned_at) == lack


def test_a_ride_that_ended_elsewhere_proves_nothing_and_is_kept_as_metres_alone(
    seller: Participant,
) -> None:
    journey, booking = to_a_deal(seller)
    journey.reach("ACTIVE")
    then = clock()

    ended(journey, "120", at=then, ride=stop_at(booking, north=0.01))
    ended(journey, "120", ride=stop_at(booking), status="COMPLETE")

    drop = DropOff.objects.get(booking=booking)
    assert 1_050 < drop.distance_m < 1_150, "of one ride the first telling counts"
    arrival = rides.arrival_of(booking_id=booking.pk)
    assert rides.lack_of_place(arrival, radius_m=1_000) == rides.Lack.ELSEWHERE


# -- excuses


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"cancelled_by": "PROVIDER", "reason": {"descriptor": {"code": "013"}}}, "PROVIDER_CANCELLED"),
        ({"cancelled_by": "PROVIDER", "reason": {"descriptor": {"code": "011"}}}, "NO_DRIVER"),
        ({"cancelled_by": "PROVIDER"}, "PROVIDER_CANCELLED"),
        ({}, "PROVIDER_CANCELLED"),
    ],
)  # fmt: skip
def test_a_ride_that_its_provider_cancels_excuses_the_booking(
    seller: Participant, told: Json, reason: str
) -> None:
    journey, booking = to_a_deal(seller)
    journey.reach("ACTIVE")

    message = journey.told("CANCELLED", status="CANCELLED", cancellation=told)
    assert journey.say("on_cancel", message) == "ACK"
    assert journey.say("on_cancel", message) == "ACK"

    assert RideFailure.objects.get(booking=booking).reason == reason


def test_no_driver_after_the_confirmation_excuses_and_a_riders_own_cancellation_does_not(
    seller: Participant,
) -> None:
    journey, booking = to_a_deal(seller)
    journey.reach("CONFIRMING")
    body = journey.body("on_confirm", {}, question=journey.confirm)
    del body["message"]
    body["error"] = {"code": "90203", "message": "Driver not assigned to the order"}
    assert verdict(post(seller, body)) == "ACK"
    act()
    assert RideFailure.objects.get(booking=booking).reason == "NO_DRIVER"
    told = InboxMessage.objects.filter(person_id=booking.rider_id, kind="ride.cancelled")
    assert [one.title for one in told] == ["Nobody took your ride"]

    other, its_booking = to_a_deal(seller)
    other.order = None
    other.reach("ACTIVE")
    message = other.told(
        "CANCELLED", id="O1", status="CANCELLED", cancellation={"cancelled_by": "CONSUMER"}
    )
    assert other.say("on_cancel", message) == "ACK"
    assert not RideFailure.objects.filter(booking=its_booking).exists()


# -- missions


def test_a_ride_to_no_deal_is_an_order_of_the_network_once_and_one_to_a_deal_is_its_visits(
    seller: Participant,
) -> None:
    journey = Journey(seller, make_search())
    order = journey.reach("ACTIVE")
    ended(journey, "120")
    ended(journey, "120", status="COMPLETE")

    proven = ProvenOrder.objects.get()
    assert (proven.kind, proven.source) == ("ride", str(order.pk))
    assert proven.rider_id == journey.search.transaction.rider_id


def test_a_ride_to_a_deal_counts_by_the_visit_alone(seller: Participant) -> None:
    journey, _ = to_a_deal(seller)
    journey.reach("ACTIVE")

    ended(journey, "120")

    assert not ProvenOrder.objects.exists()


# -- our share


def test_our_share_of_a_ride_is_booked_once_and_its_tax_is_no_shortfall(journey: Journey) -> None:
    order = agreed(journey)

    ended(journey, "146")
    ended(journey, "146", status="COMPLETE")
    booked = [services.book_fees(now=clock()) for _ in range(3)]

    assert booked == [1, 0, 0]
    row = Settlement.objects.get()
    assert (row.order_id, row.fare_paise, row.fee_paise, row.booked_paise) == (
        order.pk, 146_00, 1_46, 1_46,
    )  # fmt: skip
    # Posting 14 of product rule 2.6.
    assert (owed(order.bpp_id), platform("finder_fee"), platform("gst_igst")) == (146, 124, 22)
    assert invariants.find_custody_shortfall() == []


def test_the_tax_of_a_fee_that_was_paid_is_owed_to_the_state_in_full(journey: Journey) -> None:
    """The control of the custody rule: what came in does not hide what is missing."""
    agreed(journey)
    ended(journey, "146")
    services.book_fees(now=clock())
    services.settle_fees(
        up_to=Settlement.objects.get().pk, amount_paise=1_46, reference="UTR1",
        actor_id=new_id(), reason="bank line of today", now=clock() + timedelta(minutes=1),
    )  # fmt: skip

    with transaction.atomic():
        # The money is gone, past every guard.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE wallet_transfer SET debit_account_id ="
                " (SELECT id FROM wallet_account WHERE code = %s) WHERE debit_account_id ="
                " (SELECT id FROM wallet_account WHERE code = %s)",
                [codes.zone_account("MNP", "goodwill"), codes.zone_account("MNP", "bank_nodal")],
            )
            cursor.execute("SET LOCAL session_replication_role = origin")
        (found,) = invariants.find_custody_shortfall()
        transaction.set_rollback(True)

    assert found.detail.startswith("0 paise in custody, 22 owed")


def test_a_corrected_fare_is_booked_anew_and_an_order_taken_back_leaves_nothing(
    journey: Journey,
) -> None:
    order = agreed(journey)
    ended(journey, "100")
    services.book_fees(now=clock())

    ended(journey, "180", status="COMPLETE")
    services.book_fees(now=clock())
    assert (owed(order.bpp_id), platform("finder_fee")) == (180, 153)
    assert journey.say("on_cancel", journey.told("ENDED", status="CANCELLED")) == "ACK"
    services.book_fees(now=clock())

    row = Settlement.objects.get()
    assert (row.fee_paise, row.booked_paise, row.bookings) == (0, 0, 2)
    assert (owed(order.bpp_id), platform("finder_fee"), platform("gst_igst")) == (0, 0, 0)
    kinds = list(Journal.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["finder_fee", "finder_fee_back", "finder_fee", "finder_fee_back"]
    assert invariants.find_excess_reversals() == []


def test_a_tip_is_the_drivers_and_a_bid_is_part_of_the_fare(journey: Journey) -> None:
    order = agreed(journey)
    RideOrder.objects.filter(pk=order.pk).update(bid_paise=120_50)
    told = quote(("BASE_FARE", "100.50"), ("BUYER_ADDITIONAL_AMOUNT", "50"), total="150.50")

    assert journey.say("on_update", journey.told("ENDED", quote=told)) == "ACK"

    # The catalogue asked 100.50, the rider bid 120.50, and gave 30 more after the ride.
    assert Settlement.objects.get().fare_paise == 120_50


def test_a_seller_pays_what_is_due_once(journey: Journey) -> None:
    order = agreed(journey)
    ended(journey, "200")
    row = Settlement.objects.get()
    facts = {"up_to": row.pk, "actor_id": new_id(), "now": clock() + timedelta(minutes=1)}
    with pytest.raises(SettlementNotOpen):
        services.settle_fees(amount_paise=200, reference="UTR1", reason="paid", **facts)  # type: ignore[arg-type]
    services.book_fees(now=clock())

    with pytest.raises(SettlementReasonMissing):
        services.settle_fees(amount_paise=200, reference=" ", reason="paid", **facts)  # type: ignore[arg-type]
    with pytest.raises(SettlementDiffers) as refusal:
        services.settle_fees(amount_paise=199, reference="UTR1", reason="paid", **facts)  # type: ignore[arg-type]
    assert refusal.value.extra == {"due": 2}
    paid = services.settle_fees(amount_paise=200, reference="UTR1", reason="paid", **facts)  # type: ignore[arg-type]
    with pytest.raises(SettlementNotOpen):
        services.settle_fees(amount_paise=200, reference="UTR2", reason="paid", **facts)  # type: ignore[arg-type]

    row.refresh_from_db()
    assert (paid, row.reference, owed(order.bpp_id), platform("bank_nodal")) == (1, "UTR1", 0, 200)
    ended(journey, "300", status="COMPLETE")
    odd = InboundMessage.objects.filter(deviations__contains=["another fare than was settled"])
    assert odd.count() == 1
    assert Settlement.objects.aggregate(sum=Sum("fee_paise"))["sum"] == 200


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("ondc_settlement_collector_known", {"collected_by": "ALL"}),
        ("ondc_settlement_amounts_sane", {"fee_paise": -1}),
        ("ondc_settlement_amounts_sane", {"fare_paise": -1}),
        ("ondc_settlement_amounts_sane", {"fee_bps": 10_001}),
        ("ondc_settlement_booked_by_a_journal", {"booked_paise": 1}),
        ("ondc_settlement_settled_whole", {"settled_at": NOON}),
        ("ondc_settlement_settled_whole", {"reference": "UTR1"}),
        ("ondc_settlement_settled_stays", {"bpp_id": "else.example"}),
        ("ondc_settlement_settled_stays", {"number": "O9"}),
    ],
)
def test_a_settlement_that_cannot_be_true_is_refused(
    journey: Journey, constraint: str, changes: dict[str, object]
) -> None:
    agreed(journey)
    ended(journey, "200")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Settlement.objects.update(**changes)


def test_what_was_settled_stays_and_an_order_has_one_row(journey: Journey) -> None:
    agreed(journey)
    ended(journey, "200")
    services.book_fees(now=clock())
    Settlement.objects.update(settled_at=clock(), reference="UTR1")
    row = Settlement.objects.get()

    with pytest.raises(IntegrityError, match="settled_stays"), transaction.atomic():
        Settlement.objects.update(fee_paise=1)
    with pytest.raises(IntegrityError, match="settled_stays"), transaction.atomic():
        Settlement.objects.update(settled_at=None, reference="")
    with pytest.raises(IntegrityError, match="never_deleted"), transaction.atomic():
        Settlement.objects.all()._raw_delete("default")
    row.pk, row.order, row._state.adding = new_id(), None, True
    with pytest.raises(IntegrityError, match="ondc_settlement_once"), transaction.atomic():
        row.save(force_insert=True)
