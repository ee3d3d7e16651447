"""When a shop of a catalogue is open each week, from the three ways in which sellers say it (ondc.md 13)."""

from collections.abc import Iterable, Iterator
from datetime import time
from itertools import pairwise

from apps.ondc.documents import Hours
from apps.ondc.reading import Node, at, exact, group_code, several, span, text
from uma.kernel.zones import DAYS_PER_WEEK, MOST_WINDOWS, Window

DAY = 24 * 60
HOUR = 60
_CLOCK_DIGITS = 4
# Whether one may come and eat is what counts; failing that, when orders are taken at all.
_TIMINGS = ("SELF_PICKUP", "ORDER", "ALL")


def hours_of(place: Node, provider: Node) -> list[Hours] | None:
    """
    Return the weekly windows of a place; None when nothing is told that can be read.

    The provider's `timing` tags come first, then the place's own range, then its list of times.
    """
    windows = list(_tagged(exact(place, "id"), provider)) or list(_scheduled(place))
    if not windows:
        return None
    found = {(one["dow"], one["start"], one["end"]): one for one in windows}
    return [found[each] for each in sorted(found)][:MOST_WINDOWS]


def windows_of(hours: Iterable[Hours]) -> tuple[Window, ...]:
    """Return stored hours as windows of the zone's clock."""
    return tuple(Window(one["dow"], _clock(one["start"]), _clock(one["end"])) for one in hours)


def _clock(minutes: int) -> time:
    return time(minutes % DAY // HOUR, minutes % HOUR)


def _tagged(location_id: str, provider: Node) -> Iterator[Hours]:
    kinds: dict[str, list[Hours]] = {}
    for group in several(provider, "tags"):
        if group_code(group) != "TIMING":
            continue
        told = {group_code(one).lower(): text(one, "value") for one in several(group, "list")}
        if told.get("location", location_id) not in {location_id, ""}:
            continue
        days = _days(told.get("day_from", ""), told.get("day_to", ""))
        kind = told.get("type", "").upper().replace("-", "_").replace(" ", "_")
        span_of_day = _range(told.get("time_from", ""), told.get("time_to", ""))
        if span_of_day is not None:
            kinds.setdefault(kind, []).extend(_each(days, *span_of_day))
    for kind in _TIMINGS:
        if kind in kinds:
            yield from kinds[kind]
            return


def _scheduled(place: Node) -> Iterator[Hours]:
    told = at(place, "time")
    days = sorted(
        {int(day) - 1 for day in text(told, "days").split(",") if day.strip() in set("1234567")}
    ) or list(range(DAYS_PER_WEEK))
    one = _range(text(told, "range", "start"), text(told, "range", "end"))
    if one is not None:
        yield from _each(days, *one)
        return
    length = span(told, "schedule", "frequency")
    times = at(told, "schedule", "times")
    if length is None or not isinstance(times, list):
        return
    minutes = int(length.total_seconds()) // 60
    starts = sorted({start for entry in times if (start := _minutes(entry)) is not None})
    for start, end in _joined(starts, minutes):
        yield from _each(days, start, end)


def _joined(starts: list[int], minutes: int) -> Iterator[tuple[int, int]]:
    """Join slots that follow on each other: every half hour from seven on is one window."""
    if not starts or not 0 < minutes <= DAY:
        return
    begins = starts[0]
    for one, following in pairwise([*starts, 2 * DAY]):
        if following > one + minutes:
            yield begins, one + minutes
            begins = following


def _each(days: Iterable[int], start: int, end: int) -> Iterator[Hours]:
    for dow in days:
        yield {"dow": dow, "start": start % DAY, "end": end % DAY}


def _days(first: str, last: str) -> list[int]:
    """Return the days between two, Monday 0; a week that turns over its end as well."""
    if first not in set("1234567") or last not in set("1234567"):
        return list(range(DAYS_PER_WEEK))
    begins, ends = int(first) - 1, int(last) - 1
    return [(begins + day) % DAYS_PER_WEEK for day in range((ends - begins) % DAYS_PER_WEEK + 1)]


def _range(start: str, end: str) -> tuple[int, int] | None:
    begins, ends = _minutes(start), _minutes(end)
    return None if begins is None or ends is None else (begins, ends)


def _minutes(told: Node) -> int | None:
    """Return `0930` or `09:30` in minutes; 2400 and 2359 are the end of the day."""
    digits = str(told).replace(":", "") if isinstance(told, str | int) else ""
    if len(digits) != _CLOCK_DIGITS or not digits.isascii() or not digits.isdigit():
        return None
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours * HOUR + minutes > DAY or minutes >= HOUR:
        return None
    whole = hours * HOUR + minutes
    return DAY if whole == DAY - 1 else whole
