"""Riders whose visits are looked at before their cashback is paid."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.rides.models import Watch


def watch(*, rider_id: UUID, merchant_id: UUID | None, zone_code: str, now: datetime) -> bool:
    """Look at the rider's visits from now on, at one merchant or anywhere; say whether that is new."""
    row = Watch(rider_id=rider_id, merchant_id=merchant_id, zone_code=zone_code, since=now)
    # Of two who say so at once the index lets one in.
    Watch.objects.bulk_create([row], ignore_conflicts=True)
    return Watch.objects.filter(pk=row.pk).exists()


def end_watch(*, rider_id: UUID, merchant_id: UUID | None, now: datetime) -> bool:
    """Look no longer; say whether there was a watch. What was booked under it stays watched."""
    rows = Watch.objects.filter(rider_id=rider_id, merchant_id=merchant_id, ended_at=None)
    return bool(rows.update(ended_at=now))


def is_watched(*, rider_id: UUID, merchant_id: UUID) -> bool:
    """Say whether a visit of this rider to this merchant is looked at: one look at one index."""
    here = Q(merchant_id=merchant_id) | Q(merchant_id=None)
    return Watch.objects.filter(here, rider_id=rider_id, ended_at=None).exists()
