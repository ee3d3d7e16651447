"""The campaigns that are kept from some riders, for whoever counts what that shows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.campaigns.holdouts import is_held_out
from apps.campaigns.lifecycle import State
from apps.campaigns.models import Campaign

# Never sold, or sold so long ago that what was counted stays as it is.
_NOT_COUNTED = (State.DRAFT, State.IN_REVIEW, State.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Holdout:
    """A campaign that is or was kept from some riders, from when and, if it is over, until when."""

    campaign_id: UUID
    merchant_id: UUID
    zone_code: str
    timezone: str
    holdout_bps: int
    salt: UUID
    starts_at: datetime
    over_at: datetime | None

    def holds_out(self, person_id: UUID) -> bool:
        """Say whether the campaign is kept from this person."""
        return is_held_out(person_id=person_id, holdout_bps=self.holdout_bps, salt=self.salt)


def holdouts(*, merchant_id: UUID | None = None) -> list[Holdout]:
    """Return the campaigns with a holdout that are or were sold, by id; one merchant's or all."""
    rows = Campaign.objects.select_related("zone").filter(holdout_bps__gt=0)
    if merchant_id is not None:
        rows = rows.filter(merchant_id=merchant_id)
    return [
        Holdout(
            campaign_id=row.pk,
            merchant_id=row.merchant_id,
            zone_code=row.zone_id,
            timezone=row.zone.timezone,
            holdout_bps=row.holdout_bps,
            salt=row.salt,
            starts_at=row.starts_at,
            over_at=row.status_changed_at if row.state == State.ENDED else None,
        )
        for row in rows.exclude(state__in=_NOT_COUNTED).order_by("pk")
        if row.salt is not None
    ]
