"""A zone's own clock: which day it is there, and whether an offer's weekly windows are open."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

DAYS_PER_WEEK = 7
MONTHS_PER_YEAR = 12
DAY_MINUTES = 24 * 60
WEEK_MINUTES = DAYS_PER_WEEK * DAY_MINUTES
MOST_WINDOWS = 28


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


def month_began(at: datetime, timezone: str) -> datetime:
    """Return the instant (UTC) at which the zone's calendar month began."""
    return _instant(day_of(at, timezone).replace(day=1), time.min, timezone)


def next_midnight(at: datetime, timezone: str) -> datetime:
    """Return the instant (UTC) at which the zone's next calendar day begins."""
    return midnight(day_of(at, timezone) + timedelta(days=1), timezone)


def midnight(day: date, timezone: str) -> datetime:
    """Return the instant (UTC) at which a calendar day of the zone begins."""
    return _instant(day, time.min, timezone)


def months_after(at: datetime, months: int, timezone: str) -> datetime:
    """
    Return the instant (UTC) so many calendar months after `at` on the zone's clock.

    The same day of the month at the same hour; a month that has no such day gives its last. Counted
    from the first instant each time, a 31st comes back to the 31st after February.
    """
    here = local(at, timezone)
    year, month = divmod(here.year * MONTHS_PER_YEAR + here.month - 1 + months, MONTHS_PER_YEAR)
    day = min(here.day, monthrange(year, month + 1)[1])
    return _instant(date(year, month + 1, day), here.time(), timezone)


def days_after(at: datetime, days: int, timezone: str) -> datetime:
    """Return the instant (UTC) so many calendar days after `at`, at the same hour of the zone."""
    here = local(at, timezone)
    return _instant(here.date() + timedelta(days=days), here.time(), timezone)


def month_of(at: datetime, timezone: str) -> date:
    """Return the first day of the zone's month at the instant `at`."""
    return day_of(at, timezone).replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the following month."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def month_span(month: date, timezone: str) -> tuple[datetime, datetime]:
    """Return the instants (UTC) between which the zone's month lies, the second excluded."""
    return midnight(month, timezone), midnight(month_after(month), timezone)


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


def windows_from(stored: Sequence[Mapping[str, Any]]) -> tuple[Window, ...]:  # Any: JSON
    """Return the windows kept as JSON in a row."""
    return tuple(
        Window(w["dow"], time.fromisoformat(w["start"]), time.fromisoformat(w["end"]))
        for w in stored
    )


def windows_to(windows: Sequence[Window]) -> list[dict[str, object]]:
    """Return windows as the JSON that a row keeps."""
    return [{"dow": w.dow, "start": f"{w.start:%H:%M}", "end": f"{w.end:%H:%M}"} for w in windows]


def week_spans(windows: Sequence[Window]) -> list[tuple[int, int]]:
    """
    Return the open minutes of a week as half-open spans; Monday 00:00 is 0.

    A window that runs past the week's end is two spans, the second at the week's beginning.
    """
    spans: list[tuple[int, int]] = []
    for window in windows:
        opens = window.dow * DAY_MINUTES + window.start.hour * 60 + window.start.minute
        closes = window.dow * DAY_MINUTES + window.end.hour * 60 + window.end.minute
        if window.crosses_midnight:
            closes += DAY_MINUTES
        spans.append((opens, min(closes, WEEK_MINUTES)))
        if closes > WEEK_MINUTES:
            spans.append((0, closes - WEEK_MINUTES))
    return sorted(spans)


def week_faults(windows: Sequence[Window]) -> Iterator[str]:
    """Yield every rule that a week of windows breaks, as a sentence."""
    if len(windows) > MOST_WINDOWS:
        yield f"A week has at most {MOST_WINDOWS} windows."
    if any(w.start.second or w.end.second or w.start.microsecond for w in windows):
        yield "A window opens and closes on a whole minute."
    spans = week_spans(windows)
    if any(closes > opens for (_, closes), (opens, _) in pairwise(spans)):
        yield "The windows of a week do not overlap."
