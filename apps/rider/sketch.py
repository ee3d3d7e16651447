"""A ride on a small map: drawn by the server, so that it needs no script, works on any phone and obeys the theme."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from uma.kernel.geo import METRES_PER_DEGREE, Point, distance_m

WIDTH, HEIGHT = 360, 200
# The end of the way is a square of so many units.
SQUARE = 14
_MARGIN = 36
# The least that is shown: a driver round the corner is not on the other side of the map.
_LEAST_M = 600
# Lines of the ground are so many metres apart, at the most so many of them.
_STEPS_M = (200, 500, 1_000, 2_000, 5_000, 10_000, 50_000)
_MOST_LINES = 9


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the drawing, in its units."""

    x: float
    y: float

    @property
    def left(self) -> float:
        return self.x - SQUARE / 2

    @property
    def top(self) -> float:
        return self.y - SQUARE / 2


@dataclass(frozen=True, slots=True)
class Sketch:
    """Where a ride begins and ends and where its driver is; `columns` and `rows` are the ground's lines."""

    pickup: Spot
    drop: Spot | None
    driver: Spot | None
    # How far the driver is from the pick-up.
    away_m: int | None
    step_m: int
    columns: Sequence[float]
    rows: Sequence[float]
    width: int = WIDTH
    height: int = HEIGHT


def sketch(*, pickup: Point, drop: Point | None, driver: Point | None) -> Sketch:
    """Return the drawing of a ride: north is up, a metre is as long in each direction."""
    shown = [point for point in (pickup, drop, driver) if point is not None]
    middle = Point(
        (min(p.latitude for p in shown) + max(p.latitude for p in shown)) / 2,
        (min(p.longitude for p in shown) + max(p.longitude for p in shown)) / 2,
    )
    flat = [_metres(point, middle) for point in shown]
    wide = max(_LEAST_M, 2 * max(abs(x) for x, _ in flat))
    high = max(_LEAST_M, 2 * max(abs(y) for _, y in flat))
    scale = min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN) / high)

    def spot(point: Point | None) -> Spot | None:
        if point is None:
            return None
        x, y = _metres(point, middle)
        return Spot(round(WIDTH / 2 + x * scale, 1), round(HEIGHT / 2 - y * scale, 1))

    step_m = next((step for step in _STEPS_M if WIDTH / scale / step <= _MOST_LINES), _STEPS_M[-1])
    start = spot(pickup)
    assert start is not None
    return Sketch(
        pickup=start,
        drop=spot(drop),
        driver=spot(driver),
        away_m=None if driver is None else distance_m(driver, pickup),
        step_m=step_m,
        columns=_lines(WIDTH, step_m * scale),
        rows=_lines(HEIGHT, step_m * scale),
    )


def _metres(point: Point, middle: Point) -> tuple[float, float]:
    shrink = math.cos(math.radians(middle.latitude))
    return (
        (point.longitude - middle.longitude) * METRES_PER_DEGREE * shrink,
        (point.latitude - middle.latitude) * METRES_PER_DEGREE,
    )


def _lines(length: int, apart: float) -> list[float]:
    count = int(length / apart) + 1
    first = length / 2 % apart
    return [round(first + number * apart, 1) for number in range(count)]
