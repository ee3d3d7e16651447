"""
How an event leaves for a merchant's own system: claim rows, commit; send; record, commit.

Nothing is locked while sending. Standard Webhooks (version 1): `webhook-id`, `webhook-timestamp`, and
`webhook-signature` over `id.timestamp.body`, HMAC-SHA256.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps.notifications.models import WebhookDelivery, WebhookEndpoint
from uma.kernel.http.outward import Answer

# As the specification suggests: ten tries in a little more than three days.
PAUSES = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20),
    timedelta(hours=24),
)  # fmt: skip
TRIES = len(PAUSES) + 1
# Longer than a worker may live on one task (uma/celery.py), so that two never hold the same row.
LEASE = timedelta(seconds=60)
BATCH = 10
# After so many failures in a row an endpoint is left alone for a while, whatever it is owed.
CIRCUIT_FAILURES = 5
CIRCUIT_BASE = timedelta(minutes=1)
CIRCUIT_MAX = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=5)
SECRET_BYTES = 32
PREFIX = "whsec_"
State = WebhookDelivery.State
Send = Callable[[str, bytes, dict[str, str]], Answer]


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery held under a lease; `delivery.attempts` is the fencing number of that lease."""

    delivery: WebhookDelivery
    url: str
    secrets: tuple[str, ...]


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(delivery: WebhookDelivery) -> bytes:
    """Return the bytes that are signed and sent: the same at every try."""
    said = {
        "type": delivery.type,
        "timestamp": delivery.created_at.isoformat(),
        "data": delivery.payload,
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def signature(*, secret: str, message_id: str, at_s: int, body: bytes) -> str:
    """Return `v1,…` over `id.timestamp.body` (Standard Webhooks, signature scheme, symmetric)."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = secret.encode()
    digest = hmac.digest(key, f"{message_id}.{at_s}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def headers_of(claim: Claim, body: bytes, *, now: datetime) -> dict[str, str]:
    """Return what goes with the bytes; during a rotation both secrets sign."""
    message_id, at_s = f"msg_{claim.delivery.event_id.hex}", int(now.timestamp())
    signed = [
        signature(secret=secret, message_id=message_id, at_s=at_s, body=body)
        for secret in claim.secrets
    ]
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "UMA-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(signed),
    }


def deliver(*, send: Send, now: datetime) -> int:
    """
    Send up to ten due events, at most one to each endpoint; return how many were looked at.

    Must not be inside a transaction.
    """
    assert not connection.in_atomic_block, "no network inside a transaction"
    claims = _claim(now=now)
    if not claims:
        return 0
    with ThreadPoolExecutor(len(claims)) as pool:
        # No statement is sent from these threads.
        answers = list(pool.map(lambda claim: _sent(send, claim, now=now), claims))
    for claim, answer in zip(claims, answers, strict=True):
        _record(claim, answer, now=now)
    return len(claims)


def _sent(send: Send, claim: Claim, *, now: datetime) -> Answer:
    body = body_of(claim.delivery)
    return send(claim.url, body, headers_of(claim, body, now=now))


@transaction.atomic(durable=True)
def _claim(*, now: datetime) -> list[Claim]:
    """Take due rows of different endpoints, so that one slow system holds back nobody else's."""
    ready = Q(endpoint__paused_until=None) | Q(endpoint__paused_until__lte=now)
    due = WebhookDelivery.objects.filter(
        ready, state=State.PENDING, next_attempt_at__lte=now, endpoint__disabled_at=None
    )
    first = due.order_by("endpoint_id", "next_attempt_at", "pk").distinct("endpoint_id")
    rows = list(
        WebhookDelivery.objects.filter(pk__in=first.values("pk"))
        .filter(state=State.PENDING, next_attempt_at__lte=now)
        .order_by("next_attempt_at")
        # Two workers share the work instead of waiting for each other or sending twice.
        .select_for_update(skip_locked=True, no_key=True)[:BATCH]
    )
    endpoints = WebhookEndpoint.objects.in_bulk([row.endpoint_id for row in rows])
    for row in rows:
        row.attempts += 1
        row.next_attempt_at = now + LEASE
    WebhookDelivery.objects.bulk_update(rows, ["attempts", "next_attempt_at"])
    return [
        Claim(row, endpoints[row.endpoint_id].url, secrets_of(endpoints[row.endpoint_id], now=now))
        for row in rows
    ]


def secrets_of(endpoint: WebhookEndpoint, *, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign now, the newest first."""
    if endpoint.old_until is not None and now < endpoint.old_until:
        return endpoint.secret, endpoint.old_secret
    return (endpoint.secret,)


@transaction.atomic(durable=True)
def _record(claim: Claim, answer: Answer, *, now: datetime) -> None:
    # The endpoint before its deliveries, as whoever disables it takes them.
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(
        pk=claim.delivery.endpoint_id
    )
    taken = (
        answer.status is not None and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    )
    change = _outcome(claim.delivery, answer, taken=taken, now=now)
    # A worker whose lease ran out meets another number and records nothing.
    mine = WebhookDelivery.objects.filter(
        pk=claim.delivery.pk, state=State.PENDING, attempts=claim.delivery.attempts
    )
    if not mine.update(**change, last_status=answer.status, last_ms=answer.took_ms):
        return
    _judge(endpoint, answer, taken=taken, now=now)


def _outcome(
    delivery: WebhookDelivery, answer: Answer, *, taken: bool, now: datetime
) -> dict[str, object]:
    if taken:
        return {"state": State.DELIVERED, "delivered_at": now, "last_error": ""}
    error = answer.error or f"status_{answer.status}"
    tries = delivery.attempts - delivery.tried
    if tries >= TRIES:
        return {"state": State.FAILED, "last_error": error}
    return {"next_attempt_at": now + pause(delivery.pk, tries=tries), "last_error": error}


def pause(delivery_id: UUID, *, tries: int) -> timedelta:
    """Return the wait after so many tries: the list's, and up to a fifth more by the bits of the id."""
    part = (delivery_id.int >> tries) % 1_024 / 1_024
    return PAUSES[tries - 1] * (1 + part / 5)


def _judge(endpoint: WebhookEndpoint, answer: Answer, *, taken: bool, now: datetime) -> None:
    """Keep in mind how an endpoint does; leave alone what is down, and give up what is gone."""
    if taken:
        if endpoint.failures:
            endpoint.failures, endpoint.failing_since, endpoint.paused_until = 0, None, None
            endpoint.save(update_fields=["failures", "failing_since", "paused_until"])
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    over = endpoint.failures - CIRCUIT_FAILURES
    if over >= 0:
        endpoint.paused_until = now + min(CIRCUIT_BASE * 2 ** min(over, 6), CIRCUIT_MAX)
    endpoint.save(update_fields=["failures", "failing_since", "paused_until"])
    if answer.status == HTTPStatus.GONE:
        disable(endpoint, reason="gone", now=now)
    elif now - endpoint.failing_since >= GIVEN_UP_AFTER:
        disable(endpoint, reason="failing", now=now)


def disable(endpoint: WebhookEndpoint, *, reason: str, now: datetime) -> None:
    """Stop a locked endpoint; what it is still owed is kept as DISABLED, for a replay."""
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = now, reason
        endpoint.save(update_fields=["disabled_at", "disabled_reason"])
    WebhookDelivery.objects.filter(endpoint=endpoint, state=State.PENDING).update(
        state=State.DISABLED
    )


def replay(owed: QuerySet[WebhookDelivery], *, limit: int, now: datetime) -> int:
    """Owe events of a locked endpoint once more, under their own ids, so that who took them can tell."""
    # What is not PENDING is written under the endpoint's lock alone, so these rows need none.
    over = owed.exclude(state=State.PENDING).order_by("created_at", "pk")
    rows = list(over[:limit])
    for row in rows:
        row.state, row.delivered_at = State.PENDING, None
        row.tried, row.next_attempt_at, row.last_error = row.attempts, now, ""
    WebhookDelivery.objects.bulk_update(
        rows, ["state", "delivered_at", "tried", "next_attempt_at", "last_error"]
    )
    return len(rows)
