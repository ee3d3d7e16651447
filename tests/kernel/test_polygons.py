"""Areas: inside, and how far outside."""

import math

import pytest

from uma.kernel.geo import Point, distance_m
from uma.kernel.polygons import contains, metres_to

SQUARE = [[74.7, 13.3], [74.9, 13.3], [74.9, 13.4], [74.7, 13.4], [74.7, 13.3]]
HOLE = [[74.79, 13.35], [74.80, 13.35], [74.80, 13.36], [74.79, 13.36], [74.79, 13.35]]
AREA = {"type": "Polygon", "coordinates": [SQUARE, HOLE]}


@pytest.mark.parametrize(
    ("latitude", "longitude", "inside"),
    [(13.32, 74.75, True), (13.29, 74.75, False), (13.355, 74.795, False), (13.35, 75.0, False)],
)
def test_a_place_is_inside_the_ring_and_outside_its_holes(
    latitude: float, longitude: float, *, inside: bool
) -> None:
    assert contains(AREA, Point(latitude, longitude)) is inside


@pytest.mark.parametrize(
    ("outside", "nearest"),
    [
        (Point(13.5, 74.8), Point(13.4, 74.8)),
        (Point(13.35, 74.6), Point(13.35, 74.7)),
        (Point(13.2, 75.0), Point(13.3, 74.9)),
        (Point(13.355, 74.7975), Point(13.355, 74.80)),
    ],
)
def test_the_way_to_an_area_ends_at_its_nearest_edge_or_corner(
    outside: Point, nearest: Point
) -> None:
    assert math.isclose(
        metres_to(AREA, outside), distance_m(outside, nearest), rel_tol=0.01, abs_tol=2
    )


def test_a_ring_that_repeats_a_position_is_measured_too() -> None:
    again = [SQUARE[0], *SQUARE]

    assert metres_to({"coordinates": [again]}, Point(13.3, 74.6)) > 10_000
