"""The people who act for a merchant, on the wire."""

from typing import Any

from rest_framework import serializers

from apps.merchants.models import Staff
from uma.kernel.http.serializers import StrictSerializer

ROLES = ["owner", "manager", "scanner", "accountant"]
MOST_OUTLETS = 500


def role_field(**options: Any) -> serializers.ChoiceField:  # Any: the field's own options
    return serializers.ChoiceField(choices=ROLES, **options)


def outlets_field(**options: Any) -> serializers.ListField:  # Any: the field's own options
    return serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_OUTLETS,
        help_text="Where they may act; none means everywhere.",
        **options,
    )


class StaffRequest(StrictSerializer[Any]):
    role = role_field(required=False)
    outlet_ids = outlets_field(required=False)


class StaffResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = role_field()
    outlet_ids = serializers.ListField(child=serializers.UUIDField())
    since = serializers.DateTimeField()
    you = serializers.BooleanField()


def staff_response(staff: Staff, *, you: bool) -> dict[str, object]:
    """Return a colleague as colleagues see one: a name and a post, never a phone number."""
    return {
        "id": staff.pk,
        "name": staff.user.display_name,
        "role": staff.role.lower(),
        "outlet_ids": staff.outlet_ids,
        "since": staff.created_at,
        "you": you,
    }
