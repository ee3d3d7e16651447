"""OpenAPI 3.1 from the code: names as they are on the wire, problems as they are answered."""

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):  # type: ignore[misc]  # drf-spectacular has no types
    """The description of one operation."""
