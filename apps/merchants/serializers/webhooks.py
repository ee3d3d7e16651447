"""Webhook endpoints and what they were sent, on the wire."""

from typing import Any

from rest_framework import serializers

from apps.merchants.services import EVENTS
from apps.notifications import selectors as told
from apps.notifications.models import WebhookDelivery, WebhookEndpoint
from uma.kernel.http.fields import TextField, WholeNumberField
from uma.kernel.http.serializers import StrictSerializer

MAX_OVERLAP_HOURS = 168


class WebhookRequest(StrictSerializer[Any]):
    url = TextField(max_length=500, help_text="https, port 443, a public host.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=list(EVENTS)),
        allow_empty=False,
        max_length=len(EVENTS),
    )


class RotateSecretRequest(StrictSerializer[Any]):
    overlap_hours = WholeNumberField(
        default=24,
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        help_text="How long both secrets sign.",
    )


class ReplayRequest(StrictSerializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class ReplayResponse(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()


class WebhookResponse(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    failures = serializers.IntegerField(help_text="Tries in a row that failed.")
    paused_until = serializers.DateTimeField(allow_null=True, help_text="Left alone until then.")
    disabled_at = serializers.DateTimeField(allow_null=True)
    disabled_reason = serializers.ChoiceField(choices=["owner", "gone", "failing"], allow_null=True)
    old_secret_until = serializers.DateTimeField(allow_null=True)


class IssuedWebhookResponse(WebhookResponse):
    secret = serializers.CharField(
        help_text="Standard Webhooks, `whsec_…`: it is shown here once and never again."
    )


class DeliveryResponse(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    webhook_id = serializers.CharField(help_text="What the header `webhook-id` says.")
    type = serializers.CharField()
    state = serializers.ChoiceField(choices=["pending", "delivered", "failed", "disabled"])
    attempts = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="The last answer's.")
    error = serializers.CharField(allow_null=True)
    took_ms = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    sent = serializers.DictField(help_text="What was sent, without guests and amounts.")


def webhook_response(row: WebhookEndpoint) -> dict[str, object]:
    """Return an endpoint as its merchant's owner sees it, without its secret."""
    return {
        "id": row.pk,
        "url": row.url,
        "events": row.events,
        "created_at": row.created_at,
        "failures": row.failures,
        "paused_until": row.paused_until,
        "disabled_at": row.disabled_at,
        "disabled_reason": row.disabled_reason or None,
        "old_secret_until": row.old_until,
    }


def delivery_response(row: WebhookDelivery) -> dict[str, object]:
    """Return one line of the delivery log."""
    waits = row.state == WebhookDelivery.State.PENDING
    return {
        "id": row.pk,
        "webhook_id": f"msg_{row.event_id.hex}",
        "type": row.type,
        "state": row.state.lower(),
        "attempts": row.attempts,
        "status": row.last_status,
        "error": row.last_error or None,
        "took_ms": row.last_ms,
        "created_at": row.created_at,
        "delivered_at": row.delivered_at,
        "next_attempt_at": row.next_attempt_at if waits else None,
        "sent": told.redacted(row.payload),
    }
