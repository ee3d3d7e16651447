"""A merchant's own profile on the wire."""

from collections.abc import Sequence

from rest_framework import serializers

from apps.merchants.models import Merchant, Outlet
from uma.kernel.http.fields import RupeesField
from uma.kernel.money import rupees

# The plans as the business app calls them.
SUBSCRIPTIONS = {"BASIC": "free", "PRO": "pro", "ENTERPRISE": "enterprise"}


class LocationFields(serializers.Serializer[object]):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    address = serializers.CharField()


class OutletFields(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    category = serializers.CharField()
    location = LocationFields()
    radius = serializers.IntegerField(help_text="Metres that count as being there.")
    status = serializers.ChoiceField(choices=["open", "paused", "closed"])


class ProfileResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    business_name = serializers.CharField()
    legal_name = serializers.CharField()
    gstin = serializers.CharField(allow_null=True)
    email = serializers.CharField()
    phone = serializers.CharField()
    status = serializers.ChoiceField(choices=["applied", "active", "suspended", "closed"])
    zone = serializers.CharField()
    wallet = RupeesField(
        allow_null=True,
        help_text="What can be spent on new bookings; null for whoever may not see money.",
    )
    held = RupeesField(allow_null=True, help_text="What live bookings hold; null likewise.")
    frozen = serializers.BooleanField()
    subscription = serializers.ChoiceField(choices=list(SUBSCRIPTIONS.values()))
    role = serializers.ChoiceField(choices=["owner", "manager", "scanner", "accountant", "key"])
    outlets = OutletFields(many=True)


def profile_response(
    merchant: Merchant,
    outlets: Sequence[Outlet],
    *,
    wallet_paise: int | None,
    held_paise: int | None,
    frozen: bool,
    role: str,
) -> dict[str, object]:
    """Return a merchant as its own staff see it."""
    return {
        "id": merchant.pk,
        "business_name": merchant.brand,
        "legal_name": merchant.legal_name,
        "gstin": merchant.gstin or None,
        "email": merchant.email,
        "phone": merchant.phone,
        "status": merchant.status.lower(),
        "zone": merchant.zone_id,
        "wallet": None if wallet_paise is None else rupees(wallet_paise),
        "held": None if held_paise is None else rupees(held_paise),
        "frozen": frozen,
        "subscription": SUBSCRIPTIONS[merchant.plan],
        "role": role.lower(),
        "outlets": [
            {
                "id": outlet.pk,
                "name": outlet.name,
                "category": outlet.category,
                "location": {
                    "latitude": outlet.location.latitude,
                    "longitude": outlet.location.longitude,
                    "address": outlet.address,
                },
                "radius": outlet.radius_m,
                "status": outlet.status.lower(),
            }
            for outlet in outlets
        ],
    }
