"""What the documents say, computed from PostgreSQL: one function of its facts, so that a rebuild is equal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.gamification.badges import BADGES
from apps.gamification.documents import (
    AwardsDocument,
    BadgeDocument,
    HeldBadge,
    MissionDocument,
    RunDocument,
    RunsDocument,
    StreakDocument,
)
from apps.gamification.errors import UnknownMission
from apps.gamification.measuring import measure
from apps.gamification.models import Award, Mission, MissionRun, Projection, Visit
from apps.gamification.selectors.histories import History, histories
from apps.gamification.streaks import streak

BATCH = 500


@dataclass(frozen=True, slots=True)
class RiderDocuments:
    """The documents of one rider."""

    awards: AwardsDocument
    runs: RunsDocument
    streak: StreakDocument


def badges() -> list[BadgeDocument]:
    """Return the catalogue of badges."""
    return [
        {
            "_id": badge.code,
            "version": badge.version,
            "name": badge.name,
            "description": badge.description,
            "icon": badge.icon,
            "family": badge.family,
            "tier": badge.tier,
            "reward_paise": badge.reward_paise,
            "order": place,
        }
        for place, badge in enumerate(BADGES)
    ]


def missions(*, now: datetime, zone_code: str | None = None) -> list[MissionDocument]:
    """Return the missions that are neither over nor expired."""
    rows = Mission.objects.filter(ends_at__gt=now, expired_at=None)
    if zone_code is not None:
        rows = rows.filter(zone_code=zone_code)
    return [mission_document(row) for row in rows.order_by("-score", "pk")]


def mission(*, mission_id: UUID) -> MissionDocument:
    """
    Return one mission, over or not.

    Raises:
        UnknownMission
    """
    row = Mission.objects.filter(pk=mission_id).first()
    if row is None:
        raise UnknownMission
    return mission_document(row)


def mission_document(row: Mission) -> MissionDocument:
    """Return a mission as the catalogue keeps it."""
    content = row.content
    return {
        "_id": str(row.pk),
        "zone_code": row.zone_code,
        "kind": row.kind,
        "title": content["title"],
        "description": content["description"],
        "why": content["why"],
        "ordered": content["ordered"],
        "reward_paise": row.reward_paise,
        "score": row.score,
        "steps": [
            {
                "kind": step["kind"],
                "title": step["title"],
                "campaign_id": step.get("campaign_id"),
                "outlet_id": step.get("outlet_id"),
                "starts_at": step.get("starts_at"),
                "ends_at": step.get("ends_at"),
            }
            for step in content["steps"]
        ],
        "campaigns": content["campaigns"],
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
    }


def rider(*, rider_id: UUID, now: datetime) -> RiderDocuments:
    """Return one rider's documents as of now."""
    (found,) = riders(rider_ids=[rider_id], now=now)
    return found


def riders(*, rider_ids: Iterable[UUID], now: datetime) -> list[RiderDocuments]:
    """Return the documents of riders as of now."""
    ids = list(rider_ids)
    awards: dict[UUID, dict[tuple[str, int], Award]] = {}
    for award in Award.objects.filter(rider_id__in=ids, revoked_at=None):
        awards.setdefault(award.rider_id, {})[award.badge, award.version] = award
    return [
        RiderDocuments(
            {"_id": str(one), "as_of": now, "badges": _held(mine, awards.get(one, {}), now=now)},
            {"_id": str(one), "as_of": now, "runs": _runs(mine)},
            _streak(mine, now=now),
        )
        for one, mine in histories(rider_ids=ids).items()
    ]


def _held(mine: History, awards: dict[tuple[str, int], Award], *, now: datetime) -> list[HeldBadge]:
    steps = mine.steps()
    found: list[HeldBadge] = []
    for badge in BADGES:
        measured = measure(badge.requirement, visits=mine.visits, steps=steps, now=now)
        award = awards.get((badge.code, badge.version))
        found.append(
            {
                "code": badge.code,
                "version": badge.version,
                "progress": measured.progress,
                "count": measured.count,
                "award_id": str(award.pk) if award else None,
                "earned_at": award.earned_at if award else None,
            }
        )
    return found


def _runs(mine: History) -> list[RunDocument]:
    return [
        {
            "mission_id": str(run.mission_id),
            "state": run.state,
            "joined_at": run.joined_at,
            "steps_done": [one.place for one in mine.proven(run)],
        }
        for run in mine.runs
    ]


def _streak(mine: History, *, now: datetime) -> StreakDocument:
    latest = max(mine.visits, key=lambda visit: visit.at, default=None)
    known = streak(
        ((visit.at, visit.timezone) for visit in mine.visits),
        now=now,
        timezone=latest.timezone if latest else "UTC",
    )
    return {
        "_id": str(mine.rider_id),
        "as_of": now,
        "weeks": known.weeks,
        "longest": known.longest,
        "freeze_used": known.freeze_used,
    }


def due_riders(*, limit: int) -> list[UUID]:
    """Return up to `limit` riders whose documents are to be written, the longest due first."""
    return list(Projection.objects.order_by("due_at").values_list("rider_id", flat=True)[:limit])


def batches_of_riders(*, size: int = BATCH, since: datetime | None = None) -> Iterator[list[UUID]]:
    """Yield everybody of whom something is known here, in batches, each once; `since` leaves old ones out."""
    after = UUID(int=0)
    while True:
        batch: set[UUID] = set()
        for rows in (_people_of(Visit, "at", since), _people_of(MissionRun, "joined_at", since)):
            batch |= set(rows.filter(rider_id__gt=after)[:size])
        if not batch:
            return
        chosen = sorted(batch)[:size]
        yield chosen
        after = chosen[-1]


def _people_of(
    model: type[Visit] | type[MissionRun], when: str, since: datetime | None
) -> QuerySet[Any, UUID]:  # Any: of either model
    rows = model.objects.all() if since is None else model.objects.filter(**{f"{when}__gte": since})
    return rows.order_by("rider_id").values_list("rider_id", flat=True).distinct()


def is_due(*, rider_id: UUID) -> bool:
    """Say whether the rider's documents are older than what is known."""
    return Projection.objects.filter(rider_id=rider_id).exists()
