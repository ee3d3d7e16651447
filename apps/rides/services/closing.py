"""How a booking ends without a scan: cancelled, voided or expired, and all it took goes back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.campaigns import selectors as offers
from apps.campaigns import services as campaigns
from apps.notifications import services as notifications
from apps.rides import notices
from apps.rides.errors import BookingNotFound, BookingNotLive, ReasonMissing
from apps.rides.models import Booking
from apps.wallet import services as wallet

FREE_CANCEL_BEFORE_EXPIRY = timedelta(minutes=30)
FRAUD = "The offer was suspended for fraud."

_State = Booking.State


@transaction.atomic(durable=True)
def cancel(*, booking_id: UUID, rider_id: UUID, now: datetime) -> Booking:
    """
    Give a live booking up; free until 30 minutes before it expires, later it counts as late.

    Cancelling twice answers the same. An overdue booking is the expiry job's: cancelling must not
    be a way around what a missed visit costs.

    Raises:
        BookingNotFound: also for another rider's booking, so that identifiers cannot be probed
        BookingNotLive

    """
    booking = (
        Booking.objects.select_for_update(no_key=True)
        .filter(pk=booking_id, rider_id=rider_id)
        .first()
    )
    if booking is None:
        raise BookingNotFound
    if booking.state == _State.CANCELLED:
        return booking
    if booking.state == _State.BOOKED and booking.expires_at <= now:
        raise _not_live(_State.EXPIRED)
    if booking.state != _State.BOOKED:
        raise _not_live(booking.state)
    booking.cancelled_late = now > booking.expires_at - FREE_CANCEL_BEFORE_EXPIRY
    booking.state = _State.CANCELLED
    _close([booking], actor_id=rider_id, now=now)
    return booking


@transaction.atomic(durable=True)
def void(*, booking_id: UUID, actor_id: UUID, reason: str, now: datetime) -> Booking:
    """
    Take a live booking back, the operator or the merchant being at fault; it never costs a strike.

    Raises:
        ReasonMissing, BookingNotFound, BookingNotLive

    """
    if not reason.strip():
        raise ReasonMissing
    booking = Booking.objects.select_for_update(no_key=True).filter(pk=booking_id).first()
    if booking is None:
        raise BookingNotFound
    if booking.state != _State.BOOKED:
        raise _not_live(booking.state)
    _void([booking], actor_id=actor_id, reason=reason, now=now)
    return booking


@transaction.atomic
def void_defrauded(*, now: datetime, limit: int) -> int:
    """
    Void up to `limit` live bookings of campaigns that were suspended for fraud; return how many.

    Scans of them are refused already; this gives back what they hold. A booking that was being made while
    its campaign was suspended, or that somebody else holds locked, is the next run's.
    """
    suspended = offers.defrauding_ids()
    if not suspended:
        return 0
    booked = list(
        Booking.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(state=_State.BOOKED, campaign_id__in=suspended)
        .order_by("expires_at")[:limit]
    )
    _void(booked, actor_id=None, reason=FRAUD, now=now)
    return len(booked)


def _void(
    bookings: Sequence[Booking], *, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    for booking in bookings:
        booking.void_reason, booking.state = reason, _State.VOIDED
    _close(bookings, actor_id=actor_id, now=now)
    for booking in bookings:
        accounts.record(
            action="booking.voided",
            object_type="booking",
            object_id=str(booking.pk),
            actor_id=actor_id,
            at=now,
            reason=reason,
            before={"state": _State.BOOKED.value},
            after={"state": _State.VOIDED.value},
        )
        notifications.notify(
            person_id=booking.rider_id,
            # Of the family of visits, at night too: whoever has a live ticket may be on the way with it.
            kind="handshake.voided",
            say=partial(notices.voided, booking.merchant_name),
            data={"bookingId": str(booking.pk)},
            dedupe_key=f"voided:{booking.pk}",
            now=now,
        )


def _not_live(state: str) -> BookingNotLive:
    return BookingNotLive(f"The booking is {state.lower()}.", state=state.lower())


@transaction.atomic
def expire_overdue(*, now: datetime, limit: int) -> list[UUID]:
    """
    Expire up to `limit` live bookings whose time is over, the oldest first; return their ids.

    A booking that somebody else holds locked is left to the next run, one of a campaign that was suspended
    for fraud to `void_defrauded`: nobody is struck for it. Safe to run twice, and by two workers at
    once. Joins the caller's transaction, so that what a missed visit costs is decided with it.
    """
    overdue = list(
        Booking.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(state=_State.BOOKED, expires_at__lte=now)
        .exclude(campaign_id__in=offers.defrauding_ids())
        .order_by("expires_at")[:limit]
    )
    for booking in overdue:
        booking.state = _State.EXPIRED
    _close(overdue, actor_id=None, now=now)
    return [booking.pk for booking in overdue]


def _close(bookings: Sequence[Booking], *, actor_id: UUID | None, now: datetime) -> None:
    """
    Write the end of locked, live bookings and give back all they took.

    All allotments come before all accounts, and both in one order, so that two batches, or a batch
    and a new booking, never wait for each other in a circle.
    """
    for booking in bookings:
        # A clock a little behind the one that booked must not undo the order of events.
        booking.status_changed_at = max(now, booking.status_changed_at)
    Booking.objects.bulk_update(
        bookings, ["state", "status_changed_at", "cancelled_late", "void_reason"]
    )
    for booking in sorted(bookings, key=lambda row: (row.campaign_id, row.pk)):
        campaigns.give_back(
            campaign_id=booking.campaign_id,
            scopes=booking.scopes,
            amount_paise=booking.max_cost_paise,
            seats=1,
        )
    for booking in sorted(bookings, key=lambda row: (row.merchant_id, row.pk)):
        wallet.release_hold(
            hold_id=booking.pk,
            reference=f"release:{booking.pk}",
            zone_code=booking.zone_code,
            event_at=now,
            actor_id=actor_id,
        )
