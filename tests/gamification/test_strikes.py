"""Product rule 2.7 as a table, with the clock passed in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.errors import UNTIL_REVIEW, RiderBanned
from apps.gamification import services
from apps.gamification.errors import PeriodInvalid, UnknownRestriction
from apps.gamification.models import NoShow, Restriction, Strike
from apps.merchants import services as merchants
from apps.rides import services as rides
from apps.rides.models import Booking, RideFailure
from tests.factories import NOON, make_booking, make_rider, make_shop, make_zone
from tests.gamification.missing import (
    DAY,
    HOUR,
    MINUTE,
    Misser,
    make_misser,
    remind_on_time,
    second_deal,
    settle,
    verdict,
)

pytestmark = pytest.mark.django_db
OPERATOR = uuid4()


@pytest.fixture
def misser() -> Misser:
    return make_misser(make_rider())


def at(booking: Booking) -> datetime:
    return booking.expires_at - 2 * HOUR


def pause_outlet(booking: Booking) -> None:
    for status, when in (("PAUSED", 2 * HOUR), ("OPEN", HOUR)):
        merchants.set_outlet_status(
            outlet_id=booking.outlet_id, status=status, actor_id=OPERATOR, reason="power cut",
            now=booking.expires_at - when,
        )  # fmt: skip


def freeze(booking: Booking) -> None:
    asked = {"merchant_id": booking.merchant_id, "actor_id": OPERATOR, "reason": "chargeback"}
    merchants.freeze_wallet(**asked, now=at(booking))  # type: ignore[arg-type]  # as named
    merchants.unfreeze_wallet(**asked, now=at(booking) + HOUR)  # type: ignore[arg-type]


def freeze_for_good(booking: Booking) -> None:
    merchants.freeze_wallet(
        merchant_id=booking.merchant_id, actor_id=OPERATOR, reason="fraud", now=at(booking)
    )


def freeze_too_late(booking: Booking) -> None:
    merchants.freeze_wallet(
        merchant_id=booking.merchant_id, actor_id=OPERATOR, reason="fraud",
        now=booking.expires_at + MINUTE,
    )  # fmt: skip


def suspend(booking: Booking) -> None:
    merchants.suspend(
        merchant_id=booking.merchant_id, actor_id=OPERATOR, reason="fraud", now=at(booking)
    )


def pause_zone(booking: Booking) -> None:
    merchants.pause_zone(
        code=booking.zone_code, actor_id=OPERATOR, reason="election", now=at(booking)
    )


def fail_scan(booking: Booking) -> None:
    services.note_failed_scan(ref=booking.ref, code="wallet_frozen", now=at(booking))


def fail_scan_too_late(booking: Booking) -> None:
    services.note_failed_scan(ref=booking.ref, code="system", now=booking.expires_at + MINUTE)


def fail_ride(reason: RideFailure.Reason) -> Callable[[Booking], None]:
    def meanwhile(booking: Booking) -> None:
        rides.record_ride_failure(booking_id=booking.pk, reason=reason, code="011", now=at(booking))

    return meanwhile


def declare(zone: str, *, starts: timedelta, ends: timedelta) -> Callable[[Booking], None]:
    """Declare an event that starts and ends so long after the booking's end."""

    def meanwhile(booking: Booking) -> None:
        services.declare_force_majeure(
            zone_code=zone, starts_at=booking.expires_at + starts, ends_at=booking.expires_at + ends,
            actor_id=OPERATOR, reason="flood", now=booking.booked_at,
        )  # fmt: skip

    return meanwhile


def nothing(booking: Booking) -> None:
    del booking


EXCUSES: list[tuple[str, Callable[[Booking], object], str]] = [
    ("nothing happened", nothing, "strike"),
    ("outlet paused for an hour", pause_outlet, "outlet_closed"),
    ("wallet frozen and unfrozen", freeze, "wallet_frozen"),
    ("wallet frozen", freeze_for_good, "wallet_frozen"),
    ("wallet frozen after the end", freeze_too_late, "strike"),
    ("merchant suspended", suspend, "merchant_suspended"),
    ("zone paused", pause_zone, "zone_paused"),
    ("scan failed", fail_scan, "scan_failed"),
    ("scan failed after the end", fail_scan_too_late, "strike"),
    ("provider cancelled", fail_ride(RideFailure.Reason.PROVIDER_CANCELLED), "provider_cancelled"),
    ("no driver", fail_ride(RideFailure.Reason.NO_DRIVER), "no_driver"),
    ("flood then", declare("MNP", starts=-3 * HOUR, ends=-HOUR), "force_majeure"),
    ("flood after the end", declare("MNP", starts=MINUTE, ends=HOUR), "strike"),
    ("flood before the booking", declare("MNP", starts=-3 * DAY, ends=-2 * DAY), "strike"),
]


