"""Reads about journeys, about the orders that came of them, and about what the network sells in a city."""

from apps.ondc.selectors.catalogue import commerce_candidates, transit_candidates
from apps.ondc.selectors.issues import IssueView, issue_of, issues_of
from apps.ondc.selectors.journeys import JourneyView, OrderView, journey_of
from apps.ondc.selectors.lately import Lately, prices_of_late
from apps.ondc.selectors.rides import ride_to, ride_under_way, rides_of
from apps.ondc.selectors.tickets import (
    TicketJourneyView,
    TicketOrderView,
    station_as_listed,
    stations_of,
    ticket_journey_of,
    ticket_orders_of,
)

__all__ = [
    "IssueView",
    "JourneyView",
    "Lately",
    "OrderView",
    "TicketJourneyView",
    "TicketOrderView",
    "commerce_candidates",
    "issue_of",
    "issues_of",
    "journey_of",
    "prices_of_late",
    "ride_to",
    "ride_under_way",
    "rides_of",
    "station_as_listed",
    "stations_of",
    "ticket_journey_of",
    "ticket_orders_of",
    "transit_candidates",
]
