"""Outlets on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.merchants.models import CATEGORIES, MAX_RADIUS_M, MIN_RADIUS_M, Outlet
from apps.merchants.serializers.profile import LocationFields
from uma.kernel.http.fields import PointSerializer, TextField, WholeNumberField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.http.windows import WindowFields, windows_of
from uma.kernel.zones import is_open, next_open_at, windows_from

STATUSES = ["open", "paused", "closed"]


class OutletRequest(StrictSerializer[Any]):
    name = TextField(max_length=120)
    category = serializers.ChoiceField(choices=CATEGORIES)
    address = TextField(max_length=240)
    location = PointSerializer()
    radius = WholeNumberField(
        required=False,
        min_value=MIN_RADIUS_M,
        max_value=MAX_RADIUS_M,
        help_text="Metres that count as being there; 150 by default.",
    )
    hours = WindowFields(
        many=True,
        required=False,
        help_text="Opening hours on the zone's clock; leave it out while nobody knows them.",
    )


class ActRequest(StrictSerializer[Any]):
    reason = TextField(max_length=500, required=False, allow_blank=True, default="")


class OutletResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    category = serializers.CharField()
    address = serializers.CharField()
    location = LocationFields()
    radius = serializers.IntegerField(help_text="Metres that count as being there.")
    hours = WindowFields(many=True)
    open_now = serializers.BooleanField(
        allow_null=True, help_text="By the hours; null while nobody told them."
    )
    next_open_at = serializers.DateTimeField(
        allow_null=True, help_text="When the hours begin next, while they are over."
    )
    zone = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)


def facts_from(data: Mapping[str, Any]) -> dict[str, Any]:  # Any: facts of many types
    """Return the facts of an outlet that a valid request names, as its columns are called."""
    facts = {
        name: data[name] for name in ("name", "category", "address", "location") if name in data
    }
    if "radius" in data:
        facts["radius_m"] = data["radius"]
    if "hours" in data:
        facts["hours"] = windows_of(data["hours"])
    return facts


def outlet_response(outlet: Outlet, *, now: datetime) -> dict[str, object]:
    """Return an outlet as its merchant's staff see it."""
    windows = windows_from(outlet.hours)
    timezone = outlet.zone.timezone
    opened = is_open(windows, now, timezone) if windows else None
    return {
        "id": outlet.pk,
        "name": outlet.name,
        "category": outlet.category,
        "address": outlet.address,
        "location": {
            "latitude": outlet.location.latitude,
            "longitude": outlet.location.longitude,
            "address": outlet.address,
        },
        "radius": outlet.radius_m,
        "hours": outlet.hours,
        "open_now": opened,
        "next_open_at": next_open_at(windows, now, timezone) if opened is False else None,
        "zone": outlet.zone_id,
        "status": outlet.status.lower(),
    }
