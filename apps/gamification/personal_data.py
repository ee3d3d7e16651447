"""What gamification keeps about a rider."""

from datetime import datetime
from uuid import UUID

from apps.gamification.models import (
    Appeal,
    Award,
    LeaderboardName,
    MissionRun,
    NoShow,
    Restriction,
    Strike,
)
from uma.kernel.personal_data import Obstacle

SECTION = "Strikes, badges and missions"


def export(*, person_id: UUID) -> dict[str, object]:
    """Return what was missed, what it cost, and what the rider said against it."""
    appeals = Appeal.objects.filter(rider_id=person_id).order_by("opened_at", "pk")
    return {
        "missed_visits": list(
            NoShow.objects.filter(rider_id=person_id)
            .order_by("expired_at", "pk")
            .values("booking_id", "merchant_name", "expired_at", "excuse")
        ),
        "strikes": list(
            Strike.objects.filter(rider_id=person_id)
            .order_by("struck_at", "pk")
            .values("struck_at", "lapses_at", "state")
        ),
        "restrictions": list(
            Restriction.objects.filter(rider_id=person_id)
            .order_by("starts_at", "pk")
            .values("level", "starts_at", "until", "lifted_at")
        ),
        "badges": list(
            Award.objects.filter(rider_id=person_id)
            .order_by("earned_at", "pk")
            .values("badge", "earned_at", "revoked_at")
        ),
        "missions": list(
            MissionRun.objects.filter(rider_id=person_id)
            .order_by("joined_at", "pk")
            .values("mission_id", "state", "joined_at", "ended_at")
        ),
        "leaderboard_name": list(
            LeaderboardName.objects.filter(rider_id=person_id).values_list("pseudonym", flat=True)
        ),
        "appeals": [
            {
                "statement": row.statement,
                "state": row.state.lower(),
                "opened_at": row.opened_at,
                "answer": row.answer,
            }
            for row in appeals
        ],
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return nothing: a suspension is an obstacle of the person's own, and an appeal is none."""
    return []


def erase(*, person_id: UUID, now: datetime) -> None:  # noqa: ARG001 — the protocol's signature
    """Forget what the rider wrote and the chosen name; the rest stays, by the bare id."""
    LeaderboardName.objects.filter(rider_id=person_id).delete()
    for row in Appeal.objects.filter(rider_id=person_id):
        row.statement = ""
        row.save(update_fields=["statement"])
