"""Bookings that end without a scan: expired and noted in one transaction, judged a moment later."""

from datetime import datetime

from django.db import transaction

from apps.gamification.models import NoShow
from apps.rides import selectors as bookings
from apps.rides import services as rides


@transaction.atomic(durable=True)
def expire_overdue(*, now: datetime, limit: int) -> int:
    """
    Expire up to `limit` overdue bookings and note each as missed; return how many.

    What a missed visit costs is not decided here: that needs the rider's lock, which a booking takes
    before the locks that an expiry holds.
    """
    expired = bookings.sold(booking_ids=rides.expire_overdue(now=now, limit=limit))
    NoShow.objects.bulk_create(
        [
            NoShow(
                booking_id=one.booking_id,
                rider_id=one.rider_id,
                merchant_id=one.merchant_id,
                outlet_id=one.outlet_id,
                zone_code=one.zone_code,
                merchant_name=one.merchant_name,
                booked_at=one.booked_at,
                expired_at=one.expires_at,
            )
            for one in expired
        ]
    )
    return len(expired)
