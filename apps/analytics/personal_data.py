"""What the analytics app keeps about a rider: that visits were looked at, and when that was over."""

from datetime import datetime
from uuid import UUID

from apps.analytics.models import RiskCase
from uma.kernel.personal_data import Obstacle

SECTION = "Visits that were looked at"


def export(*, person_id: UUID) -> dict[str, object]:
    """
    Return when visits were looked at and how that ended.

    What is open is left out, and by which rule: either would tell whoever tries the rules what they find.
    """
    cases = RiskCase.objects.filter(rider_id=person_id, decided_at__isnull=False)
    return {
        "cases": [
            {
                "merchant_id": case.merchant_id,
                "opened_at": case.opened_at,
                "outcome": case.get_state_display().lower(),
                "decided_at": case.decided_at,
            }
            for case in cases.order_by("opened_at", "pk")
        ]
    }


def obstacles(*, person_id: UUID, now: datetime) -> list[Obstacle]:  # noqa: ARG001 — the protocol's
    """Return nothing: whoever is suspected may leave; money that waits is an obstacle of its own."""
    return []


def erase(*, person_id: UUID, now: datetime) -> None:
    """Erase nothing: what was thought of visits is kept with them, by the rider's bare id."""