@pytest.mark.parametrize(
    ("meanwhile", "expected"), [row[1:] for row in EXCUSES], ids=[row[0] for row in EXCUSES]
)
def test_a_missed_visit_costs_a_strike_unless_something_excuses_it(
    misser: Misser, meanwhile: Callable[[Booking], object], expected: str
) -> None:
    assert verdict(misser.miss(meanwhile=meanwhile)) == expected


def test_a_flood_elsewhere_excuses_nobody_here(misser: Misser) -> None:
    make_zone("BLR")
    elsewhere = declare("BLR", starts=-3 * HOUR, ends=-HOUR)

    assert verdict(misser.miss(meanwhile=elsewhere)) == "strike"


def test_two_missed_visits_in_one_run_are_two_strikes_and_a_rerun_adds_none(misser: Misser) -> None:
    bookings = [misser.book(), make_booking(second_deal(misser.shop), misser.rider)]
    for booking in bookings:
        remind_on_time(booking)

    for _ in range(3):
        settle(NOON + DAY + MINUTE)

    assert [verdict(booking) for booking in bookings] == ["strike", "strike"]
    assert Strike.objects.count() == 2


def test_a_cancelled_and_a_voided_booking_cost_nothing(misser: Misser) -> None:
    rides.cancel(booking_id=misser.book().pk, rider_id=misser.rider.pk, now=NOON)
    rides.void(booking_id=misser.book().pk, actor_id=OPERATOR, reason="closed", now=NOON)

    settle(NOON + 2 * DAY)

    assert not NoShow.objects.exists()


def test_the_third_strike_pauses_booking_for_a_week_then_a_month_then_until_a_review(
    misser: Misser,
) -> None:
    ends = []
    for _ in range(3):
        for strikes in range(3):
            assert misser.active == strikes
            misser.miss()
        # What led to a pause counts no more.
        assert misser.active == 0
        with pytest.raises(RiderBanned):
            misser.book()
        until = misser.banned_until
        assert until is not None
        ends.append(until - misser.now)
        misser.now = min(until, misser.now + 60 * DAY)

    assert ends[:2] == [7 * DAY, 30 * DAY]
    assert misser.banned_until == UNTIL_REVIEW
    restriction = Restriction.objects.get(level=3)
    services.end_restriction(
        restriction_id=restriction.pk, actor_id=OPERATOR, reason="talked", now=misser.now
    )
    assert misser.banned_until is None
    assert misser.book()
    with pytest.raises(UnknownRestriction):
        services.end_restriction(
            restriction_id=restriction.pk, actor_id=OPERATOR, reason="again", now=misser.now
        )


def test_what_was_booked_before_a_pause_is_still_redeemed(misser: Misser) -> None:
    for _ in range(2):
        misser.miss()
    first = misser.book()
    second = make_booking(second_deal(misser.shop, now=misser.now), misser.rider, now=misser.now)
    remind_on_time(first)
    misser.now = first.expires_at
    # One of two that end together is missed, the other scanned in its last minute.
    from tests.handshake.visiting import execute  # noqa: PLC0415  # read where it is used

    execute(second, misser.shop.owner_id, now=second.expires_at - MINUTE)
    settle(misser.now)

    assert misser.banned_until == misser.now + 7 * DAY
    second.refresh_from_db()
    assert second.state == Booking.State.REDEEMED


@pytest.mark.parametrize(("age", "counts"), [(90 * DAY - MINUTE, 1), (90 * DAY, 0), (91 * DAY, 0)])
def test_a_strike_counts_for_ninety_days(misser: Misser, age: timedelta, counts: int) -> None:
    misser.miss()

    misser.now += age

    assert misser.active == counts


def test_two_old_strikes_and_a_new_one_pause_nothing(misser: Misser) -> None:
    misser.miss()
    misser.miss()
    misser.now += 90 * DAY
    misser.miss()

    assert (misser.active, misser.banned_until) == (1, None)


@pytest.mark.parametrize(("clears", "left"), [("OLDEST", 1), ("ALL", 0), ("NONE", 2)])
def test_a_visit_clears_what_the_policy_says(misser: Misser, clears: str, left: int) -> None:
    services.set_policy(
        effective_from=NOON, clears=clears, limit=3, window_days=90, ladder_days=[7, 30],
        actor_id=None, reason="as the founders say", now=NOON,
    )  # fmt: skip
    first = misser.miss()
    misser.miss()

    misser.come()

    assert misser.active == left
    state = Strike.objects.get(no_show_id=first.pk).state
    assert state == ("ACTIVE" if clears == "NONE" else "CLEARED")


