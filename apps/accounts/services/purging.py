"""What of ended sign-ins is forgotten, and when."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import RefreshToken, Session

# How long an operator can see that a session was; the trail says more, and for longer.
SESSION_KEPT = timedelta(days=30)
# How long a used token is recognised when it comes again; afterwards it is merely unknown.
USED_TOKEN_KEPT = timedelta(days=7)


@transaction.atomic
def purge_sessions(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` sessions that ended 30 days ago, with their tokens; return how many."""
    before = now - SESSION_KEPT
    over = Session.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before))
    locked = over.select_for_update(skip_locked=True).order_by("pk")
    chosen = list(locked.values_list("pk", flat=True)[:limit])
    RefreshToken.objects.filter(session_id__in=chosen).delete()
    Session.objects.filter(pk__in=chosen).delete()
    return len(chosen)


@transaction.atomic
def purge_used_tokens(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` tokens that were used 7 days ago; return how many."""
    before = now - USED_TOKEN_KEPT
    # Ids grow with time, so the primary key leads to the oldest without an index of its own.
    oldest = RefreshToken.objects.filter(pk__lt=_first_id_at(before), used_at__lt=before)
    locked = oldest.select_for_update(skip_locked=True, no_key=True).order_by("pk")
    chosen = list(locked.values_list("pk", flat=True)[:limit])
    RefreshToken.objects.filter(pk__in=chosen).delete()
    return len(chosen)


def _first_id_at(instant: datetime) -> UUID:
    """Return the least UUIDv7 of an instant (RFC 9562, section 5.7)."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
