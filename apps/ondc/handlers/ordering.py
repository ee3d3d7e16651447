"""Up to the confirmation: the seller's quote, and its terms."""

from datetime import datetime, timedelta

from apps.ondc import purse
from apps.ondc.handlers import agreeing
from apps.ondc.handlers.outcome import Handling, Outcome, Refused
from apps.ondc.messages import OrderTold, QuoteTold, error_of, order_of
from apps.ondc.models import Quote, RideOrder
from apps.ondc.progress import take_ids

Stage = RideOrder.Stage
# How long a quote is good for when its seller does not say.
QUOTE_LIFE = timedelta(minutes=3)
# Somebody has to pay meanwhile.
PREPAID_QUOTE_LIFE = timedelta(minutes=15)


def on_select(handling: Handling) -> Outcome:
    """Take a quote; Namma Yatri sends one for each driver who offers, and the last one counts."""
    order = handling.lock_order()
    handling.answered()
    code = error_of(handling.body)
    # A driver who will not after all takes nothing from the quote of another.
    if order.stage not in {Stage.SELECTED, Stage.QUOTED} or (code and order.stage == Stage.QUOTED):
        return Outcome.IGNORED
    if code:
        return fail(order, code, now=handling.now)
    told = order_of(handling.body)
    _take_quote(handling, order, told)
    if purse.is_prepaid(order) and not agreeing.agreed(handling, order):
        return fail(order, agreeing.ANOTHER_COUNT, now=handling.now)
    order.stage = Stage.QUOTED
    order.save()
    return Outcome.DONE


def on_init(handling: Handling) -> Outcome:
    """Take the seller's terms; a fare that differs from the quote is asked about at the confirmation."""
    order = handling.lock_order()
    handling.answered()
    if order.stage not in {Stage.SELECTED, Stage.QUOTED, Stage.READY}:
        return Outcome.IGNORED
    if code := error_of(handling.body):
        return fail(order, code, now=handling.now)
    told = order_of(handling.body)
    quoted = order.fare_paise
    _take_quote(handling, order, told)
    if purse.is_prepaid(order) and not agreeing.agreed(handling, order):
        return fail(order, agreeing.ANOTHER_COUNT, now=handling.now)
    if quoted not in (None, order.fare_paise):
        handling.deviations.append("21003 the quote changed after select")
    order.number = order.number or told.number
    order.seller_terms = None if told.seller_terms is None else dict(told.seller_terms)
    order.cancellation_terms = told.cancellation_terms
    order.stage = Stage.READY
    order.save()
    return Outcome.DONE


def fail(order: RideOrder, code: str, *, now: datetime) -> Outcome:
    """Note on a locked order that its seller will not have it."""
    order.stage = Stage.FAILED
    order.error_code = code
    order.changed_at = now
    order.save()
    purse.let_go(order, now=now)
    return Outcome.DONE


def keep_quote(handling: Handling, order: RideOrder, quote: QuoteTold) -> None:
    """Keep one telling of what an order costs; sums that are wrong are noted."""
    if not quote.adds_up:
        handling.deviations.append("22507 the lines do not add up to the price")
    life = quote.life
    Quote.objects.create(
        order=order,
        action=handling.message.action,
        message=handling.message,
        price_paise=quote.price_paise,
        price_text=quote.price_text,
        lines=[{"title": title, "value": value} for title, value, _ in quote.lines],
        adds_up=quote.adds_up,
        valid_until=handling.now + life if life else None,
        told_at=handling.now,
    )


def _take_quote(handling: Handling, order: RideOrder, told: OrderTold) -> None:
    if told.quote is None:
        raise Refused("quote_missing")
    keep_quote(handling, order, told.quote)
    order.fare_paise = told.quote.price_paise
    life = PREPAID_QUOTE_LIFE if purse.is_prepaid(order) else QUOTE_LIFE
    order.quote_valid_until = handling.now + (told.quote.life or life)
    take_ids(order, told)
    order.error_code = ""
    order.changed_at = handling.now
