"""A visit that has to be proven by more than the scan: by a ride booked here, where it ended, and the bill."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.gamification.models import FailedScan
from apps.handshake import identify, rules, services
from apps.handshake.errors import BillNeeded, DropoffNotHere, RideNotProven
from apps.handshake.faults import noting_faults
from apps.handshake.models import Handshake
from apps.handshake.services import Executed
from apps.rides import services as rides
from apps.rides.models import Booking, DropOff
from apps.rides.selectors import Arrival, lack_of_ride
from tests.factories import (
    NOON,
    Shop,
    bearer,
    code_of,
    keyring,
    make_booking,
    make_rider,
    make_shop,
)
from tests.handshake.visiting import everything, purses, scan_of
from uma.kernel.errors import DomainError
from uma.kernel.geo import Point

db = pytest.mark.django_db
HOUR = timedelta(hours=1)
RADIUS_M = 100
METRE = 1 / 111_195


def end_ride(booking: Booking, *, metres: float = 0, at: datetime = NOON) -> None:
    place = booking.outlet.location
    with transaction.atomic():
        rides.record_drop_off(
            booking_id=booking.pk,
            place=Point(place.latitude + metres * METRE, place.longitude),
            at=at,
            now=max(at, NOON),
        )


def scan(
    shop: Shop,
    booking: Booking,
    *,
    bill_paise: int | None = None,
    now: datetime = NOON,
    scanned_at: datetime | None = None,
) -> Executed:
    code = identify.by_qr(
        text=code_of(booking, at=scanned_at or now),
        keys=keyring(),
        now=now,
        scanned_at=scanned_at,
    )
    asked = replace(scan_of(shop.owner_id), bill_paise=bill_paise, scanned_at=scanned_at)
    with noting_faults(ref=code.ref, now=now):
        return services.execute(
            ref=code.ref, scan=asked, freshness=code.freshness, key=None, now=now
        )


def failing(shop: Shop, booking: Booking, *, now: datetime = NOON) -> list[DomainError]:
    code = identify.by_qr(text=code_of(booking, at=now), keys=keyring(), now=now)
    return services.preview(
        ref=code.ref, scan=scan_of(shop.owner_id), freshness=code.freshness, now=now
    ).failures


@db
@pytest.mark.parametrize(
    ("ended", "lack"),
    [
        (None, "no_ride"),
        ((RADIUS_M + 20, timedelta(minutes=5)), "elsewhere"),
        ((0, HOUR + timedelta(seconds=1)), "too_long_ago"),
        ((0, HOUR), None),
        ((RADIUS_M - 20, timedelta()), None),
    ],
)
def test_a_visit_proven_by_a_ride_is_paid_after_one_that_ended_here_within_the_hour(
    ended: tuple[int, timedelta] | None, lack: str | None
) -> None:
    shop = make_shop(proof_policy="ride+visit", now=NOON - 2 * HOUR)
    shop.outlet.__class__.objects.update(radius_m=RADIUS_M)
    booking = make_booking(shop, now=NOON - 2 * HOUR)
    if ended is not None:
        end_ride(booking, metres=ended[0], at=NOON - ended[1])
    before = everything(booking)

    if lack is None:
        assert failing(shop, booking) == []
        scan(shop, booking)
        assert purses(booking.merchant_id, booking.rider_id)["rider"] == booking.cap_paise
        return
    with pytest.raises(RideNotProven) as refused:
        scan(shop, booking)

    assert refused.value.extra == {"policy": "ride+visit", "lack": lack}
    assert [failure.extra for failure in failing(shop, booking)] == [refused.value.extra]
    assert everything(booking) == before, "the money is held as it was"
    assert FailedScan.objects.get().code == "ride_not_proven", "who came gets no strike"


@db
def test_with_the_bill_as_well_a_scan_without_one_moves_nothing_and_every_rule_is_named() -> None:
    shop = make_shop(proof_policy="ride+visit+bill", geofence_policy="ride_dropoff")
    booking = make_booking(shop)

    named = [failure.code for failure in failing(shop, booking)]
    assert named == ["ride_not_proven", "dropoff_not_here", "bill_needed"]
    end_ride(booking)
    before = everything(booking)
    for nothing in (None, 0):
        with pytest.raises(BillNeeded):
            scan(shop, booking, bill_paise=nothing)
    assert everything(booking) == before

    scan(shop, booking, bill_paise=480_00)

    assert Handshake.objects.get().bill_paise == 480_00


@db
def test_a_geofence_of_the_ride_asks_where_it_ended_and_not_when() -> None:
    shop = make_shop(geofence_policy="ride_dropoff", now=NOON - 5 * HOUR)
    far, near = (make_booking(shop, make_rider(), now=NOON - 5 * HOUR) for _ in range(2))
    end_ride(far, metres=5_000, at=NOON - HOUR)
    end_ride(near, at=NOON - 4 * HOUR)

    with pytest.raises(DropoffNotHere) as refused:
        scan(shop, far)
    scan(shop, near)

    assert refused.value.extra == {"policy": "ride_dropoff", "lack": "elsewhere"}
    far.refresh_from_db()
    assert far.state == "BOOKED"
    assert purses(near.merchant_id, near.rider_id)["rider"] == near.cap_paise


@db
def test_who_got_out_too_early_comes_by_the_next_ride_and_an_older_word_changes_nothing() -> None:
    shop = make_shop(proof_policy="ride+visit", now=NOON - HOUR)
    booking = make_booking(shop, now=NOON - HOUR)
    end_ride(booking, metres=3_000, at=NOON - timedelta(minutes=30))
    end_ride(booking, at=NOON - timedelta(minutes=5))
    end_ride(booking, metres=9_000, at=NOON - timedelta(minutes=20))

    drop = DropOff.objects.get()
    assert (drop.distance_m, drop.at) == (0, NOON - timedelta(minutes=5))
    for changes in ({"distance_m": 1}, {"at": drop.at - HOUR, "distance_m": 1}):
        with pytest.raises(IntegrityError, match="goes_forward"), transaction.atomic():
            DropOff.objects.update(**changes)
    with pytest.raises(IntegrityError, match="never_removed"), transaction.atomic():
        DropOff.objects.all()._raw_delete("default")
    scan(shop, booking)


@db
def test_a_ride_from_a_sellers_clock_that_is_ahead_ended_when_it_was_told() -> None:
    booking = make_booking(make_shop(proof_policy="ride+visit"))

    with transaction.atomic():
        rides.record_drop_off(
            booking_id=booking.pk, place=booking.outlet.location, at=NOON + HOUR, now=NOON
        )

    assert DropOff.objects.get().at == NOON


@db
def test_a_scan_that_waited_is_judged_by_the_ride_as_of_when_it_was_made() -> None:
    shop = make_shop(proof_policy="ride+visit", now=NOON - 2 * HOUR)
    late, kept = (make_booking(shop, make_rider(), now=NOON - 2 * HOUR) for _ in range(2))
    for booking in (late, kept):
        end_ride(booking, at=NOON - timedelta(minutes=65))

    with pytest.raises(RideNotProven):
        scan(shop, late)
    scan(shop, kept, scanned_at=NOON - timedelta(minutes=8))

    assert Handshake.objects.get().booking_id == kept.pk


@db
def test_a_booking_keeps_the_proof_that_it_was_sold_with() -> None:
    shop = make_shop(proof_policy="ride+visit")
    booking = make_booking(shop)
    shop.campaign.__class__.objects.update(proof_policy="visit")

    with pytest.raises(RideNotProven):
        scan(shop, booking)

    with pytest.raises(IntegrityError, match="proof_known"), transaction.atomic():
        Booking(
            **{f.attname: getattr(booking, f.attname) for f in Booking._meta.concrete_fields}
            | {"id": uuid4(), "ref": "B" * 13, "rider_id": uuid4(), "proof_policy": "oath"}
        ).save(force_insert=True)


@db
@pytest.mark.parametrize("policy", ["visit", "ride+visit+bill"])
def test_a_scan_takes_two_statements_whatever_has_to_be_proven(policy: str) -> None:
    shop = make_shop(proof_policy=policy)
    first, second = (make_booking(shop, make_rider()) for _ in range(2))
    for booking in (first, second):
        end_ride(booking)
    scan(shop, first, bill_paise=1)  # compiled and prepared on first use

    with CaptureQueriesContext(connection) as captured:
        scan(shop, second, bill_paise=1)

    # The savepoint stands in for the transaction.
    assert len(captured) == 2 + 2


@db
def test_the_api_names_the_rule_and_what_to_do() -> None:
    now = datetime.now(tz=NOON.tzinfo)
    shop = make_shop(proof_policy="ride+visit+bill", now=now - HOUR)
    booking = make_booking(shop, now=now - HOUR)
    headers = bearer(shop.owner_id, "merchant", now=now)

    def sent(**more: object) -> tuple[int, dict[str, object]]:
        answer = Client().post(
            "/api/handshake/execute",
            {"qrData": code_of(booking, at=now), "scannedAt": now.isoformat(), **more},
            content_type="application/json",
            headers=headers,
        )
        return answer.status_code, answer.json()

    status, said = sent()
    assert (status, said["code"], said["lack"]) == (409, "ride_not_proven", "no_ride")
    end_ride(booking, at=now)
    status, said = sent()
    assert (status, said["code"], said["policy"]) == (422, "bill_needed", "ride+visit+bill")
    assert sent(billAmount=480)[0] == 200


@given(
    ended_s=st.integers(0, 2 * 3_600),
    away_m=st.integers(0, 2 * RADIUS_M),
    waited_s=st.integers(0, 600),
)
def test_what_a_scan_would_prove_at_once_it_proves_after_waiting_for_a_network(
    ended_s: int, away_m: int, waited_s: int
) -> None:
    made_at, now = NOON, NOON + timedelta(seconds=waited_s)
    arrival = Arrival(away_m, made_at - timedelta(seconds=ended_s))

    at_once = lack_of_ride(arrival, radius_m=RADIUS_M, scanned_at=made_at)
    later = lack_of_ride(
        arrival, radius_m=RADIUS_M, scanned_at=rules.believed(made_at, now=now) or now
    )

    assert at_once == later
    assert (at_once is None) == (away_m <= RADIUS_M and ended_s <= 3_600)
