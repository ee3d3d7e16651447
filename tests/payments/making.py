"""Top-ups and events for tests, made through the services."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent, TopUp
from apps.wallet import codes
from tests.factories import NOON, balance
from tests.sandbox.pretended_razorpay import WEBHOOK_SECRET, RazorpayProcess

AMOUNT_PAISE = 5_000_00


def ordered(
    merchant: Merchant, account: Gateway, *, amount_paise: int = AMOUNT_PAISE, now: datetime = NOON
) -> TopUp:
    """Return a top-up that somebody can pay."""
    begun = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=amount_paise, actor_id=uuid4(), key=None, now=now
    )
    return services.order_top_up(top_up_id=begun.top_up.pk, gateway=account, now=now)


def paid_at(cloud: RazorpayProcess, top_up: TopUp, outcome: str = "captured") -> str:
    """Pay the order at the pretended checkout and return the payment's id."""
    payment_id: str = cloud.order("pay", order_id=top_up.order_id, outcome=outcome)["id"]
    return payment_id


def purse(merchant: Merchant) -> int:
    return balance(codes.merchant_wallet(merchant.pk))


def event_body(payment_id: str, name: str = "payment.captured", **entity: object) -> bytes:
    facts = {"id": payment_id, "entity": "payment"} | entity
    return json.dumps(
        {"entity": "event", "event": name, "payload": {"payment": {"entity": facts}}}
    ).encode()


def received(
    raw: bytes, *, event_id: str = "", now: datetime = NOON, source: str = "RAZORPAY"
) -> UUID | None:
    return services.receive_event(
        source=source, event_id=event_id or uuid4().hex[:14], raw=raw, now=now
    )


def state_of(event_id: UUID | None) -> tuple[str, str]:
    assert event_id is not None
    row = GatewayEvent.objects.get(pk=event_id)
    return row.state, row.last_error


def delivered(
    raw: bytes, *, secret: str = WEBHOOK_SECRET, event_id: str = "evt1", **more: str
) -> Any:  # Any: Django's test response
    """Send an event to the platform as Razorpay does."""
    signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Razorpay-Signature": signature, "x-razorpay-event-id": event_id} | {
        name.replace("_", "-"): value for name, value in more.items()
    }
    return Client().post(
        "/webhooks/razorpay", raw, content_type="application/json", headers=headers
    )
