"""Journeys and callbacks over HTTP."""

from apps.ondc.views.issues import IssueActsView, IssuesView, IssueView
from apps.ondc.views.journeys import EventsView, SearchesView, SearchView
from apps.ondc.views.orders import (
    CancelView,
    ConfirmView,
    InitView,
    RatingView,
    SelectView,
    StatusView,
    SupportView,
    TrackView,
    UpdateView,
)
from apps.ondc.views.tickets import (
    StationsView,
    TicketBoardView,
    TicketCancelView,
    TicketConfirmView,
    TicketInitView,
    TicketOrdersView,
    TicketPayView,
    TicketSearchesView,
    TicketSearchView,
    TicketSelectView,
    TicketStatusView,
    TicketSupportView,
)

__all__ = [
    "CancelView",
    "ConfirmView",
    "EventsView",
    "InitView",
    "IssueActsView",
    "IssueView",
    "IssuesView",
    "RatingView",
    "SearchView",
    "SearchesView",
    "SelectView",
    "StationsView",
    "StatusView",
    "SupportView",
    "TicketBoardView",
    "TicketCancelView",
    "TicketConfirmView",
    "TicketInitView",
    "TicketOrdersView",
    "TicketPayView",
    "TicketSearchView",
    "TicketSearchesView",
    "TicketSelectView",
    "TicketStatusView",
    "TicketSupportView",
    "TrackView",
    "UpdateView",
]