def test_a_policy_changes_nothing_that_was_counted_before(misser: Misser) -> None:
    misser.miss()
    misser.come()
    services.set_policy(
        effective_from=misser.now + MINUTE, clears="NONE", limit=2, window_days=30,
        ladder_days=[1], actor_id=None, reason="stricter", now=misser.now,
    )  # fmt: skip
    misser.now += HOUR
    misser.miss()
    misser.miss()

    assert [row.state for row in Strike.objects.order_by("pk")] == [
        "CLEARED",
        "CONSUMED",
        "CONSUMED",
    ]
    assert misser.banned_until == misser.now + DAY


def test_a_visit_that_was_taken_back_clears_nothing(misser: Misser) -> None:
    misser.miss()
    misser.come()
    assert misser.active == 0

    from apps.gamification.models import Visit  # noqa: PLC0415  # read where it is used

    services.undo_visit(handshake_id=Visit.objects.get().pk, now=misser.now)
    settle(misser.now)

    assert misser.active == 1


def test_an_overturned_strike_takes_its_pause_along(misser: Misser) -> None:
    bookings = [misser.miss() for _ in range(3)]
    assert misser.banned_until is not None

    services.overturn(
        strike_id=strike_of(bookings[0]), actor_id=OPERATOR, reason="shop was shut", now=misser.now
    )

    assert misser.banned_until is None
    assert misser.active == 2
    assert Restriction.objects.get().lifted_at == misser.now
    # The next one is the third again, and its pause the first.
    misser.miss()
    assert misser.banned_until == misser.now + 7 * DAY


def strike_of(booking: Booking) -> UUID:
    return Strike.objects.get(no_show_id=booking.pk).pk


def test_another_suspension_stands_when_the_strikes_are_gone(misser: Misser) -> None:
    from apps.accounts import services as accounts  # noqa: PLC0415  # read where it is used

    bookings = [misser.miss() for _ in range(3)]
    until = misser.now + 300 * DAY
    accounts.suspend(
        rider_id=misser.rider.pk, until=until, actor_id=OPERATOR, reason="fraud", now=misser.now
    )

    services.overturn(
        strike_id=strike_of(bookings[0]), actor_id=OPERATOR, reason="shut", now=misser.now
    )

    assert misser.banned_until == until


def test_a_flood_declared_afterwards_takes_strikes_back(misser: Misser) -> None:
    bookings = [misser.miss() for _ in range(3)]
    services.declare_force_majeure(
        zone_code="MNP", starts_at=bookings[0].expires_at - HOUR, ends_at=bookings[0].expires_at,
        actor_id=OPERATOR, reason="flood", now=misser.now,
    )  # fmt: skip

    for _ in range(2):
        settle(misser.now)

    assert Strike.objects.get(overturned_for="force_majeure").no_show_id == bookings[0].pk
    assert misser.banned_until is None


def test_an_event_ends_after_it_begins(misser: Misser) -> None:
    with pytest.raises(PeriodInvalid):
        services.declare_force_majeure(
            zone_code=misser.shop.merchant.zone_id, starts_at=NOON, ends_at=NOON,
            actor_id=OPERATOR, reason="flood", now=NOON,
        )  # fmt: skip


def test_a_withdrawn_event_excuses_nothing_more(misser: Misser) -> None:
    event = services.declare_force_majeure(
        zone_code=misser.shop.merchant.zone_id, starts_at=NOON, ends_at=NOON + 9 * DAY,
        actor_id=OPERATOR, reason="flood", now=NOON,
    )  # fmt: skip
    assert verdict(misser.miss()) == "force_majeure"

    services.withdraw_force_majeure(
        event_id=event.pk, actor_id=OPERATOR, reason="it was dry", now=misser.now
    )

    assert verdict(misser.miss()) == "strike"


def test_an_outlet_closed_in_bulk_leaves_no_strike() -> None:
    """Operators' list, 5: bookings of a closed outlet are voided or excused."""
    shop = make_shop(seats=50)
    missers = [make_misser(make_rider(), shop=shop) for _ in range(3)]
    bookings = [misser.book() for misser in missers]
    merchants.set_outlet_status(
        outlet_id=shop.outlet.pk, status="CLOSED", actor_id=OPERATOR, reason="fire",
        now=NOON + HOUR,
    )  # fmt: skip

    for booking in bookings:
        remind_on_time(booking)
    settle(NOON + DAY)

    assert not Strike.objects.exists()
