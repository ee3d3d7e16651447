"""What a rider sees of a journey: who answered, what is offered, how far each order is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.ondc.errors import SearchNotFound
from apps.ondc.models import Offer, Question, Quote, RideOrder, SearchAnswer, Transaction
from apps.ondc.reading import paise

Stage = RideOrder.Stage
_AWAITED = {Stage.SELECTED: "select", Stage.QUOTED: "init"}


@dataclass(frozen=True, slots=True)
class OrderView:
    """
    An order with its newest quote; `error` says why nothing comes of it, or nothing came yet.

    `waits_for` are the actions whose answers may still come.
    """

    order: RideOrder
    quote: Quote | None
    error: str
    waits_for: frozenset[str] = frozenset()

    @property
    def fare_lines(self) -> list[tuple[str, int]]:
        """Return what the fare is made of, title and paise; a line in which nobody can read an amount is none."""
        told = (
            [(line["title"], paise(line, "value")) for line in self.quote.lines]
            if self.quote
            else []
        )
        return [(title, amount) for title, amount in told if amount is not None]


@dataclass(frozen=True, slots=True)
class JourneyView:
    """A search and all that came of it, at one moment."""

    journey: Transaction
    answers: Sequence[SearchAnswer]
    offers: Sequence[Offer]
    orders: Sequence[OrderView]

    def is_open(self, *, now: datetime) -> bool:
        """Say whether more offers may come."""
        return now < self.journey.closes_at

    def mark(self, *, now: datetime) -> str:
        """Return what changes exactly when there is something new to show."""
        changes = [view.order.changed_at.timestamp() for view in self.orders]
        parts = (
            len(self.answers), len(self.offers), max(changes, default=0), self.is_open(now=now),
            self.journey.asked_count, *(view.error for view in self.orders),
        )  # fmt: skip
        # An event's id is one line.
        return "".join("-".join(map(str, parts)).split())

    @property
    def is_settled(self) -> bool:
        """Say whether nothing more is going to happen by itself."""
        return all(
            view.order.stage in {Stage.COMPLETED, Stage.CANCELLED, Stage.FAILED}
            for view in self.orders
        )


def journey_of(*, transaction_id: UUID, rider_id: UUID, now: datetime) -> JourneyView:
    """
    Return the rider's own journey.

    Raises:
        SearchNotFound: also for another rider's, so that identifiers cannot be probed
    """
    journey = Transaction.objects.filter(pk=transaction_id, rider_id=rider_id).first()
    if journey is None:
        raise SearchNotFound
    return JourneyView(
        journey=journey,
        answers=list(SearchAnswer.objects.filter(transaction=journey).order_by("answered_at")),
        offers=_offers(journey, now=now),
        orders=_orders(journey, now=now),
    )


def _offers(journey: Transaction, *, now: datetime) -> list[Offer]:
    """Return what may be chosen now, the cheapest first; a seller's newest version alone."""
    live = Offer.objects.filter(transaction=journey, valid_until__gt=now)
    found = list(live.order_by("price_paise", "bpp_id", "item_id"))
    newest: dict[str, str] = {}
    for offer in found:
        newest[offer.bpp_id] = max(newest.get(offer.bpp_id, ""), offer.version)
    return [offer for offer in found if offer.version == newest[offer.bpp_id]]


def _orders(journey: Transaction, *, now: datetime) -> list[OrderView]:
    orders = list(RideOrder.objects.filter(transaction=journey).order_by("created_at"))
    quotes = {
        quote.order_id: quote
        for quote in Quote.objects.filter(order__in=orders).order_by("told_at")
    }
    unanswered = list(
        Question.objects.filter(order__in=orders, answered_at__isnull=True).values_list(
            "order_id", "action", "until"
        )
    )
    late = {(order_id, action) for order_id, action, until in unanswered if until <= now}
    views = []
    for order in orders:
        is_late = (order.pk, _AWAITED.get(Stage(order.stage))) in late
        error = order.error_code or ("no_answer" if is_late else "")
        awaited = frozenset(
            action for order_id, action, until in unanswered if order_id == order.pk and until > now
        )
        views.append(OrderView(order, quotes.get(order.pk), error, awaited))
    return views
