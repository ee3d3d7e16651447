"""Scans that failed for a reason of the merchant's or of the platform's: so many guests stood at a counter in vain."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from apps.gamification.models import FailedScan


def failed_scans(
    *, merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID] = ()
) -> Counter[str]:
    """Return how many of the merchant's bookings were refused at a scan through no fault of the guest, by code."""
    rows = FailedScan.objects.filter(merchant_id=merchant_id, at__gte=since, at__lt=until)
    if outlet_ids:
        rows = rows.filter(outlet_id__in=outlet_ids)
    return Counter(dict(rows.values_list("code").annotate(Count("pk")).order_by()))
