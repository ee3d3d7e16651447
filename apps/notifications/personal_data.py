"""What the notifications app keeps about a person."""

from datetime import datetime
from uuid import UUID

from apps.notifications.models import Device, InboxMessage
from uma.kernel.personal_data import Obstacle

SECTION = "Messages and phones"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return the inbox and the installations pushes went to; their addresses are secrets."""
    return {
        "messages": list(
            InboxMessage.objects.filter(person_id=person_id)
            .order_by("created_at", "pk")
            .values("created_at", "title", "body", "read_at")
        ),
        "phones": list(
            Device.objects.filter(person_id=person_id)
            .order_by("pk")
            .values("platform", "last_seen_at", "revoked_at")
        ),
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return nothing: no message holds a person back."""
    return []


def erase(*, person_id: UUID, now: datetime) -> None:  # noqa: ARG001 — the protocol's signature
    """Delete the inbox and the phones."""
    InboxMessage.objects.filter(person_id=person_id).delete()
    Device.objects.filter(person_id=person_id).delete()
