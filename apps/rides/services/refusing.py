"""Counting the bookings that were refused: why, of which deal, at which outlet, on which day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from apps.campaigns import selectors as campaigns
from apps.rides.models import RefusedBookings
from uma.kernel.zones import day_of

# Longer than any plan lets a merchant look back.
KEPT = timedelta(days=400)

_ADD = """
    INSERT INTO rides_refusedbookings AS r (merchant_id, day, campaign_id, outlet_id, code, times)
    SELECT * FROM unnest(%s::uuid[], %s::date[], %s::uuid[], %s::uuid[], %s::text[], %s::int[])
    ON CONFLICT (merchant_id, day, campaign_id, outlet_id, code)
    DO UPDATE SET times = r.times + EXCLUDED.times
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """So many refused bookings of a minute: of what, where if that was said, why."""

    campaign_id: UUID
    outlet_id: UUID | None
    code: str
    at: datetime
    times: int

    @classmethod
    def told(
        cls, campaign_id: str, outlet_id: str, code: str, minute: str, times: int
    ) -> "Refusal":
        """Return the refusal that a message tells; `minute` is counted from the epoch."""
        at = datetime.fromtimestamp(int(minute) * 60, UTC)
        return cls(UUID(campaign_id), UUID(outlet_id) if outlet_id else None, code, at, times)


@transaction.atomic(durable=True)
def count_refused(*, refusals: Sequence[Refusal]) -> int:
    """
    Add refused bookings to the counts of their days; return how many were added.

    What nobody can have been offered is left out: an unknown campaign. An outlet that is none of the
    campaign's is as good as none.
    """
    places = campaigns.places_of(campaign_ids={one.campaign_id for one in refusals})
    sums: Counter[tuple[UUID, str, UUID, UUID | None, str]] = Counter()
    for one in refusals:
        if place := places.get(one.campaign_id):
            outlet_id = one.outlet_id if one.outlet_id in place.outlet_ids else None
            day = day_of(one.at, place.timezone).isoformat()
            sums[place.merchant_id, day, one.campaign_id, outlet_id, one.code] += one.times
    if sums:
        # Two who count at once take the rows in one order, so that neither waits for the other in a circle.
        rows = sorted(sums.items(), key=lambda row: tuple(map(str, row[0])))
        columns = zip(*((*key, times) for key, times in rows), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in columns])
    return sum(sums.values())


@transaction.atomic(durable=True)
def forget_refused(*, now: datetime, limit: int) -> int:
    """Forget up to `limit` counts of days that nobody can look back to any more; return how many."""
    over = RefusedBookings.objects.filter(day__lt=(now - KEPT).date())
    ids = list(over.order_by("day").values_list("pk", flat=True)[:limit])
    RefusedBookings.objects.filter(pk__in=ids).delete()
    return len(ids)
