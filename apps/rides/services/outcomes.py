"""What becomes of a booking later: its ride's fare, and its handshake contested or taken back."""

from datetime import datetime
from uuid import UUID

from apps.rides.errors import BookingNotFound, FareKnown, TransitionRefused
from apps.rides.models import Booking, DropOff, Fare, RideFailure
from uma.kernel.geo import Point, distance_m

_State = Booking.State
_ARROWS = {
    (_State.REDEEMED, _State.DISPUTED),
    (_State.REDEEMED, _State.REVERSED),
    (_State.DISPUTED, _State.REDEEMED),
    (_State.DISPUTED, _State.REVERSED),
}


def lock_state(*, booking_id: UUID) -> str:
    """
    Lock the booking until the caller's transaction ends and return its state.

    Raises:
        BookingNotFound

    """
    return _lock(booking_id).state


def mark_disputed(*, booking_id: UUID, now: datetime) -> None:
    """
    Note, in the caller's transaction, that the visit is contested.

    Raises:
        BookingNotFound, TransitionRefused

    """
    _move(booking_id, to=_State.DISPUTED, now=now)


def mark_upheld(*, booking_id: UUID, now: datetime) -> None:
    """
    Note, in the caller's transaction, that a contested visit stands.

    Raises:
        BookingNotFound, TransitionRefused

    """
    _move(booking_id, to=_State.REDEEMED, now=now)


def mark_reversed(*, booking_id: UUID, now: datetime) -> None:
    """
    Note, in the caller's transaction, that the visit was taken back.

    Raises:
        BookingNotFound, TransitionRefused

    """
    _move(booking_id, to=_State.REVERSED, now=now)


def record_fare(*, booking_id: UUID, fare_paise: int, now: datetime) -> None:
    """
    Note, in the caller's transaction, what the ride to the outlet cost; the same again is no news.

    Raises:
        BookingNotFound
        FareKnown: another fare was told before

    """
    assert fare_paise >= 0
    # A scan of this booking either sees the fare or settles before it was told.
    _lock(booking_id)
    fare, is_news = Fare.objects.get_or_create(
        booking_id=booking_id, defaults={"fare_paise": fare_paise, "recorded_at": now}
    )
    if not is_news and fare.fare_paise != fare_paise:
        raise FareKnown(known_paise=fare.fare_paise)


def record_ride_failure(
    *, booking_id: UUID, reason: RideFailure.Reason, code: str, now: datetime
) -> None:
    """
    Note, in the caller's transaction, that the ride to the outlet failed: then a missed visit is excused.

    `reason` PROVIDER_CANCELLED is a cancellation by the provider (its codes 011 to 014), NO_DRIVER a ride
    that nobody took. The first telling counts.

    Raises:
        BookingNotFound

    """
    _lock(booking_id)
    RideFailure.objects.get_or_create(
        booking_id=booking_id, defaults={"reason": reason, "code": code, "at": now}
    )


def record_drop_off(*, booking_id: UUID, place: Point, at: datetime, now: datetime) -> None:
    """
    Note, in the caller's transaction, how far from its outlet a ride to a booking ended.

    Of several rides the one that ended last counts; none ended after it was told, whatever the seller's
    clock says.

    Raises:
        BookingNotFound

    """
    booking = _lock(booking_id)
    at = min(at, now)
    known = DropOff.objects.filter(booking_id=booking_id).first()
    if known is not None and known.at >= at:
        return
    drop = known or DropOff(booking_id=booking_id)
    drop.distance_m, drop.at, drop.recorded_at = distance_m(place, booking.outlet.location), at, now
    drop.save(force_insert=known is None)


def _move(booking_id: UUID, *, to: Booking.State, now: datetime) -> None:
    booking = _lock(booking_id)
    if (booking.state, to) not in _ARROWS:
        raise TransitionRefused(state=booking.state)
    booking.state = to
    booking.status_changed_at = max(now, booking.status_changed_at)
    booking.save(update_fields=["state", "status_changed_at"])


def _lock(booking_id: UUID) -> Booking:
    booking = Booking.objects.select_for_update(no_key=True).filter(pk=booking_id).first()
    if booking is None:
        raise BookingNotFound
    return booking
