"""Weeks in a row with a visit, on the zone's own clock, one missed week forgiven. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from uma.kernel.zones import day_of

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Streak:
    """How many weeks with a visit stand in a row now, the longest ever, and whether the freeze is spent."""

    weeks: int
    longest: int
    freeze_used: bool
    last_week: date | None


def monday(at: datetime, timezone: str) -> date:
    """Return the Monday of the zone's week at an instant."""
    day = day_of(at, timezone)
    return day - timedelta(days=day.weekday())


def streak(visits: Iterable[tuple[datetime, str]], *, now: datetime, timezone: str) -> Streak:
    """
    Return the streak of these visits (instant, time zone).

    A calendar's weeks, so that neither a change of clocks nor a second run counts one twice. A single missed
    week in a row of weeks is bridged once and counts for nothing itself. The current week is not missed
    before it is over.
    """
    weeks = sorted({monday(at, zone) for at, zone in visits})
    longest = current = 0
    used = False
    before: date | None = None
    for week in weeks:
        gap = None if before is None else (week - before) // WEEK
        if gap == 1:
            current += 1
        elif gap == 2 and not used:  # noqa: PLR2004 — one week between the two was missed
            current, used = current + 1, True
        else:
            current, used = 1, False
        longest, before = max(longest, current), week
    if before is None:
        return Streak(0, 0, freeze_used=False, last_week=None)
    missed = (monday(now, timezone) - before) // WEEK - 1
    if missed > 1 or (missed == 1 and used):
        return Streak(0, longest, freeze_used=False, last_week=before)
    return Streak(current, longest, freeze_used=used or missed == 1, last_week=before)
