"""The leaderboard: who wants to be seen there, and under which name."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.gamification.errors import PseudonymTaken
from apps.gamification.models import LeaderboardName
from apps.merchants import selectors as merchants


def join_leaderboard(
    *, rider_id: UUID, zone_code: str, pseudonym: str, now: datetime
) -> LeaderboardName:
    """
    Show the rider on a zone's leaderboard under a name, or under another from now on.

    Raises:
        UnknownZone
        PseudonymTaken: by somebody else, in whatever case of letters
    """
    merchants.zone(code=zone_code)
    try:
        with transaction.atomic():
            row, _ = LeaderboardName.objects.update_or_create(
                rider_id=rider_id,
                defaults={"pseudonym": pseudonym, "zone_code": zone_code, "joined_at": now},
            )
    except IntegrityError as refused:
        if "gamification_pseudonym_once" in str(refused):
            raise PseudonymTaken from None
        raise
    return row


def leave_leaderboard(*, rider_id: UUID) -> None:
    """Take the rider off every leaderboard; who was not on one stays so."""
    LeaderboardName.objects.filter(rider_id=rider_id).delete()
