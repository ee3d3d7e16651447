"""May this booking be redeemed by this scanner now? Pure: every rule, in the order a refusal is given."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from apps.campaigns.pricing import GeofencePolicy
from apps.campaigns.selectors import SuspendedFor
from apps.handshake.errors import (
    BillNeeded,
    BookingExpired,
    CampaignSuspended,
    DropoffNotHere,
    RideNotProven,
    ScannerNotAllowed,
    ScannerNotAtOutlet,
    SelfRedemption,
)
from apps.merchants.duties import KEY, SCAN
from apps.merchants.errors import MerchantNotActive
from apps.merchants.selectors import StaffScope
from apps.rides.errors import BookingNotLive
from apps.rides.selectors import lack_of_place, lack_of_ride
from apps.rides.services import ScannedBooking
from uma.kernel.errors import DomainError
from uma.kernel.geo import Point, distance_m

# Whether a key has the scope to scan was decided where it came in.
SCANNING_ROLES = SCAN.roles | {KEY}
# A scan this far from the shop is settled, and its reimbursement waits for a look (product rule 1.11).
REMOTE_SCAN_M = 300
# How long a scan may wait on the scanner's device for a network (product rule 1.1).
LATEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner said: where it stands and, when it has several, for which outlet it scans."""

    actor_id: UUID
    outlet_id: UUID | None
    location: Point | None
    bill_paise: int | None
    # When the device says that it read the code.
    scanned_at: datetime | None = None
    # For whom a merchant's own system scans; a person's post is found with the booking.
    post: StaffScope | None = None


def as_seen_by(booking: ScannedBooking, scan: Scan) -> ScannedBooking:
    """Return the booking with the post of the system that scans, when it is that merchant's."""
    post = scan.post
    if post is None or post.merchant_id != booking.merchant_id:
        return booking
    return replace(booking, staff_role=post.role, staff_outlet_ids=post.outlet_ids)


def failures(booking: ScannedBooking, scan: Scan, *, now: datetime) -> Iterator[DomainError]:
    """Yield every rule that fails; the first is the one that a scan is refused with."""
    if booking.staff_role not in SCANNING_ROLES:
        yield ScannerNotAllowed()
    if _scans_elsewhere(booking, scan):
        yield ScannerNotAtOutlet()
    if booking.rider_is_staff:
        yield SelfRedemption()
    if booking.state != "BOOKED":
        yield BookingNotLive(f"The booking is {booking.state.lower()}.", state=booking.state)
    else:
        if booking.expires_at <= now:
            yield BookingExpired(expired_at=booking.expires_at)
        yield from _unproven(booking, scan, now=now)
    # A closed outlet or a suspended campaign is still honoured: the rider acted in good faith. Not so when it
    # was for fraud, nor when the merchant was suspended, because nobody may act in its name.
    if booking.campaign_suspended_for == SuspendedFor.FRAUD:
        yield CampaignSuspended()
    if booking.merchant_status != "ACTIVE":
        yield MerchantNotActive()


def _unproven(booking: ScannedBooking, scan: Scan, *, now: datetime) -> Iterator[DomainError]:
    """Yield what this booking asks to be proven and this scan does not prove (decisions/0074)."""
    asked, radius_m = booking.asked, booking.outlet_radius_m
    if asked.recent_ride:
        made_at = believed(scan.scanned_at, now=now) or now
        lack = lack_of_ride(booking.arrival, radius_m=radius_m, scanned_at=made_at)
        if lack is not None:
            yield RideNotProven(lack, policy=booking.proof_policy)
    if booking.geofence_policy == GeofencePolicy.RIDE_DROPOFF:
        lack = lack_of_place(booking.arrival, radius_m=radius_m)
        if lack is not None:
            yield DropoffNotHere(lack)
    if asked.bill and not scan.bill_paise:
        yield BillNeeded(policy=booking.proof_policy)


def believed(scanned_at: datetime | None, *, now: datetime) -> datetime | None:
    """Return when a device read a code, by its own word, if that was ten minutes ago at the most."""
    if scanned_at is None or not timedelta() <= now - scanned_at <= LATEST:
        return None
    return scanned_at


def _scans_elsewhere(booking: ScannedBooking, scan: Scan) -> bool:
    if scan.outlet_id is not None and scan.outlet_id != booking.outlet_id:
        return True
    return bool(booking.staff_outlet_ids) and booking.outlet_id not in booking.staff_outlet_ids


def scan_distance_m(booking: ScannedBooking, scan: Scan) -> int | None:
    """Return how far the scanner stands from the outlet, in metres, when it said where it is."""
    if scan.location is None:
        return None
    return distance_m(scan.location, booking.outlet_location)
