"""Showing an operator what lists mask: one number at a time, with a reason, on the person's trail."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.errors import TooManyReveals, UnknownPerson
from apps.accounts.models import AuditEvent, User
from apps.accounts.services.trail import record

# Nobody calls more people back in an hour; whoever looks at more is browsing.
MOST_IN_AN_HOUR = 30
REVEALED = "person.phone-revealed"


@transaction.atomic(durable=True)
def reveal_phone(*, user_id: UUID, actor_id: UUID, reason: str, now: datetime) -> str:
    """
    Return a person's whole phone number, "" when there is none, and keep who asked for it and why.

    Raises:
        UnknownPerson, TooManyReveals
    """
    # Two looks of one operator queue here, so that they are counted one at a time.
    User.objects.select_for_update(no_key=True).filter(pk=actor_id).first()
    looked = AuditEvent.objects.filter(
        at__gt=now - timedelta(hours=1), action=REVEALED, actor_id=actor_id
    ).count()
    if looked >= MOST_IN_AN_HOUR:
        raise TooManyReveals
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise UnknownPerson
    record(
        action=REVEALED,
        object_type="user",
        object_id=str(user_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"shown": "masked"},
        after={"shown": "whole"},
    )
    phone: str = person.phone
    return phone
