"""
Which trips cost about the same: the rule by which one rider's search is of use to the next (decisions/0046). Pure.

The map is cut into squares of a thousandth of a degree, some 110 m. Two trips are the same when they begin and end in
the same squares, and near each other when both ends lie in neighbouring ones: at most some 300 m apart.
"""

import math
from collections.abc import Iterable

from uma.kernel.geo import Point

PER_DEGREE = 1_000


def square(place: Point) -> str:
    """Return the name of the square that a place lies in."""
    return _named(_cell(place.latitude), _cell(place.longitude))


def around(place: Point) -> list[str]:
    """Return the names of that square and of the eight around it."""
    north, east = _cell(place.latitude), _cell(place.longitude)
    return [_named(north + up, east + right) for up in (-1, 0, 1) for right in (-1, 0, 1)]


def is_same(names: Iterable[str], *places: Point) -> bool:
    """Say whether the named squares are those of the places, in their order."""
    return list(names) == [square(place) for place in places]


def _cell(degrees: float) -> int:
    # A place on a line written with six decimals is on the same side of it for everybody.
    return math.floor(round(degrees * PER_DEGREE, 3))


def _named(north: int, east: int) -> str:
    return f"{north}:{east}"
