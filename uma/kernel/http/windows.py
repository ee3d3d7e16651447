"""Weekly windows on the wire."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from uma.kernel.http.fields import WholeNumberField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.zones import Window


class WindowFields(StrictSerializer[object]):
    dow = WholeNumberField(min_value=0, max_value=6, help_text="0 is Monday, in the zone's time.")
    start = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])
    end = serializers.TimeField(
        format="%H:%M",
        input_formats=["%H:%M"],
        help_text="Not after `start`: on the next day. The same as `start`: a whole day.",
    )


def windows_of(data: Iterable[Mapping[str, Any]]) -> tuple[Window, ...]:  # Any: valid fields
    """Return the windows that a valid request names."""
    return tuple(Window(w["dow"], w["start"], w["end"]) for w in data)
