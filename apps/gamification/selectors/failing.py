"""Scans that failed for a reason of the merchant's or of the platform's: so many guests stood at a counter in vain."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.gamification.models import FailedScan
from apps.rides import selectors as bookings

MOST = 5_000


def failed_scans(
    *, merchant_id: UUID, since: datetime, until: datetime, outlet_ids: Collection[UUID] = ()
) -> Counter[str]:
    """Return how many of the merchant's bookings were refused at a scan through no fault of the guest, by code."""
    failed = list(
        FailedScan.objects.filter(at__gte=since, at__lt=until)
        .order_by("-at")
        .values_list("booking_id", "code")[:MOST]
    )
    own = bookings.of_merchant_among(
        booking_ids={booking_id for booking_id, _ in failed},
        merchant_id=merchant_id,
        outlet_ids=outlet_ids,
    )
    return Counter(code for booking_id, code in failed if booking_id in own)
