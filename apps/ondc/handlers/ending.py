"""What a ride's end means beyond the ride: its fare, its place, an excuse, a step of a mission, our share."""

from apps.gamification import services as gamification
from apps.merchants import selectors as merchants
from apps.ondc import dues
from apps.ondc.handlers.outcome import Handling
from apps.ondc.messages import OrderTold
from apps.ondc.models import RideOrder
from apps.ondc.progress import told_at
from apps.rides import services as rides
from apps.rides.errors import FareKnown
from apps.rides.models import RideFailure

NO_DRIVER_CODES = frozenset({"011", "90203"})


def ended(handling: Handling, order: RideOrder, told: OrderTold, *, is_news: bool) -> None:
    """Tell everybody who goes by it that a ride ended; of a later word, only a changed price matters."""
    booking_id = order.transaction.booking_id
    if told.quote is not None:
        if booking_id is not None:
            _record_fare(handling, order, told)
        _settle(handling, order, told)
    if not is_news:
        return
    at = told_at(told, sent_at=handling.sent_at)
    if booking_id is not None and told.end is not None:
        rides.record_drop_off(booking_id=booking_id, place=told.end, at=at, now=handling.now)
    if booking_id is None:
        # A ride to a deal proves its step by the visit that it led to (and would count twice).
        zone = merchants.zone(code=order.transaction.zone_code)
        gamification.record_order(
            kind="ride",
            source=str(order.pk),
            rider_id=order.transaction.rider_id,
            zone_code=zone.code,
            timezone=zone.timezone,
            at=min(at, handling.now),
            category="cab",
        )


def failed(handling: Handling, order: RideOrder, *, code: str) -> None:
    """Note that a confirmed ride did not happen through its provider: a missed visit is excused then."""
    booking_id = order.transaction.booking_id
    if booking_id is None:
        return
    reason = RideFailure.Reason
    rides.record_ride_failure(
        booking_id=booking_id,
        reason=reason.NO_DRIVER if code in NO_DRIVER_CODES else reason.PROVIDER_CANCELLED,
        code=code[:20],
        now=handling.now,
    )


def was_providers(order: RideOrder) -> bool:
    """Say whether a cancelled ride was cancelled by its provider; some sellers do not say by whom."""
    if order.cancelled_by:
        return order.cancelled_by != "CONSUMER"
    return not order.questions.filter(action="cancel").exists()


def _record_fare(handling: Handling, order: RideOrder, told: OrderTold) -> None:
    """Tell the booking what its ride cost: the final price without what the rider gave on top."""
    assert order.transaction.booking_id is not None
    assert told.quote is not None
    try:
        rides.record_fare(
            booking_id=order.transaction.booking_id,
            fare_paise=told.quote.fare_paise,
            now=handling.now,
        )
    except FareKnown:
        # What a merchant pays back was settled by the first telling; an operator sees the difference.
        handling.deviations.append("another fare was told before")


def _settle(handling: Handling, order: RideOrder, told: OrderTold) -> None:
    assert told.quote is not None
    if told.status == "CANCELLED":
        known = dues.owe_nothing(order)
        handling.deviations.append("cancelled after its end")
    else:
        known = dues.owe(order, told.quote, now=handling.now)
    if not known:
        handling.deviations.append("another fare than was settled")
