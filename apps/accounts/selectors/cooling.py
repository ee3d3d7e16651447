"""Whether a person's payouts pause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.models import PayoutCooling


@dataclass(frozen=True, slots=True)
class Cooling:
    """Payouts pause until then, for these reasons."""

    until: datetime
    reasons: Sequence[str]


def payout_cooling(*, user_id: UUID, now: datetime) -> Cooling | None:
    """Return the pause of the person's payouts, `None` when there is none."""
    rows = list(
        PayoutCooling.objects.filter(person_id=user_id, ends_at__gt=now).order_by("-ends_at", "-pk")
    )
    if not rows:
        return None
    return Cooling(until=rows[0].ends_at, reasons=sorted({row.reason for row in rows}))
