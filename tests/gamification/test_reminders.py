"""Reminders before a booking ends: told by day, once, and without them no strike (product rule 2.7)."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.gamification.models import NoShow
from apps.gamification.services.reminding import EARLY, LATE, due_at
from apps.notifications.models import InboxMessage
from apps.rides import services as rides
from tests.factories import NOON, make_booking, make_rider
from tests.gamification.missing import (
    HOUR,
    MINUTE,
    Misser,
    make_misser,
    remind,
    remind_on_time,
    settle,
    verdict,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def misser() -> Misser:
    return make_misser(make_rider())


@pytest.mark.parametrize(
    ("reached", "expected"),
    [
        ({"six": True, "one": True}, "strike"),
        ({"six": False, "one": True}, "not_reminded"),
        ({"six": True, "one": False}, "not_reminded"),
        ({"six": False, "one": False}, "not_reminded"),
    ],
)
def test_without_both_reminders_there_is_no_strike(
    misser: Misser, reached: dict[str, bool], expected: str
) -> None:
    booking = misser.book()
    remind(booking.expires_at - 6 * HOUR, arrives=reached["six"])
    remind(booking.expires_at - HOUR, arrives=reached["one"])

    settle(booking.expires_at)

    assert verdict(booking) == expected


def test_a_rider_without_a_phone_is_reached_by_the_inbox(misser: Misser) -> None:
    booking = misser.book()
    remind_on_time(booking, arrives=False)
    InboxMessage.objects.filter(kind="reminder.booking").update(
        push_state="SKIPPED", last_error="no_device"
    )

    settle(booking.expires_at)

    assert verdict(booking) == "strike"


def test_the_strike_keeps_when_each_reminder_reached_the_rider(misser: Misser) -> None:
    booking = misser.book()
    remind_on_time(booking)

    settle(booking.expires_at)

    told = NoShow.objects.get(pk=booking.pk).evidence["reminders"]
    assert datetime.fromisoformat(told["one_hour"]) == booking.expires_at - HOUR
    assert set(told) == {"six_hours", "one_hour"}


INDIA, NEW_YORK = "Asia/Kolkata", "America/New_York"


def utc(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ends", "life", "timezone", "early", "late"),
    [
        # 18:00 in India: by day, so at the marks.
        (utc(25, 12, 30), 24 * HOUR, INDIA, utc(25, 6, 30), utc(25, 11, 30)),
        # 04:00: both marks lie in the night, and both are told at 21:30.
        (utc(25, 22, 30), 24 * HOUR, INDIA, utc(25, 16), utc(25, 16)),
        # 08:30: six hours before is night, one hour before is night as well.
        (utc(26, 3), 24 * HOUR, INDIA, utc(25, 16), utc(25, 16)),
        # 09:00: the later mark is exactly when the night ends.
        (utc(26, 3, 30), 24 * HOUR, INDIA, utc(25, 16), utc(26, 2, 30)),
        # Too short for the first mark, and for either.
        (utc(25, 12, 30), 3 * HOUR, INDIA, None, utc(25, 11, 30)),
        (utc(25, 12, 30), HOUR, INDIA, None, None),
        # The night on which a clock goes back (1 November): 06:30 there is six hours after 01:30.
        (utc(1, 11, 30), 24 * HOUR, NEW_YORK, utc(1, 1, 30), utc(1, 1, 30)),
        # And forward (8 March): 08:30 on the new time, the evening before on the old.
        (utc(8, 12, 30, month=3), 24 * HOUR, NEW_YORK, utc(8, 2, 30, month=3), utc(8, 2, 30, month=3)),
        (utc(8, 13, month=3), 24 * HOUR, NEW_YORK, utc(8, 2, 30, month=3), utc(8, 12, month=3)),
    ],
)  # fmt: skip
def test_a_reminder_is_due_at_its_mark_and_never_at_night(
    ends: datetime,
    life: timedelta,
    timezone: str,
    early: datetime | None,
    late: datetime | None,
) -> None:
    def planned(before: timedelta) -> datetime | None:
        return due_at(booked_at=ends - life, expires_at=ends, before=before, timezone=timezone)

    assert (planned(EARLY), planned(LATE)) == (early, late)


def test_a_reminder_is_told_once_and_not_of_what_is_over(misser: Misser) -> None:
    booking, other = misser.book(), make_booking(misser.shop)
    rides.cancel(booking_id=other.pk, rider_id=other.rider_id, now=NOON)

    for _ in range(3):
        remind(booking.expires_at - 6 * HOUR)
        remind(booking.expires_at - 30 * MINUTE)

    told = InboxMessage.objects.filter(kind="reminder.booking")
    assert list(told.values_list("person_id", flat=True)) == [misser.rider.pk] * 2
