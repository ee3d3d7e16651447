from typing import ClassVar

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import QuerySet
from hypothesis import given
from hypothesis import strategies as st

from uma.kernel.geo import Box, NearestTo, Point, PointField, distance_m

MANIPAL = Point(13.3525, 74.7928)
BENGALURU = Point(12.9716, 77.5946)
POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


class Spot(models.Model):
    name = models.CharField(max_length=20)
    location = PointField()

    objects: ClassVar[models.Manager["Spot"]] = models.Manager()

    class Meta:
        app_label = "kernel"
        managed = False

    def __str__(self) -> str:
        return self.name


@pytest.fixture
def spots(db: None) -> QuerySet[Spot]:  # noqa: ARG001  # the fixture is the side effect
    with connection.schema_editor() as editor:
        editor.create_model(Spot)
        editor.execute("CREATE INDEX spot_location ON kernel_spot USING gist (location)")
    Spot.objects.create(name="manipal", location=MANIPAL)
    Spot.objects.create(name="bengaluru", location=BENGALURU)
    return Spot.objects.all()


def test_a_point_is_stored_and_read_back_exactly(spots: QuerySet[Spot]) -> None:
    odd = Point(13.352512345678901, -74.79)
    Spot.objects.create(name="odd", location=odd)

    assert spots.get(name="odd").location == odd
    with connection.cursor() as cursor:
        cursor.execute("SELECT location[0], location[1] FROM kernel_spot WHERE name = 'odd'")
        assert cursor.fetchone() == (odd.longitude, odd.latitude)


def test_a_point_can_be_looked_up_by_itself(spots: QuerySet[Spot]) -> None:
    assert [spot.name for spot in spots.filter(location=MANIPAL)] == ["manipal"]


def test_the_nearest_comes_first(spots: QuerySet[Spot]) -> None:
    udupi = Point(13.34, 74.75)

    names = list(spots.order_by(NearestTo("location", udupi)).values_list("name", flat=True))

    assert names == ["manipal", "bengaluru"]


def test_a_box_holds_what_lies_inside_it(spots: QuerySet[Spot]) -> None:
    near = spots.filter(location__inside=Box.around(MANIPAL, 2_000))

    assert [spot.name for spot in near] == ["manipal"]
    assert spots.filter(location__inside=Box.around(MANIPAL, 400_000)).count() == 2


def test_distances_agree_with_the_map() -> None:
    # Great-circle distance Manipal to Bengaluru: 306.2 km.
    assert distance_m(MANIPAL, BENGALURU) == pytest.approx(306_200, rel=0.005)
    assert distance_m(MANIPAL, MANIPAL) == 0


@pytest.mark.parametrize(
    "text", ["", "1", "1;2", "a,b", "91,0", "0,181", "nan,0", "inf,0", "1_0,2", "१,२", "1,2,3"]
)
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Point.parse(text)
    with pytest.raises(ValidationError):
        PointField().to_python(text)


def test_a_place_is_written_as_it_is_read() -> None:
    assert Point.parse(str(MANIPAL)) == MANIPAL
    assert PointField().to_python(str(MANIPAL)) == MANIPAL


@given(POINTS, POINTS)
def test_distance_does_not_depend_on_the_direction(one: Point, other: Point) -> None:
    assert distance_m(one, other) == distance_m(other, one)
    assert 0 <= distance_m(one, other) <= 20_015_200


@given(
    st.builds(Point, st.floats(-89, 89), st.floats(-179, 179)),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.integers(20, 50_000),
)
def test_no_place_within_the_radius_lies_outside_the_box(
    centre: Point, north: float, east: float, radius_m: int
) -> None:
    place = Point(
        max(-90.0, min(90.0, centre.latitude + north)),
        max(-180.0, min(180.0, centre.longitude + east)),
    )
    box = Box.around(centre, radius_m)

    if distance_m(centre, place) < radius_m:
        assert box.south_west.latitude <= place.latitude <= box.north_east.latitude
        assert box.south_west.longitude <= place.longitude <= box.north_east.longitude
