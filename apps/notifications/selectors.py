"""Reads: the inbox, what is owed to phones and to merchants' systems, and how late it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min

from apps.notifications.models import Device, InboxMessage, WebhookDelivery, WebhookEndpoint


@dataclass(frozen=True)
class Backlog:
    """What waits: how many rows are due, and since when the oldest of them."""

    due: int
    oldest_due_at: datetime | None


def inbox(
    *, person_id: UUID, limit: int, before: tuple[datetime, UUID] | None = None
) -> Sequence[InboxMessage]:
    """Return the person's messages, newest first, after the last seen (created_at, id)."""
    rows = InboxMessage.objects.filter(person_id=person_id)
    if before is not None:
        created_at, message_id = before
        rows = rows.filter(created_at__lte=created_at).exclude(
            created_at=created_at, pk__gte=message_id
        )
    return list(rows.order_by("-created_at", "-pk")[:limit])


def count_unread(*, person_id: UUID) -> int:
    """Return how many of the person's messages are unread."""
    return InboxMessage.objects.filter(person_id=person_id, read_at=None).count()


def devices(*, person_id: UUID) -> Sequence[Device]:
    """Return the person's live installations, last seen first."""
    rows = Device.objects.filter(person_id=person_id, revoked_at=None)
    return list(rows.order_by("-last_seen_at", "-pk"))


def push_backlog(*, now: datetime) -> Backlog:
    """Return the pushes that are due and not sent; minutes of age mean that no sweep is running."""
    facts = InboxMessage.objects.filter(
        push_state=InboxMessage.PushState.PENDING, next_attempt_at__lte=now
    ).aggregate(due=Count("pk"), oldest=Min("next_attempt_at"))
    return Backlog(due=facts["due"], oldest_due_at=facts["oldest"])


def endpoints(*, merchant_id: UUID) -> Sequence[WebhookEndpoint]:
    """Return the merchant's webhook endpoints, disabled ones too."""
    return list(WebhookEndpoint.objects.filter(merchant_id=merchant_id).order_by("pk"))


def due_deliveries(*, limit: int, now: datetime) -> Sequence[WebhookDelivery]:
    """Return the webhook deliveries that are due, longest due first, with their endpoints."""
    rows = WebhookDelivery.objects.filter(
        state=WebhookDelivery.State.PENDING, next_attempt_at__lte=now
    )
    return list(rows.select_related("endpoint").order_by("next_attempt_at")[:limit])


def deliveries(
    *, merchant_id: UUID, since: datetime, until: datetime, limit: int
) -> Sequence[WebhookDelivery]:
    """Return what the merchant was owed in [since, until), oldest first: what a replay sends."""
    rows = WebhookDelivery.objects.filter(
        endpoint__merchant_id=merchant_id, created_at__gte=since, created_at__lt=until
    )
    return list(rows.select_related("endpoint").order_by("created_at", "pk")[:limit])
