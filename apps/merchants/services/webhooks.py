"""Writes about where a merchant's own systems are told of events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants.models import Feature
from apps.merchants.services import businesses, limits
from apps.notifications import selectors as told
from apps.notifications import services as notifications
from apps.notifications.errors import EndpointExists, EndpointNotAllowed
from apps.notifications.models import WebhookEndpoint
from uma.kernel.http import outward

# What a merchant's system can ask to be told of.
EVENTS = (
    "handshake.success",
    "handshake.reversed",
    "campaign.exhausted",
    "campaign.completed",
    "wallet.low_balance",
    "wallet.chargeback",
    "wallet.chargeback_returned",
)
MOST_REPLAYED = 1_000


@dataclass(frozen=True, slots=True)
class IssuedEndpoint:
    """An endpoint and its secret, which is shown now and never again."""

    row: WebhookEndpoint
    secret: str


@transaction.atomic
def add_webhook(
    *,
    merchant_id: UUID,
    url: str,
    events: Iterable[str],
    private: bool,
    actor_id: UUID,
    now: datetime,
) -> IssuedEndpoint:
    """
    Tell a merchant's system of these events from now on; `private` lets a developer's machine listen.

    Raises:
        EndpointNotAllowed, EndpointExists, PlanLimitReached, UnknownMerchant
    """
    try:
        outward.parts_of(url, private=private)
    except outward.AddressRefused as refusal:
        raise EndpointNotAllowed(f"The address is refused: {refusal}.") from None
    wanted = sorted(set(events))
    assert wanted
    assert set(wanted) <= set(EVENTS)
    # Under the merchant's lock: of two who add the same address, the second finds it.
    limits.require_room(
        merchant_id=merchant_id,
        feature=Feature.WEBHOOKS,
        used=lambda: told.live_endpoints(merchant_id=merchant_id),
    )
    businesses.lock(merchant_id)
    if any(
        row.url == url and row.disabled_at is None
        for row in told.endpoints(merchant_id=merchant_id)
    ):
        raise EndpointExists
    secret = notifications.new_secret()
    row = notifications.add_endpoint(
        merchant_id=merchant_id, url=url, events=wanted, secret=secret, now=now
    )
    _record("added", row, actor_id=actor_id, now=now)
    return IssuedEndpoint(row, secret)


@transaction.atomic
def rotate_webhook_secret(
    *, endpoint_id: UUID, merchant_id: UUID, overlap: timedelta, actor_id: UUID, now: datetime
) -> IssuedEndpoint:
    """
    Give an endpoint a new secret; for `overlap` both sign.

    Raises:
        UnknownEndpoint, EndpointOver
    """
    told.endpoint_of(merchant_id=merchant_id, endpoint_id=endpoint_id)
    row = notifications.rotate_endpoint_secret(endpoint_id=endpoint_id, old_until=now + overlap)
    _record("rotated", row, actor_id=actor_id, now=now)
    return IssuedEndpoint(row, str(row.secret))


@transaction.atomic
def remove_webhook(*, endpoint_id: UUID, merchant_id: UUID, actor_id: UUID, now: datetime) -> None:
    """
    Tell an endpoint nothing more; once more changes nothing.

    Raises:
        UnknownEndpoint
    """
    row = told.endpoint_of(merchant_id=merchant_id, endpoint_id=endpoint_id)
    if row.disabled_at is not None:
        return
    notifications.disable_endpoint(endpoint_id=endpoint_id, now=now)
    _record("removed", row, actor_id=actor_id, now=now)


@transaction.atomic
def replay_webhooks(
    *,
    endpoint_id: UUID,
    merchant_id: UUID,
    since: datetime,
    until: datetime,
    actor_id: UUID,
    now: datetime,
) -> int:
    """
    Owe an endpoint what it was owed in [since, until) once more; return how many, a thousand at most.

    Raises:
        UnknownEndpoint, EndpointOver
    """
    row = told.endpoint_of(merchant_id=merchant_id, endpoint_id=endpoint_id)
    count = notifications.replay_deliveries(
        endpoint_id=endpoint_id, since=since, until=until, limit=MOST_REPLAYED, now=now
    )
    _record("replayed", row, actor_id=actor_id, now=now)
    return count


@transaction.atomic
def replay_webhook(
    *, endpoint_id: UUID, delivery_id: UUID, merchant_id: UUID, actor_id: UUID, now: datetime
) -> int:
    """
    Owe an endpoint one event once more; one that still waits is left as it is. Return how many.

    Raises:
        UnknownEndpoint, EndpointOver
    """
    row = told.endpoint_of(merchant_id=merchant_id, endpoint_id=endpoint_id)
    count = notifications.replay_delivery(endpoint_id=endpoint_id, delivery_id=delivery_id, now=now)
    _record("replayed", row, actor_id=actor_id, now=now)
    return count


def _record(act: str, row: WebhookEndpoint, *, actor_id: UUID, now: datetime) -> None:
    accounts.record(
        action=f"webhook.{act}",
        object_type="webhook_endpoint",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason="",
        before={},
        after={"url": row.url, "events": row.events},
    )
