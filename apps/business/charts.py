"""Pictures as numbers: where each bar and each cell stands; the templates draw them as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

HEIGHT = 100
# A bar of one visit is still seen.
LEAST = 2
SHADES = 5
WEEKDAYS, HOURS = 7, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: returning guests below, new ones on top, in hundredths of the tallest day."""

    day: date
    x: int
    returning: int
    new: int
    top_returning: int
    top_new: int
    height_returning: int
    height_new: int


def bars(days: Sequence[tuple[date, int, int]]) -> list[Bar]:
    """Return the bars of (day, returning, new); what was taken back below nothing is not drawn."""
    tallest = max((max(returning, 0) + max(new, 0) for _, returning, new in days), default=0)
    return [_bar(place, *one, tallest) for place, one in enumerate(days)]


def _bar(place: int, day: date, returning: int, new: int, tallest: int) -> Bar:
    low, high = _height(returning, tallest), _height(new, tallest)
    return Bar(
        day=day,
        x=place,
        returning=returning,
        new=new,
        top_returning=HEIGHT - low,
        top_new=max(HEIGHT - low - high, 0),
        height_returning=low,
        height_new=min(high, HEIGHT - low),
    )


def _height(count: int, tallest: int) -> int:
    return max(round(count / tallest * HEIGHT), LEAST) if count > 0 else 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one weekday, and how dark it is: 0 for nothing to 5 for the busiest."""

    hour: int
    visits: int
    shade: int


def heat(by_hour: Mapping[tuple[int, int], int]) -> list[list[Cell]]:
    """Return a week of cells, Monday first."""
    most = max(by_hour.values(), default=0)
    return [
        [_cell(hour, by_hour.get((weekday, hour), 0), most) for hour in range(HOURS)]
        for weekday in range(WEEKDAYS)
    ]


def _cell(hour: int, visits: int, most: int) -> Cell:
    # Rounded up, so that one visit is not painted as none.
    shade = -(-visits * SHADES // most) if visits > 0 else 0
    return Cell(hour, visits, shade)


def busiest(by_hour: Mapping[tuple[int, int], int]) -> tuple[int, int] | None:
    """Return the weekday and the hour with the most visits, the earliest of equals."""
    visited = {place: visits for place, visits in by_hour.items() if visits > 0}
    return min(visited, key=lambda place: (-visited[place], place)) if visited else None
