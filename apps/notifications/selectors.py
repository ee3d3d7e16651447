"""Reads: the inbox, what is owed to phones and to merchants' systems, and how late it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min

from apps.notifications.errors import UnknownEndpoint
from apps.notifications.models import (
    Device,
    InboxMessage,
    Preference,
    WebhookDelivery,
    WebhookEndpoint,
)
from apps.notifications.quiet import USUAL, Night, family_of


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


@dataclass(frozen=True, slots=True)
class Told:
    """
    When a message was there for the person, and how its push ended.

    `reached_at` is null while or because the platform could not push it; a person without a phone to push
    to, or who wants no push of its kind, is reached by the inbox.
    """

    created_at: datetime
    push_state: str
    reached_at: datetime | None


def told(*, message_ids: Sequence[UUID]) -> dict[UUID, Told]:
    """Return what is known of how these messages reached their people."""
    rows = InboxMessage.objects.filter(pk__in=message_ids)
    return {row.pk: Told(row.created_at, row.push_state, _reached_at(row)) for row in rows}


def _reached_at(row: InboxMessage) -> datetime | None:
    without_phone = row.push_state == InboxMessage.PushState.SKIPPED
    if without_phone and row.last_error != "push_not_configured":
        return row.created_at
    return row.pushed_at


def count_unread(*, person_id: UUID) -> int:
    """Return how many of the person's messages are unread."""
    return InboxMessage.objects.filter(person_id=person_id, read_at=None).count()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person wants to be pushed: families that are not, and their night."""

    muted: frozenset[str] = frozenset()
    night: Night = USUAL

    def mutes(self, kind: str) -> bool:
        """Say whether messages of this kind stay in the inbox alone."""
        return family_of(kind) in self.muted


def wishes(*, person_ids: Iterable[UUID]) -> dict[UUID, Wishes]:
    """Return what each of these people wants to be pushed."""
    asked = list(person_ids)
    found = {
        row.person_id: Wishes(frozenset(row.muted), Night(row.night_begins, row.night_ends))
        for row in Preference.objects.filter(person_id__in=asked)
    }
    return {person_id: found.get(person_id, Wishes()) for person_id in asked}


def devices(*, person_id: UUID) -> Sequence[Device]:
    """Return the person's live installations, last seen first."""
    rows = Device.objects.filter(person_id=person_id, revoked_at=None)
    return list(rows.order_by("-last_seen_at", "-pk"))


def browser_of(*, person_id: UUID, session_id: UUID) -> Device | None:
    """Return the browser that this session of the person's had registered, if it is live."""
    return Device.objects.filter(
        person_id=person_id,
        session_id=session_id,
        platform=Device.Platform.WEB,
        revoked_at=None,
    ).first()


def push_backlog(*, now: datetime) -> Backlog:
    """Return the pushes that are due and not sent; minutes of age mean that no sweep is running."""
    facts = InboxMessage.objects.filter(
        push_state=InboxMessage.PushState.PENDING, next_attempt_at__lte=now
    ).aggregate(due=Count("pk"), oldest=Min("next_attempt_at"))
    return Backlog(due=facts["due"], oldest_due_at=facts["oldest"])


def endpoints(*, merchant_id: UUID) -> Sequence[WebhookEndpoint]:
    """Return the merchant's webhook endpoints, disabled ones too."""
    return list(WebhookEndpoint.objects.filter(merchant_id=merchant_id).order_by("pk"))


def live_endpoints(*, merchant_id: UUID) -> int:
    """Return how many endpoints of the merchant are not disabled."""
    return WebhookEndpoint.objects.filter(merchant_id=merchant_id, disabled_at=None).count()


def endpoint_of(*, merchant_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
    """
    Return the merchant's own endpoint.

    Raises:
        UnknownEndpoint: also for another merchant's
    """
    found = WebhookEndpoint.objects.filter(pk=endpoint_id, merchant_id=merchant_id).first()
    if found is None:
        raise UnknownEndpoint
    return found


def delivery_log(
    *, endpoint_id: UUID, limit: int, before_id: UUID | None = None
) -> Sequence[WebhookDelivery]:
    """Return what an endpoint was owed, the newest first, older than `before_id`."""
    rows = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows.order_by("-pk")[:limit])


def redacted(payload: Mapping[str, object]) -> dict[str, object]:
    """Return a payload for the log: its shape and its ids of things, no guest and no amount."""
    shown = {"bookingId", "campaignId", "handshakeId", "outletId", "state", "at", "createdAt"}
    return {key: value if key in shown else "•••" for key, value in payload.items()}


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
