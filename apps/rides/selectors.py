"""Reads about bookings: a rider's own, what a scan needs, and what must always be true of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.rides.errors import BookingNotFound
from apps.rides.invariants import Violation, find_violations
from apps.rides.models import Booking

__all__ = [
    "Allotted",
    "Keyed",
    "LiveBooking",
    "Violation",
    "allotments_of",
    "find_violations",
    "late_cancels",
    "live_of",
    "of_rider",
    "page_of_rider",
    "ref_of_static",
    "spoken_candidates",
]

# A six-digit code with two valid steps hits one of so many bookings by chance once in a thousand
# tries; beyond that the QR is the only way.
MAX_SPOKEN_CANDIDATES = 500


@dataclass(frozen=True, slots=True)
class LiveBooking:
    """What the limits on a rider's live bookings are counted from."""

    outlet_id: UUID
    live_slot: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Allotted:
    """Where a booking took its seat and its budget from."""

    booking_id: UUID
    campaign_id: UUID
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keyed:
    """A booking by what its codes are computed from."""

    ref: str
    qr_kid: str


def of_rider(*, booking_id: UUID, rider_id: UUID) -> Booking:
    """
    Return the rider's own booking.

    Raises:
        BookingNotFound: also for another rider's, so that identifiers cannot be probed
    """
    found = Booking.objects.filter(pk=booking_id, rider_id=rider_id).first()
    if found is None:
        raise BookingNotFound
    return found


def page_of_rider(*, rider_id: UUID, limit: int, before: UUID | None) -> list[Booking]:
    """Return up to `limit` of the rider's bookings, the newest first, older than `before`."""
    rows = Booking.objects.filter(rider_id=rider_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:limit])


def live_of(*, rider_id: UUID) -> list[LiveBooking]:
    """Return the rider's live bookings; an overdue one is live until the job expires it."""
    rows = Booking.objects.filter(rider_id=rider_id, state=Booking.State.BOOKED)
    return [LiveBooking(*row) for row in rows.values_list("outlet_id", "live_slot", "expires_at")]


def late_cancels(*, rider_id: UUID, since: datetime) -> list[datetime]:
    """Return when the rider cancelled late, the newest first."""
    rows = Booking.objects.filter(
        rider_id=rider_id, cancelled_late=True, status_changed_at__gte=since
    )
    return list(rows.order_by("-status_changed_at").values_list("status_changed_at", flat=True))


def ref_of_static(*, static_id: UUID) -> str | None:
    """Return the reference of the booking whose printed code this is; only some deals have one."""
    return Booking.objects.filter(static_id=static_id).values_list("ref", flat=True).first()


def allotments_of(*, booking_ids: Iterable[UUID]) -> list[Allotted]:
    """Return where these bookings took their seats from, in the order allotments are locked in."""
    rows = Booking.objects.filter(pk__in=list(booking_ids)).order_by("campaign_id", "pk")
    return [
        Allotted(booking_id, campaign_id, tuple(scopes))
        for booking_id, campaign_id, scopes in rows.values_list("pk", "campaign_id", "scopes")
    ]


def spoken_candidates(
    *, merchant_id: UUID, outlet_ids: Iterable[UUID], last_ref: str
) -> list[Keyed]:
    """
    Return the bookings a spoken code may mean here; more than the limit when they are too many.

    No outlet ids means every outlet of the merchant. `last_ref` was found by the same person
    before: a repeated request must find it again although it is no longer live.
    """
    rows = Booking.objects.filter(merchant_id=merchant_id, state=Booking.State.BOOKED)
    if outlets := list(outlet_ids):
        rows = rows.filter(outlet_id__in=outlets)
    found = [Keyed(*row) for row in rows.values_list("ref", "qr_kid")[: MAX_SPOKEN_CANDIDATES + 1]]
    if last_ref and all(last_ref != row.ref for row in found):
        again = Booking.objects.filter(ref=last_ref, merchant_id=merchant_id)
        found += [Keyed(*row) for row in again.values_list("ref", "qr_kid")]
    return found
