"""Reads about journeys: what a rider sees of a search and of the orders that came of it."""

from apps.ondc.selectors.issues import IssueView, issue_of, issues_of
from apps.ondc.selectors.journeys import JourneyView, OrderView, journey_of
from apps.ondc.selectors.rides import ride_to, ride_under_way, rides_of

__all__ = [
    "IssueView",
    "JourneyView",
    "OrderView",
    "issue_of",
    "issues_of",
    "journey_of",
    "ride_to",
    "ride_under_way",
    "rides_of",
]
