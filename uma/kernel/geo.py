"""Places: a point, its column on PostgreSQL's own `point` type, and distances in metres."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, F, Lookup, Value
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

EARTH_RADIUS_M = 6_371_008.8  # the mean radius of IUGG, R1
METRES_PER_DEGREE = math.pi * EARTH_RADIUS_M / 180
MAX_LATITUDE = 90.0
MAX_LONGITUDE = 180.0


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees (WGS 84); refuses what is not on the globe."""

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-MAX_LATITUDE <= self.latitude <= MAX_LATITUDE):
            raise ValueError("latitude lies outside -90 to 90 degrees")
        if not (-MAX_LONGITUDE <= self.longitude <= MAX_LONGITUDE):
            raise ValueError("longitude lies outside -180 to 180 degrees")

    def __str__(self) -> str:
        return f"{self.latitude}, {self.longitude}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the point written as `latitude,longitude`; raises ValueError."""
        latitude, comma, longitude = text.partition(",")
        if not comma or not text.isascii() or "_" in text:
            raise ValueError("a place is written as latitude,longitude")
        return cls(float(latitude), float(longitude))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of degrees: its south-west and its north-east corner."""

    south_west: Point
    north_east: Point

    @classmethod
    def around(cls, centre: Point, radius_m: float) -> Self:
        """Return a box that holds every place within `radius_m` of `centre`."""
        high = radius_m / METRES_PER_DEGREE
        # A degree of longitude is shortest at the box's edge nearest to a pole, so the widest
        # extent is asked for there; beyond the pole the box is the whole circle of latitude.
        edge = min(MAX_LATITUDE, abs(centre.latitude) + high)
        shrink = math.cos(math.radians(edge))
        wide = high / shrink if shrink > high / MAX_LONGITUDE else MAX_LONGITUDE
        return cls(
            Point(
                max(-MAX_LATITUDE, centre.latitude - high),
                max(-MAX_LONGITUDE, centre.longitude - wide),
            ),
            Point(
                min(MAX_LATITUDE, centre.latitude + high),
                min(MAX_LONGITUDE, centre.longitude + wide),
            ),
        )


def distance_m(a: Point, b: Point) -> int:
    """Return the great-circle distance in whole metres (haversine on the mean sphere)."""
    phi_a, phi_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = math.sin((phi_b - phi_a) / 2) ** 2
    half_lng = math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    chord = half_lat + math.cos(phi_a) * math.cos(phi_b) * half_lng
    return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord))))


def _literal(point: Point) -> str:
    """Return PostgreSQL's text of a point: x is the longitude, y the latitude."""
    return f"({point.longitude!r},{point.latitude!r})"


_Base = models.Field[Point | str | None, Point]


class PointField(_Base):
    """A column of the core type `point`, stored as (longitude, latitude)."""

    description: ClassVar[str] = "A place on the globe"  # type: ignore[misc]  # a property in the stubs

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        return "point"

    def from_db_value(
        self,
        value: str | None,
        expression: Expression,  # noqa: ARG002
        connection: BaseDatabaseWrapper,  # noqa: ARG002
    ) -> Point | None:
        if value is None:
            return None
        longitude, latitude = value[1:-1].split(",")
        return Point(float(latitude), float(longitude))

    def to_python(self, value: Any) -> Point | None:  # Any: whatever a form or a fixture holds
        if value is None or isinstance(value, Point):
            return value
        try:
            return Point.parse(str(value))
        except ValueError as wrong:
            raise ValidationError(str(wrong), code="invalid") from wrong

    def get_prep_value(self, value: Any) -> Any:  # Any: expressions pass through untouched
        if isinstance(value, Point):
            return _literal(value)
        if isinstance(value, str) and value:
            return _literal(Point.parse(value))
        return value

    def get_placeholder(
        self,
        value: Any,  # noqa: ARG002  # Any: the hook's signature
        compiler: SQLCompiler,  # noqa: ARG002
        connection: BaseDatabaseWrapper,  # noqa: ARG002
    ) -> str:
        return "%s::point"

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))


@PointField.register_lookup
class SamePoint(Lookup[Any]):
    """`location=point`: the type has no `=`, it has `~=`."""

    lookup_name = "exact"

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} ~= {right}", (*left_params, *right_params)


@PointField.register_lookup
class InsideBox(Lookup[Any]):
    """`location__inside=Box(…)`, served by a GiST index on the column."""

    lookup_name = "inside"
    prepare_rhs = False

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        box: Box = self.rhs
        corners = f"{_literal(box.north_east)},{_literal(box.south_west)}"
        return f"{left} <@ %s::box", (*params, corners)


class NearestTo(models.Func):
    """
    The `<->` distance in degrees, for `order_by(NearestTo("location", point))`.

    A GiST index on the column serves the order. Degrees of longitude are not shortened by the
    latitude, so re-sort the page by `distance_m` before it is shown.
    """

    template = "%(expressions)s"
    arg_joiner = " <-> "
    output_field = models.FloatField()

    def __init__(self, column: str, point: Point) -> None:
        super().__init__(F(column), Cast(Value(_literal(point)), PointField()))
