"""What a rider sees of tickets: the stops of a city, what a trip costs, their orders, the tickets themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from apps.ondc.errors import SearchNotFound
from apps.ondc.models import Offer, RideOrder, SearchAnswer, Station, Ticket, TicketTrip
from apps.ondc.outgoing.profiles import TRANSIT
from apps.ondc.selectors.journeys import OrderView, journey_of
from apps.payments import selectors as payments
from apps.payments.models import Prepayment

# A day's list is asked for anew; until somebody answers, the old one is shown for as long again.
STATIONS_FRESH_FOR = timedelta(days=1)
STATIONS_SHOWN_FOR = timedelta(days=7)
MOST_STATIONS = 5_000
MOST_ORDERS = 50


@dataclass(frozen=True, slots=True)
class TicketOrderView:
    """An order of tickets with its payment, what is owed back of it, and the tickets."""

    view: OrderView
    trip: TicketTrip
    paid: Prepayment | None
    tickets: Sequence[Ticket]


@dataclass(frozen=True, slots=True)
class TicketJourneyView:
    """A search for tickets and all that came of it, at one moment."""

    trip: TicketTrip
    closes_at: datetime
    answers: Sequence[SearchAnswer]
    offers: Sequence[Offer]
    orders: Sequence[TicketOrderView]

    def is_open(self, *, now: datetime) -> bool:
        """Say whether the seller may still answer."""
        return now < self.closes_at and not self.answers


def stations_of(*, city: str, mode: str, now: datetime) -> list[Station]:
    """Return the stops of a city in the order of their lines; of each seller those of its newest version."""
    shown = Station.objects.filter(city=city, mode=mode, told_at__gt=now - STATIONS_SHOWN_FOR)
    found = list(shown.order_by("bpp_id", "provider_id", "line", "number")[:MOST_STATIONS])
    newest: dict[str, str] = {}
    for station in found:
        newest[station.bpp_id] = max(newest.get(station.bpp_id, ""), station.version)
    return [station for station in found if station.version == newest[station.bpp_id]]


def ticket_journey_of(*, transaction_id: UUID, rider_id: UUID, now: datetime) -> TicketJourneyView:
    """
    Return the rider's own search for tickets.

    Raises:
        SearchNotFound: also for another rider's, and for a search of rides
    """
    whole = journey_of(transaction_id=transaction_id, rider_id=rider_id, now=now)
    trip = TicketTrip.objects.filter(transaction_id=transaction_id).first()
    if trip is None:
        raise SearchNotFound
    return TicketJourneyView(
        trip=trip,
        closes_at=whole.journey.closes_at,
        answers=whole.answers,
        offers=whole.offers,
        orders=_views(whole.orders, {transaction_id: trip}),
    )


def ticket_orders_of(*, rider_id: UUID) -> list[TicketOrderView]:
    """Return what a rider bought, or is buying, the newest first."""
    rows = list(
        RideOrder.objects.select_related("transaction", "offer")
        .filter(transaction__rider_id=rider_id, transaction__domain=TRANSIT)
        .exclude(stage__in=["SELECTED", "QUOTED"])
        .order_by("-created_at")[:MOST_ORDERS]
    )
    trips = TicketTrip.objects.filter(transaction_id__in=[row.transaction_id for row in rows])
    views = [OrderView(row, None, row.error_code) for row in rows]
    return _views(views, {trip.transaction_id: trip for trip in trips})


def _views(orders: Sequence[OrderView], trips: dict[UUID, TicketTrip]) -> list[TicketOrderView]:
    ids = [view.order.pk for view in orders]
    paid = payments.prepayments_of(purposes=ids)
    tickets: dict[UUID, list[Ticket]] = {}
    # Each with its order as that was in the same moment: news that came since the orders were read
    # would else show a boarded ticket in an order that knows of no bus.
    rows = Ticket.objects.select_related("order__transaction", "order__offer")
    for ticket in rows.filter(order__in=ids).order_by("fulfillment_id", "position"):
        tickets.setdefault(ticket.order_id, []).append(ticket)
    return [
        TicketOrderView(
            _as_with(view, tickets.get(view.order.pk, [])),
            trips[view.order.transaction_id],
            paid.get(view.order.pk),
            tickets.get(view.order.pk, []),
        )
        for view in orders
    ]


def _as_with(view: OrderView, tickets: Sequence[Ticket]) -> OrderView:
    return replace(view, order=tickets[0].order) if tickets else view
