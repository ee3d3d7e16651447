"""From the confirmation on: who drives, where the ride is, what it cost, and that it was cancelled."""

from apps.notifications import services as notifications
from apps.ondc import purse
from apps.ondc.handlers import ending, ticketing
from apps.ondc.handlers.ordering import fail, keep_quote
from apps.ondc.handlers.outcome import Handling, Outcome, Refused
from apps.ondc.messages import error_of, order_of
from apps.ondc.models import RideOrder
from apps.ondc.progress import ASSIGNED, CANCELLED, ENDED, UNCONFIRMED, apply

Stage = RideOrder.Stage
ARRIVED = "RIDE_ARRIVED_PICKUP"


def on_confirm(handling: Handling) -> Outcome:
    """Take the order, or the news that there is none."""
    order = handling.lock_order()
    handling.answered()
    code = error_of(handling.body)
    if not code:
        return _told(handling, order)
    # A second confirmation that is refused says nothing against the order of the first.
    if order.stage != Stage.CONFIRMING:
        handling.deviations.append(f"refused with {code} when it was {order.stage}")
        return Outcome.IGNORED
    if code in ending.NO_DRIVER_CODES:
        ending.failed(handling, order, code=code)
    return fail(order, code, now=handling.now)


def on_status(handling: Handling) -> Outcome:
    """Take how the order stands, asked or not."""
    return _answer(handling)


def on_update(handling: Handling) -> Outcome:
    """Take a driver, a changed way or price, the end of the ride, or what a change would cost."""
    return _answer(handling)


def on_cancel(handling: Handling) -> Outcome:
    """Take what cancelling would cost, or that the ride is cancelled, by whomever."""
    return _answer(handling)


def _answer(handling: Handling) -> Outcome:
    order = handling.lock_order()
    handling.answered()
    if code := error_of(handling.body):
        # What was asked for is refused; the ride goes on.
        handling.deviations.append(f"refused with {code}")
        return Outcome.IGNORED
    return _told(handling, order)


def _told(handling: Handling, order: RideOrder) -> Outcome:
    if order.stage in UNCONFIRMED:
        raise Refused("not_confirmed")
    told = order_of(handling.body)
    if order.number and told.number != order.number:
        raise Refused("another_order")
    if purse.is_prepaid(order):
        return ticketing.told(handling, order, told)
    before = order.ride_state
    is_news = apply(order, told, sent_at=handling.sent_at, now=handling.now)
    if not is_news:
        return Outcome.IGNORED
    order.save()
    if told.quote is not None:
        keep_quote(handling, order, told.quote)
    if order.ride_state == ENDED:
        ending.ended(handling, order, told, is_news=before != ENDED)
    if order.ride_state == CANCELLED and before != CANCELLED and ending.was_providers(order):
        ending.failed(handling, order, code=order.cancel_reason)
    if order.ride_state != before:
        _tell_rider(handling, order)
    return Outcome.DONE


def _tell_rider(handling: Handling, order: RideOrder) -> None:
    said = _SAID.get(order.ride_state)
    if said is None:
        return
    title, body = said
    if order.ride_state == CANCELLED and order.cancelled_by == "CONSUMER":
        return
    notifications.notify(
        person_id=order.transaction.rider_id,
        kind=f"ride.{order.ride_state.removeprefix('RIDE_').lower()}",
        title=title,
        body=body,
        data={"searchId": str(order.transaction_id)},
        # A second driver is news again; the same message handled twice is not.
        dedupe_key=f"ride:{order.pk}:{order.ride_state}:{handling.message.pk}",
        now=handling.now,
    )


_SAID = {
    ASSIGNED: ("Your driver is coming", "Open the app for the vehicle and your start code."),
    ARRIVED: ("Your driver is there", "The vehicle waits at your pickup."),
    CANCELLED: (
        "Your ride was cancelled",
        "It was not you: the driver or the provider cancelled it.",
    ),
}
