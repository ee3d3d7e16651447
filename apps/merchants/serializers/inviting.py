"""Invitations on the wire: a merchant's own, and those that wait for a person."""

from typing import Any

from rest_framework import serializers

from apps.merchants.models import Invitation
from apps.merchants.serializers.staff import outlets_field, role_field
from uma.kernel.http.fields import TextField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.phones import masked


class InvitationRequest(StrictSerializer[Any]):
    phone = TextField(max_length=32, help_text="With country code; without one it is Indian.")
    role = role_field()
    outlet_ids = outlets_field(required=False)


class InvitationResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    phone = serializers.CharField(help_text="Its last four digits: enough to tell them apart.")
    role = role_field()
    outlet_ids = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class OfferResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    merchant_name = serializers.CharField()
    role = role_field()
    expires_at = serializers.DateTimeField()


def invitation_response(invitation: Invitation) -> dict[str, object]:
    """Return an invitation as the merchant sees it; nothing says whether the number is known."""
    return {
        "id": invitation.pk,
        "phone": masked(invitation.phone),
        "role": invitation.role.lower(),
        "outlet_ids": invitation.outlet_ids,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }


def offer_response(invitation: Invitation) -> dict[str, object]:
    """Return an invitation as the invited person sees it."""
    return {
        "id": invitation.pk,
        "merchant_name": invitation.merchant.brand,
        "role": invitation.role.lower(),
        "expires_at": invitation.expires_at,
    }
