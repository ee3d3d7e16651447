"""Selling a deal to a rider: every guard, the hold on the merchant's money, the booking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from apps.accounts import services as accounts
from apps.campaigns import services as campaigns
from apps.campaigns.services import Offer
from apps.rides import qr, selectors
from apps.rides.errors import AlreadyBookedHere, BookingCooldown, DealNotFunded, LiveLimitReached
from apps.rides.models import Booking
from apps.rides.selectors import LiveBooking
from apps.rides.services.watching import is_watched
from apps.wallet import codes
from apps.wallet import services as wallet
from apps.wallet.errors import InsufficientFunds
from uma.kernel.geo import Point
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.ids import new_id

LIVE_SLOTS = (1, 2)
LATE_CANCELS_ALLOWED = 3
LATE_CANCELS_WINDOW = timedelta(days=7)
COOLDOWN = timedelta(hours=24)
# The job that expires bookings runs every minute: until then an overdue booking holds its slot.
EXPIRY_LAG = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking; `replayed` when an earlier request with the same key made it."""

    booking: Booking
    replayed: bool = False


@transaction.atomic(durable=True)
def book(
    *,
    rider_id: UUID,
    campaign_id: UUID,
    qr_kid: str,
    now: datetime,
    outlet_id: UUID | None = None,
    location: Point | None = None,
    key: IdempotencyKey | None = None,
) -> Booked:
    """
    Sell a deal to a rider and hold the merchant's money for it; returning means committed.

    The guards stand in the order of product rule 2.4 and the first that fails is the answer. The
    lock order is rider → allotments → accounts. A repeat of the request (same key, same body) gets
    the booking it made, whatever has become of it or of the rider since.

    Raises:
        IdempotencyKeyReused, UnknownPerson, AccountClosed, RiderBanned, what `campaigns.take`
        refuses, LiveLimitReached, AlreadyBookedHere, BookingCooldown, WalletFrozen, DealNotFunded

    """
    if earlier := _answer_again(rider_id, key):
        return earlier
    accounts.lock_rider(rider_id=rider_id, now=now)
    # Again behind the lock, because a twin of this request may have been first.
    if earlier := _answer_again(rider_id, key):
        return earlier
    # Read before the allotments are locked: a busy campaign is held for as short as possible.
    live = selectors.live_of(rider_id=rider_id)
    cancels = selectors.late_cancels(rider_id=rider_id, since=now - LATE_CANCELS_WINDOW - COOLDOWN)
    offer = campaigns.take(
        campaign_id=campaign_id,
        outlet_id=outlet_id,
        rider_id=rider_id,
        rider_location=location,
        now=now,
    )
    slot = _free_slot(live, outlet_id=offer.outlet_id, now=now)
    _check_cooldown(cancels, now=now)
    booking = _booking(offer, rider_id=rider_id, slot=slot, key=key, qr_kid=qr_kid, now=now)
    booking.watched = is_watched(rider_id=rider_id, merchant_id=offer.merchant_id)
    # Whoever signs in has no purses yet; they are opened here, so that the scan finds them and pays
    # for no look. One rider's bookings queue on the rider, so nobody opens them at the same time.
    wallet.open_accounts(codes=codes.rider_accounts(rider_id))
    _hold(booking)
    booking.save(force_insert=True)
    return Booked(booking)


def cooldown_until(cancels: Sequence[datetime]) -> datetime | None:
    """
    Return when the pause ends that these late cancels (newest first) have earned, if any has.

    More than three within seven days pause for 24 hours from the last of them (product rule 2.4).
    """
    for at, fourth_back in zip(cancels, cancels[LATE_CANCELS_ALLOWED:], strict=False):
        if at - fourth_back < LATE_CANCELS_WINDOW:
            return at + COOLDOWN
    return None


def _answer_again(rider_id: UUID, key: IdempotencyKey | None) -> Booked | None:
    if key is None:
        return None
    booking = Booking.objects.filter(rider_id=rider_id, request_key=key.key).first()
    if booking is None:
        return None
    if bytes(booking.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Booked(booking, replayed=True)


def _free_slot(live: Sequence[LiveBooking], *, outlet_id: UUID, now: datetime) -> int:
    """Return the live slot that is free; both limits are counted under the rider's lock."""
    if len(live) >= len(LIVE_SLOTS):
        raise LiveLimitReached(until=min(_freed_at(row, now=now) for row in live))
    for row in live:
        if row.outlet_id == outlet_id:
            raise AlreadyBookedHere(until=_freed_at(row, now=now))
    taken = {row.live_slot for row in live}
    return next(slot for slot in LIVE_SLOTS if slot not in taken)


def _freed_at(row: LiveBooking, *, now: datetime) -> datetime:
    return row.expires_at if row.expires_at > now else now + EXPIRY_LAG


def _check_cooldown(cancels: Sequence[datetime], *, now: datetime) -> None:
    until = cooldown_until(cancels)
    if until is not None and until > now:
        raise BookingCooldown(until=until)


def _booking(
    offer: Offer,
    *,
    rider_id: UUID,
    slot: int,
    key: IdempotencyKey | None,
    qr_kid: str,
    now: datetime,
) -> Booking:
    return Booking(
        id=new_id(),
        ref=qr.new_ref(),
        qr_kid=qr_kid,
        static_id=uuid4() if offer.static_qr else None,
        rider_id=rider_id,
        merchant_id=offer.merchant_id,
        outlet_id=offer.outlet_id,
        campaign_id=offer.campaign_id,
        revision=offer.revision,
        zone_code=offer.zone_code,
        timezone=offer.timezone,
        merchant_name=offer.merchant_name,
        title=offer.title,
        description=offer.description,
        discount_bps=offer.discount_bps,
        basis=offer.basis,
        cap_paise=offer.cap_paise,
        deductible_paise=offer.deductible_paise,
        cpt_fee_paise=offer.cpt_fee_paise,
        cpa_fee_paise=offer.cpa_fee_paise,
        gst_bps=offer.gst_bps,
        inter_state=offer.inter_state,
        max_cost_paise=offer.max_cost_paise,
        static_qr=offer.static_qr,
        proof_policy=offer.proof_policy,
        geofence_policy=offer.geofence_policy,
        scopes=list(offer.scopes),
        live_slot=slot,
        request_key=key.key if key else "",
        request_fingerprint=key.fingerprint if key else None,
        booked_at=now,
        expires_at=_good_until(offer, now=now),
        state=Booking.State.BOOKED,
        status_changed_at=now,
    )


def _good_until(offer: Offer, *, now: datetime) -> datetime:
    """Return when the booking ends: after its life, or with the window it was sold in."""
    ends_at = now + timedelta(minutes=offer.booking_ttl_minutes)
    return ends_at if offer.good_until is None else min(ends_at, offer.good_until)


def _hold(booking: Booking) -> None:
    try:
        wallet.place_hold(
            hold_id=booking.pk,
            merchant_id=booking.merchant_id,
            amount_paise=booking.max_cost_paise,
            zone_code=booking.zone_code,
            reference=f"hold:{booking.pk}",
            event_at=booking.booked_at,
            actor_id=booking.rider_id,
        )
    except InsufficientFunds as refusal:
        # How much a merchant's wallet is short of is not for riders to read.
        raise DealNotFunded from refusal
