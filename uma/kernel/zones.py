"""A zone's own clock: which day it is there, and whether an offer's weekly windows are open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS_PER_WEEK = 7


@lru_cache(maxsize=64)
def _zone(timezone: str) -> ZoneInfo:
    return ZoneInfo(timezone)


def local(at: datetime, timezone: str) -> datetime:
    """Return the instant `at` on the clock of `timezone` (an IANA name)."""
    assert at.tzinfo is not None
    return at.astimezone(_zone(timezone))


def day_of(at: datetime, timezone: str) -> date:
    """Return the zone's calendar day at the instant `at`: the day that daily caps count."""
    return local(at, timezone).date()


def next_midnight(at: datetime, timezone: str) -> datetime:
    """Return the instant (UTC) at which the zone's next calendar day begins."""
    tomorrow = day_of(at, timezone) + timedelta(days=1)
    return _instant(tomorrow, time.min, timezone)


@dataclass(frozen=True, slots=True)
class Window:
    """
    Weekly opening hours on the zone's clock: from `start`, included, to `end`, excluded.

    `dow` is 0 for Monday to 6 for Sunday, the day on which the window opens. An `end` that is not
    after `start` lies on the following day; equal times make twenty-four hours.
    """

    dow: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if not 0 <= self.dow < DAYS_PER_WEEK:
            raise ValueError("dow runs from 0 (Monday) to 6 (Sunday)")

    @property
    def crosses_midnight(self) -> bool:
        return self.end <= self.start


def _instant(day: date, clock: time, timezone: str) -> datetime:
    return datetime.combine(day, clock, _zone(timezone)).astimezone(UTC)


def _spans(
    windows: Iterable[Window], days: Iterable[date], timezone: str
) -> Iterable[tuple[datetime, datetime]]:
    """Yield (opens, closes) in UTC of each window that opens on one of `days`."""
    weekly = tuple(windows)
    for day in days:
        for window in weekly:
            if window.dow == day.weekday():
                last = day + timedelta(days=1) if window.crosses_midnight else day
                yield _instant(day, window.start, timezone), _instant(last, window.end, timezone)


def is_open(windows: Iterable[Window], at: datetime, timezone: str) -> bool:
    """Tell whether one of `windows` holds the instant `at`; no windows means always open."""
    weekly = tuple(windows)
    if not weekly:
        return True
    today = day_of(at, timezone)
    days = (today - timedelta(days=1), today)
    return any(opens <= at < closes for opens, closes in _spans(weekly, days, timezone))


def next_open_at(windows: Iterable[Window], at: datetime, timezone: str) -> datetime | None:
    """
    Return the first instant (UTC) from `at` on at which one of `windows` is open.

    `at` itself when it is open then, and `None` only when no window can ever open.
    """
    weekly = tuple(windows)
    if is_open(weekly, at, timezone):
        return at
    today = day_of(at, timezone)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_PER_WEEK + 1)]
    # A window can be empty on the night when the clock is put forward; it opens nowhere that day.
    openings = [opens for opens, closes in _spans(weekly, days, timezone) if at <= opens < closes]
    return min(openings, default=None)


def open_until(windows: Iterable[Window], at: datetime, timezone: str) -> datetime | None:
    """Return when the windows open at `at` close (UTC); `None` when closed now or always open."""
    today = day_of(at, timezone)
    days = (today - timedelta(days=1), today)
    closings = [closes for opens, closes in _spans(windows, days, timezone) if opens <= at < closes]
    return max(closings, default=None)
