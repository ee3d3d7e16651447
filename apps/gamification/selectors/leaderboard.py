"""The week's leaderboard of a zone: those who asked to be on it, by what was proven."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count

from apps.gamification.models import LeaderboardName, Visit
from apps.gamification.streaks import monday

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Place:
    """One line: equal riders share a rank. Nobody but the rider learns whose it is."""

    rank: int
    pseudonym: str
    outlets: int
    visits: int
    you: bool


def leaderboard(*, zone_code: str, timezone: str, rider_id: UUID, now: datetime) -> list[Place]:
    """
    Return the week's first fifty of a zone, and the asking rider's own line if it stands behind them.

    By different places first, so that going somewhere new counts more than going there again. The week
    begins on Monday on the zone's clock.
    """
    week = monday(now, timezone)
    begins = datetime.combine(week, time.min, ZoneInfo(timezone))
    ends = datetime.combine(week + timedelta(days=7), time.min, ZoneInfo(timezone))
    names = dict(
        LeaderboardName.objects.filter(zone_code=zone_code).values_list("rider_id", "pseudonym")
    )
    rows = (
        Visit.objects.filter(
            zone_code=zone_code,
            undone_at=None,
            at__gte=begins,
            at__lt=ends,
            rider_id__in=LeaderboardName.objects.filter(zone_code=zone_code).values("rider_id"),
        )
        .values("rider_id")
        .annotate(outlets=Count("outlet_id", distinct=True), visits=Count("pk"))
    )
    scored = sorted(
        ((row["outlets"], row["visits"], names[row["rider_id"]], row["rider_id"]) for row in rows),
        key=lambda one: (-one[0], -one[1], one[2].lower()),
    )
    places: list[Place] = []
    rank = 0
    for number, (outlets, visits, pseudonym, person_id) in enumerate(scored, start=1):
        before = places[-1] if places else None
        if before is None or (before.outlets, before.visits) != (outlets, visits):
            rank = number
        places.append(Place(rank, pseudonym, outlets, visits, you=person_id == rider_id))
    return [place for number, place in enumerate(places) if number < SHOWN or place.you]
