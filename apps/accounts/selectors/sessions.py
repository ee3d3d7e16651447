"""Reads about sessions."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.accounts.models import Session


def live_sessions(*, user_id: UUID, now: datetime) -> list[Session]:
    """Return where a person is signed in, the last used first."""
    live = Session.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now)
    awake = live.filter(Q(idle_until=None) | Q(idle_until__gt=now))
    return list(awake.order_by("-last_used_at", "-pk"))
