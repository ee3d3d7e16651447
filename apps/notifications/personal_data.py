"""What the notifications app keeps about a person."""

from datetime import datetime
from uuid import UUID

from apps.notifications.models import Device, InboxMessage, Preference
from uma.kernel.personal_data import Obstacle

SECTION = "Messages and phones"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return the inbox, the installations pushes went to, and what may be pushed; addresses are secrets."""
    return {
        "push_preferences": list(
            Preference.objects.filter(person_id=person_id).values(
                "muted", "night_begins", "night_ends", "changed_at"
            )
        ),
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
    """Delete the inbox, the phones and what was wished about them."""
    Preference.objects.filter(person_id=person_id).delete()
    InboxMessage.objects.filter(person_id=person_id).delete()
    Device.objects.filter(person_id=person_id).delete()
