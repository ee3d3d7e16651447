"""Top-ups on the wire."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from rest_framework import serializers

from apps.payments.models import TopUp
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees


class AddFundsRequest(StrictSerializer[Any]):
    amount = RupeesField(help_text="Rupees to add.")


class TopUpResponse(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["created", "open", "paid", "expired"])
    order_id = serializers.CharField(help_text="What Razorpay's checkout is opened with.")
    amount = RupeesField()
    currency = serializers.CharField()
    key_id = serializers.CharField(help_text="The public half of the platform's Razorpay key.")
    checkout_url = serializers.CharField(
        allow_null=True, help_text="A page to pay on, where the platform runs with the sandbox."
    )
    created_at = serializers.DateTimeField()


def top_up_response(top_up: TopUp) -> dict[str, object]:
    """Return a top-up as the business app opens the checkout with it."""
    page = None
    if settings.RAZORPAY_URL and top_up.order_id:
        query = urlencode({"order_id": top_up.order_id})
        page = f"{settings.RAZORPAY_URL}/checkout?{query}"
    return {
        "id": top_up.pk,
        "status": top_up.state.lower(),
        "order_id": top_up.order_id or "",
        "amount": rupees(top_up.amount_paise),
        "currency": "INR",
        "key_id": settings.RAZORPAY_KEY_ID,
        "checkout_url": page,
        "created_at": top_up.created_at,
    }
