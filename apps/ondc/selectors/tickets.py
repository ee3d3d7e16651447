"""What a rider sees of tickets: the stops of a city, what a trip costs, their orders, the tickets themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Max, Q

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
    newest = shown.order_by().values_list("bpp_id").annotate(Max("version"))
    told = [Q(bpp_id=bpp_id, version=version) for bpp_id, version in newest]
    if not told:
        return []
    rows = shown.filter(reduce(or_, told))
    return list(rows.order_by("bpp_id", "provider_id", "line", "number")[:MOST_STATIONS])


def station_as_listed(
    *, station_id: UUID, city: str, mode: str, listed: Sequence[Station]
) -> Station | None:
    """
    Return a stop that was shown some time, as it stands on the list now.

    A seller's next version, or another name of its line, gives it another id. While there is no list yet, what
    was told last is good enough to wait with.
    """
    for station in listed:
        if station.pk == station_id:
            return station
    old = Station.objects.filter(pk=station_id, city=city, mode=mode).first()
    if old is None or not listed:
        return old
    return next((station for station in listed if station.place_sold == old.place_sold), None)


def station_as_told(*, station: Station) -> Station:
    """Return a stop as its seller tells it in its newest version: that may have come after the list was shown."""
    bpp_id, city, mode, code = station.place_sold
    same = Station.objects.filter(bpp_id=bpp_id, city=city, mode=mode, code=code)
    return max(same, key=lambda one: (one.version, one.told_at))


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
