"""What the database itself refuses about bookings, from whatever SQL is sent."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from apps.rides import qr, services
from apps.rides.errors import TransitionRefused
from apps.rides.models import Booking, RefusedBookings, SpokenCodeTries
from tests.factories import NOON, make_booking, make_rider, make_shop, request_key

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
ARROWS = {
    ("BOOKED", "REDEEMED"),
    ("BOOKED", "CANCELLED"),
    ("BOOKED", "EXPIRED"),
    ("BOOKED", "VOIDED"),
    ("REDEEMED", "REVERSED"),
    ("REDEEMED", "DISPUTED"),
    ("DISPUTED", "REDEEMED"),
    ("DISPUTED", "REVERSED"),
}
STATES = [str(state) for state in Booking.State.values]
# A path along the arrows from BOOKED to every state.
WAY = {
    "BOOKED": (),
    "REDEEMED": ("REDEEMED",),
    "REVERSED": ("REDEEMED", "REVERSED"),
    "DISPUTED": ("REDEEMED", "DISPUTED"),
    "EXPIRED": ("EXPIRED",),
    "CANCELLED": ("CANCELLED",),
    "VOIDED": ("VOIDED",),
}


def update(booking: Booking, **columns: Any) -> None:  # Any: columns of many types
    with transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(**columns)


def move(booking: Booking, to: str) -> None:
    """Write a state with the columns that belong to it, so that only the arrow can be wrong."""
    redeemed = to in {"REDEEMED", "DISPUTED", "REVERSED"}
    booking.refresh_from_db()
    update(
        booking,
        state=to,
        status_changed_at=LATER,
        redeemed_at=(booking.redeemed_at or LATER) if redeemed else None,
        void_reason="x" if to == "VOIDED" else "",
    )


def refused(constraint: str, error: pytest.ExceptionInfo[DatabaseError]) -> bool:
    # Any: psycopg's diagnostics hang on the cause.
    diag: Any = getattr(error.value.__cause__, "diag", None)
    return diag is not None and diag.constraint_name == constraint


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_a_booking_moves_only_along_the_drawn_arrows(before: str, after: str) -> None:
    booking = make_booking()
    for state in WAY[before]:
        move(booking, state)

    if (before, after) in ARROWS:
        move(booking, after)
        booking.refresh_from_db()
        assert booking.state == after
    else:
        with pytest.raises(IntegrityError):
            move(booking, after)
        booking.refresh_from_db()
        assert booking.state == before


def test_an_arrow_that_is_not_drawn_is_named() -> None:
    booking = make_booking()
    move(booking, "EXPIRED")

    with pytest.raises(IntegrityError) as error:
        update(booking, state="BOOKED")

    assert refused("rides_booking_arrows", error)


MOVING = {"state", "status_changed_at", "redeemed_at", "cancelled_late", "void_reason"}
OTHER_VALUES: dict[str, Any] = {
    # Any: a changed value for every column that must not change
    "watched": True, "proof_policy": "ride+visit",
    "id": uuid4(), "ref": "B" * 13, "qr_kid": "Z9", "static_id": uuid4(), "rider_id": uuid4(),
    "merchant_id": uuid4(), "outlet_id": uuid4(), "campaign_id": uuid4(), "revision": 9,
    "zone_code": "BLR", "timezone": "UTC", "merchant_name": "x", "title": "x", "description": "x",
    "discount_bps": 1, "basis": "actual_capped", "cap_paise": 1, "deductible_paise": 1,
    "cpt_fee_paise": 1, "cpa_fee_paise": 1, "gst_bps": 1, "inter_state": True,
    "max_cost_paise": 99_999, "static_qr": True, "geofence_policy": "x", "scopes": ["all"],
    "live_slot": 2, "request_key": "x", "request_fingerprint": b"x" * 32, "booked_at": LATER,
    "expires_at": LATER + timedelta(days=9),
}  # fmt: skip


def test_every_column_is_either_moving_or_a_term() -> None:
    names = {field.attname for field in Booking._meta.concrete_fields}

    assert names == MOVING | set(OTHER_VALUES)


@pytest.mark.parametrize("column", OTHER_VALUES)
def test_terms_stay_as_they_were_sold(column: str) -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError) as error:
        update(
            booking,
            state="EXPIRED",
            status_changed_at=LATER,
            **{column: OTHER_VALUES[column]},
        )

    assert refused("rides_booking_terms_frozen", error)


def test_a_booking_never_changes_before_its_last_change() -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError) as error:
        update(booking, state="EXPIRED", status_changed_at=NOON - timedelta(seconds=1))

    assert refused("rides_booking_time_forward", error)


def test_a_visit_keeps_its_instant() -> None:
    booking = make_booking()
    move(booking, "REDEEMED")

    with pytest.raises(IntegrityError) as error:
        update(
            booking,
            state="DISPUTED",
            status_changed_at=LATER,
            redeemed_at=LATER + timedelta(hours=1),
        )

    assert refused("rides_booking_time_forward", error)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM rides_booking", "TRUNCATE rides_booking CASCADE"]
)
def test_bookings_are_never_deleted(statement: str) -> None:
    make_booking()

    with (
        pytest.raises(IntegrityError) as error,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert refused("rides_booking_never_deleted", error)
    assert Booking.objects.count() == 1


def test_a_session_setting_does_not_switch_the_guards_off() -> None:
    booking = make_booking()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'rides_booking'::regclass")
        names = ",".join(name for (name,) in cursor.fetchall())
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{names}}}"])
        with pytest.raises(IntegrityError):
            update(booking, cap_paise=1)


def copy_of(booking: Booking, **columns: Any) -> None:  # Any: columns of many types
    """Insert another booking like this one, with a few columns different."""
    fresh: dict[str, Any] = {"id": uuid4(), "ref": qr.new_ref(), "rider_id": uuid4()}
    values = {
        field.attname: getattr(booking, field.attname) for field in Booking._meta.concrete_fields
    }
    with transaction.atomic():
        Booking(**(values | fresh | columns)).save(force_insert=True)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("rides_booking_born_booked", {"state": "REDEEMED", "redeemed_at": NOON}),
        ("rides_booking_two_live_slots", {"live_slot": 3}),
        ("rides_booking_ref_base32", {"ref": "abcdefghijklm"}),
        ("rides_booking_times_in_order", {"expires_at": NOON}),
        ("rides_booking_times_in_order", {"status_changed_at": NOON - timedelta(seconds=1)}),
        ("rides_booking_redeemed_at", {"redeemed_at": NOON}),
        ("rides_booking_late_is_cancelled", {"cancelled_late": True}),
        ("rides_booking_void_has_reason", {"void_reason": "x"}),
        ("rides_booking_static_as_sold", {"static_qr": True}),
        ("rides_booking_static_as_sold", {"static_id": uuid4()}),
        ("rides_booking_request_whole", {"request_key": "k"}),
        ("rides_booking_request_whole", {"request_fingerprint": b"x" * 32}),
        ("rides_booking_request_whole", {"request_key": "k", "request_fingerprint": b"x" * 31}),
        ("rides_booking_basis_known", {"basis": "guess"}),
        ("rides_booking_amounts_sane", {"cap_paise": -1}),
        ("rides_booking_amounts_sane", {"max_cost_paise": 150_00 + 20_00 + 50_00 - 1}),
        ("rides_booking_amounts_sane", {"discount_bps": 10_001}),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(constraint: str, columns: dict[str, Any]) -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError) as error:
        copy_of(booking, **columns)

    assert refused(constraint, error)


def test_an_unknown_state_is_refused_even_where_no_trigger_looks() -> None:
    booking = make_booking()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    with pytest.raises(IntegrityError) as error:
        update(booking, state="LOST")

    assert refused("rides_booking_redeemed_at", error)


def test_a_voided_booking_has_a_reason() -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError) as error:
        update(booking, state="VOIDED", status_changed_at=LATER)

    assert refused("rides_booking_void_has_reason", error)


def test_a_redeemed_booking_has_its_instant() -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError) as error:
        update(booking, state="REDEEMED", status_changed_at=LATER)

    assert refused("rides_booking_redeemed_at", error)


@pytest.mark.parametrize(
    ("constraint", "same"),
    [
        ("rides_booking_ref_once", ["ref"]),
        ("rides_booking_static_id_once", ["static_id"]),
        ("rides_booking_live_slot_once", ["rider_id"]),
        ("rides_booking_request_once", ["rider_id", "request_key"]),
    ],
)
def test_what_is_once_is_once(constraint: str, same: list[str]) -> None:
    booking = make_booking(make_shop(static_qr=True), key=request_key())
    different: dict[str, Any] = {  # Any: columns of many types
        "static_id": uuid4(),
        "request_key": "another",
        "outlet_id": uuid4(),
        "live_slot": booking.live_slot if constraint == "rides_booking_live_slot_once" else 2,
    }
    columns = {name: value for name, value in different.items() if name not in same}

    with pytest.raises(IntegrityError) as error:
        copy_of(booking, **columns, **{name: getattr(booking, name) for name in same})

    assert refused(constraint, error)


def test_one_rider_has_one_live_booking_at_an_outlet() -> None:
    booking = make_booking()

    with pytest.raises(IntegrityError) as error:
        copy_of(booking, rider_id=booking.rider_id, live_slot=2)

    assert refused("rides_booking_outlet_once", error)


def test_the_slots_of_ended_bookings_are_free() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=NOON)

    assert make_booking(shop, rider).live_slot == booking.live_slot


def redeem(booking: Booking, *, seconds: int = 60) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT rides_redeem(%s, %s)", [booking.pk, NOON + timedelta(seconds=seconds)]
        )


def test_a_live_booking_is_redeemed_once() -> None:
    booking = make_booking()
    redeem(booking)

    with pytest.raises(IntegrityError) as error:
        redeem(booking)

    booking.refresh_from_db()
    assert refused("rides_redeem_live_only", error)
    assert (booking.state, booking.redeemed_at) == ("REDEEMED", NOON + timedelta(seconds=60))
    assert booking.status_changed_at == booking.redeemed_at


def test_a_scan_by_a_clock_behind_is_not_before_the_booking() -> None:
    booking = make_booking()

    redeem(booking, seconds=-1)

    booking.refresh_from_db()
    assert (booking.redeemed_at, booking.status_changed_at) == (NOON, NOON)


def test_a_dispute_is_opened_upheld_and_reversed_along_the_arrows() -> None:
    booking = make_booking()
    redeem(booking)

    services.mark_disputed(booking_id=booking.pk, now=LATER)
    assert services.lock_state(booking_id=booking.pk) == "DISPUTED"
    services.mark_upheld(booking_id=booking.pk, now=LATER)
    services.mark_reversed(booking_id=booking.pk, now=LATER)
    with pytest.raises(TransitionRefused) as refusal:
        services.mark_disputed(booking_id=booking.pk, now=LATER)

    booking.refresh_from_db()
    assert refusal.value.extra == {"state": "reversed"}
    assert booking.redeemed_at == NOON + timedelta(seconds=60)


def test_a_live_booking_is_not_disputed() -> None:
    booking = make_booking()

    with pytest.raises(TransitionRefused):
        services.mark_disputed(booking_id=booking.pk, now=LATER)


def test_more_than_five_tries_cannot_be_counted() -> None:
    SpokenCodeTries.objects.create(person_id=uuid4(), tries=5, counted_since=NOON)

    with pytest.raises(IntegrityError), transaction.atomic():
        SpokenCodeTries.objects.update(tries=F("tries") + 1)


def test_refusals_are_counted_once_for_each_reason_even_where_no_outlet_was_named() -> None:
    facts = {"merchant": make_shop().merchant, "day": NOON.date(), "campaign_id": uuid4()}
    counted = {**facts, "code": "seats_exhausted", "times": 2}
    RefusedBookings.objects.create(**counted)
    RefusedBookings.objects.create(**counted, outlet_id=uuid4())

    with pytest.raises(IntegrityError, match="rides_refused_once"), transaction.atomic():
        RefusedBookings.objects.create(**counted)
    for wrong in ({"code": "held_out", "times": 0}, {"code": "", "times": 1}):
        with pytest.raises(IntegrityError, match="rides_refused_counted"), transaction.atomic():
            RefusedBookings.objects.create(**facts, **wrong)
