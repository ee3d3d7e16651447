"""What a ride's end means beyond the ride: its fare, its place, an excuse, a step of a mission, our share."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.gamification import services as gamification
from apps.merchants import selectors as merchants
from apps.notifications import services as notifications
from apps.ondc import dues, purse
from apps.ondc.handlers.outcome import Handling
from apps.ondc.messages import OrderTold
from apps.ondc.models import RideOrder
from apps.ondc.outgoing.orders import TECHNICAL, Step
from apps.ondc.progress import told_at
from apps.rides import services as rides
from apps.rides.errors import FareKnown
from apps.rides.models import RideFailure

CONSUMER = "CONSUMER"
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


def failed(order: RideOrder, *, code: str, now: datetime) -> None:
    """Note that a ride that was ordered did not happen through its provider: a missed visit is excused then."""
    booking_id = order.transaction.booking_id
    if booking_id is None:
        return
    reason = RideFailure.Reason
    rides.record_ride_failure(
        booking_id=booking_id,
        reason=reason.NO_DRIVER if code in NO_DRIVER_CODES else reason.PROVIDER_CANCELLED,
        code=code[:20],
        now=now,
    )


def cancelled(order: RideOrder, *, now: datetime) -> bool:
    """Excuse a ride that was cancelled, unless by its rider; answer whether it never came, which is said here."""
    never_came = _was_taken_back(order)
    if never_came or _was_providers(order):
        failed(order, code=order.cancel_reason, now=now)
    if never_came:
        say_it_never_came(order, now=now)
    return never_came


def say_it_never_came(order: RideOrder, *, now: datetime) -> None:
    """Tell the rider, once, that an order was taken back or given up because nobody answered in time."""
    notifications.notify(
        person_id=order.transaction.rider_id,
        kind="ride.cancelled",
        say=lambda: (
            _("Your ride did not come about"),
            _(
                "The provider did not answer in time, so your order was taken back. It costs you nothing."
            ),
        ),
        data={"searchId": str(order.transaction_id)},
        # An order that was given up may be cancelled after all: the same news.
        dedupe_key=f"ride:{order.pk}:never-came",
        now=now,
    )


def refused(order: RideOrder, *, code: str, now: datetime) -> None:
    """Excuse a ride that its provider would not confirm, and tell the rider, who may have put the phone away."""
    if purse.is_prepaid(order):
        # Tickets are bought, not waited for: their page shows it, with the money that is on its way back.
        return
    failed(order, code=code, now=now)
    notifications.notify(
        person_id=order.transaction.rider_id,
        kind="ride.cancelled",
        say=lambda: (
            _("Nobody took your ride"),
            _(
                "The provider did not take your order. It costs you nothing; choose another ride in the app."
            ),
        ),
        data={"searchId": str(order.transaction_id)},
        dedupe_key=f"ride:{order.pk}:refused",
        now=now,
    )


def _was_taken_back(order: RideOrder) -> bool:
    """
    Say whether a cancelled order was taken back by us because its confirmation was not answered in time.

    Told by our own technical cancellation, which no rider can choose, and not by how far the order is: a late
    answer may arrive between that cancellation and the news of it. A seller that names no reason is believed to
    answer the only cancellation it was asked for.
    """
    confirmed = {asked.reason for asked in _cancellations(order) if asked.step == Step.CONFIRM}
    if TECHNICAL not in confirmed:
        return False
    if order.cancel_reason:
        return order.cancel_reason == TECHNICAL
    return order.cancelled_by in {"", CONSUMER} and confirmed == {TECHNICAL}


def _was_providers(order: RideOrder) -> bool:
    """Say whether a cancelled ride was cancelled by its provider; some sellers do not say by whom."""
    if order.cancelled_by:
        return order.cancelled_by != CONSUMER
    return all(asked.reason == TECHNICAL for asked in _cancellations(order))


@dataclass(frozen=True, slots=True)
class _Cancellation:
    reason: str
    step: str


def _cancellations(order: RideOrder) -> list[_Cancellation]:
    """Return what we asked the seller to cancel; a request whose bytes are gone is taken for the rider's."""
    questions = order.questions.filter(action="cancel").select_related("request")
    requests = [getattr(question, "request", None) for question in questions]
    said = [json.loads(one.body)["message"] if one and one.body else {} for one in requests]
    return [
        _Cancellation(
            reason=one.get("cancellation_reason_id", ""),
            step=one.get("descriptor", {}).get("code", ""),
        )
        for one in said
    ]


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
