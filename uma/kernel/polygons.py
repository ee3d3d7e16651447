"""Areas as GeoJSON polygons (RFC 7946), longitude first: what lies inside, and how far outside."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from uma.kernel.geo import METRES_PER_DEGREE, Point

Ring = Sequence[Sequence[float]]
Polygon = Mapping[str, Any]  # Any: GeoJSON


def rings(polygon: Polygon) -> Sequence[Ring]:
    """Return the outer ring and the holes."""
    found: Sequence[Ring] = polygon.get("coordinates", [])
    return found


def contains(polygon: Polygon, place: Point) -> bool:
    """Say whether the place lies within the outer ring and in none of the holes."""
    outer, *holes = rings(polygon) or [[]]
    return _inside(outer, place) and not any(_inside(hole, place) for hole in holes)


def metres_to(polygon: Polygon, place: Point) -> int:
    """
    Return how far the place is from the polygon's edge, in whole metres, on a plane laid at the place.

    Good to a few percent within a few hundred kilometres: enough to name the nearest area.
    """
    shrink = math.cos(math.radians(place.latitude))
    nearest = min(
        math.hypot(*_nearest_on(a, b))
        for ring in rings(polygon)
        for a, b in pairwise(_on_plane(ring, place, shrink))
    )
    return round(nearest * METRES_PER_DEGREE)


def _on_plane(ring: Ring, place: Point, shrink: float) -> Iterator[tuple[float, float]]:
    for longitude, latitude in ring:
        yield (longitude - place.longitude) * shrink, latitude - place.latitude


def _nearest_on(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Return the place nearest to the origin on the line from `a` to `b`."""
    (ax, ay), (dx, dy) = a, (b[0] - a[0], b[1] - a[1])
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
    return ax + along * dx, ay + along * dy


def _inside(ring: Ring, place: Point) -> bool:
    """Count how often a line from the place to the east crosses the ring: odd means inside."""
    inside = False
    for (lng_a, lat_a), (lng_b, lat_b) in pairwise(ring):
        if (lat_a > place.latitude) != (lat_b > place.latitude):
            crossing = lng_a + (place.latitude - lat_a) * (lng_b - lng_a) / (lat_b - lat_a)
            inside ^= place.longitude < crossing
    return inside
