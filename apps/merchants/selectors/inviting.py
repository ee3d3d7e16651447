"""Reads about invitations: a merchant's own, and those that wait for a person."""

from datetime import datetime
from uuid import UUID

from apps.accounts import selectors as people
from apps.merchants.models import Invitation
from apps.merchants.models.inviting import invited_phone_index

_PENDING = Invitation.State.PENDING


def invitations_of(*, merchant_id: UUID, now: datetime) -> list[Invitation]:
    """Return the merchant's invitations that still stand, the newest first."""
    rows = Invitation.objects.filter(merchant_id=merchant_id, state=_PENDING, expires_at__gt=now)
    return list(rows.order_by("-pk"))


def invitations_for(*, user_id: UUID, now: datetime) -> list[Invitation]:
    """
    Return the invitations to the number that the person signs in with, with their merchants.

    Raises:
        UnknownPerson
    """
    return [one for one in offers_to(person_id=user_id) if one.expires_at > now]


def offers_to(*, person_id: UUID) -> list[Invitation]:
    """
    Return what is kept of invitations to the person's number, the newest first, over or not.

    Raises:
        UnknownPerson
    """
    phone = people.person(user_id=person_id).phone
    if not phone:
        return []
    rows = Invitation.objects.select_related("merchant").filter(
        phone_index=invited_phone_index(phone), state=_PENDING
    )
    return list(rows.order_by("-pk"))


def unannounced_invitation_ids(*, limit: int) -> list[UUID]:
    """Return the invitations of which nobody was told yet, the oldest first."""
    rows = Invitation.objects.filter(state=_PENDING, announced_at=None)
    return list(rows.order_by("created_at").values_list("pk", flat=True)[:limit])
