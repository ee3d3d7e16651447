"""What others tell: a visit was proven or taken back, a scan failed through no fault of the rider."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from apps.gamification.models import FailedScan, Visit
from apps.merchants import selectors as merchants
from apps.rides import selectors as bookings


def record_visit(
    *, handshake_id: UUID, booking_id: UUID, campaign_id: UUID, at: datetime, undone: bool = False
) -> UUID:
    """
    Note a proven visit in the caller's transaction and return its rider; told again it changes nothing.

    What it means is worked out afterwards (`settle_rider`), behind the rider's lock.
    """
    (booking,) = bookings.sold(booking_ids=[booking_id])
    outlet = merchants.outlet(outlet_id=booking.outlet_id)
    row = Visit(
        handshake_id=handshake_id,
        booking_id=booking_id,
        rider_id=booking.rider_id,
        merchant_id=booking.merchant_id,
        outlet_id=booking.outlet_id,
        campaign_id=campaign_id,
        category=outlet.category,
        zone_code=booking.zone_code,
        timezone=booking.timezone,
        by_ride=booking.by_ride,
        at=at,
        undone_at=at if undone else None,
    )
    Visit.objects.bulk_create([row], ignore_conflicts=True)
    return booking.rider_id


def undo_visit(*, handshake_id: UUID, now: datetime) -> None:
    """
    Note in the caller's transaction that a visit was taken back in full: it clears and earns nothing.

    One that was not told yet is told as undone later.
    """
    Visit.objects.filter(pk=handshake_id, undone_at=None).update(
        undone_at=Greatest("at", Value(now)), settled_at=None
    )


@transaction.atomic
def note_failed_scan(*, ref: str, code: str, now: datetime) -> None:
    """Note that a genuine code was refused for a reason of the merchant's or of the platform's."""
    booking = bookings.placed(ref=ref)
    if booking is not None:
        row = FailedScan(
            booking_id=booking.id,
            merchant_id=booking.merchant_id,
            outlet_id=booking.outlet_id,
            code=code,
            at=now,
        )
        FailedScan.objects.bulk_create([row], ignore_conflicts=True)
