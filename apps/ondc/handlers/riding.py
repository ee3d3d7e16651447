"""From the confirmation on: who drives, where the ride is, what it cost, and that it was cancelled."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.notifications import services as notifications
from apps.notifications.services import Words
from apps.ondc import purse
from apps.ondc.handlers import ending, ticketing
from apps.ondc.handlers.ordering import fail, keep_quote
from apps.ondc.handlers.outcome import Handling, Outcome, Refused
from apps.ondc.messages import OrderTold, error_of, order_of
from apps.ondc.models import RideOrder
from apps.ondc.outgoing.forms import WOMAN
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
    ending.refused(order, code=code, now=handling.now)
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
    before, driver = order.ride_state, order.driver_name
    is_news = apply(order, told, sent_at=handling.sent_at, now=handling.now)
    if not is_news:
        return Outcome.IGNORED
    order.save()
    if told.quote is not None:
        keep_quote(handling, order, told.quote)
    if order.ride_state == ENDED:
        ending.ended(handling, order, told, is_news=before != ENDED)
    is_over = order.ride_state == CANCELLED and before != CANCELLED
    is_said = is_over and ending.cancelled(order, now=handling.now)
    broken = order.driver_name != driver and _is_promise_broken(order, told)
    if broken:
        handling.deviations.append("a woman was promised to drive")
    if not is_said and (broken or order.ride_state != before):
        _tell_rider(handling, order, is_promise_broken=broken)
    return Outcome.DONE


def _is_promise_broken(order: RideOrder, told: OrderTold) -> bool:
    """Say whether somebody else comes than the woman whom the offer promised; silence breaks nothing."""
    if told.driver.gender in {"", WOMAN}:
        return False
    return order.offer is not None and order.offer.woman_driver


def _tell_rider(handling: Handling, order: RideOrder, *, is_promise_broken: bool) -> None:
    said = _ANOTHER if is_promise_broken else _SAID.get(order.ride_state)
    if said is None:
        return
    is_theirs = order.ride_state == CANCELLED and order.cancelled_by == ending.CONSUMER
    if is_theirs and not is_promise_broken:
        return
    notifications.notify(
        person_id=order.transaction.rider_id,
        kind=f"ride.{order.ride_state.removeprefix('RIDE_').lower()}",
        say=lambda: said,
        data={"searchId": str(order.transaction_id)},
        # A second driver is news again; the same message handled twice is not.
        dedupe_key=f"ride:{order.pk}:{order.ride_state}:{handling.message.pk}",
        now=handling.now,
    )


_ANOTHER: Words = (
    _("No woman drives your ride"),
    _("The provider sends another driver than it promised. You may cancel in the app."),
)
_SAID: Mapping[str, Words] = {
    ASSIGNED: (
        _("Your driver is coming"),
        _("Open the app for the vehicle and your start code."),
    ),
    ARRIVED: (_("Your driver is there"), _("The vehicle waits at your pickup.")),
    CANCELLED: (
        _("Your ride was cancelled"),
        _("It was not you: the driver or the provider cancelled it."),
    ),
}
