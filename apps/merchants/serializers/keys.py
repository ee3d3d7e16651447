"""API keys on the wire."""

from typing import Any

from rest_framework import serializers

from apps.merchants.duties import SCOPES
from apps.merchants.models import ApiKey
from uma.kernel.http.fields import TextField, WholeNumberField
from uma.kernel.http.serializers import StrictSerializer

MAX_OVERLAP_HOURS = 168


class ApiKeyRequest(StrictSerializer[Any]):
    name = TextField(max_length=80)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(SCOPES)),
        allow_empty=False,
        max_length=len(SCOPES),
    )
    outlet_ids = serializers.ListField(
        child=serializers.UUIDField(),
        default=list,
        max_length=100,
        help_text="Where the key is good; empty means at every outlet.",
    )
    expires_at = serializers.DateTimeField(
        default=None, allow_null=True, help_text="Null means until it is revoked."
    )


class RotateRequest(StrictSerializer[Any]):
    overlap_hours = WholeNumberField(
        default=24,
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        help_text="How long the old key is good beside the new one.",
    )


class ApiKeyResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    prefix = serializers.CharField(help_text="The readable part of the key.")
    name = serializers.CharField()
    environment = serializers.ChoiceField(choices=["live", "test"])
    scopes = serializers.ListField(child=serializers.CharField())
    outlet_ids = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="Some minutes late; null means never."
    )
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    rotated_from = serializers.UUIDField(allow_null=True)


class IssuedKeyResponse(ApiKeyResponse):
    key = serializers.CharField(help_text="The key itself: it is shown here once and never again.")


def key_response(row: ApiKey) -> dict[str, object]:
    """Return a key as its merchant's owner sees it, without its secret."""
    return {
        "id": row.pk,
        "prefix": str(row),
        "name": row.name,
        "environment": row.environment,
        "scopes": row.scopes,
        "outlet_ids": row.outlet_ids,
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "rotated_from": row.rotated_from_id,
    }
