"""The paths of the ondc app under /api/."""

from django.urls import path

from apps.ondc import views

urlpatterns = [
    path("ondc/search", views.SearchView.as_view(), name="ondc-search"),
    path("ondc/searches/<uuid:transaction_id>", views.SearchesView.as_view(), name="ondc-searches"),
    path(
        "ondc/searches/<uuid:transaction_id>/events",
        views.EventsView.as_view(),
        name="ondc-search-events",
    ),
    path("ondc/select", views.SelectView.as_view(), name="ondc-select"),
    path("ondc/init", views.InitView.as_view(), name="ondc-init"),
    path("ondc/confirm", views.ConfirmView.as_view(), name="ondc-confirm"),
    path("ondc/status", views.StatusView.as_view(), name="ondc-status"),
    path("ondc/track", views.TrackView.as_view(), name="ondc-track"),
    path("ondc/cancel", views.CancelView.as_view(), name="ondc-cancel"),
    path("ondc/update", views.UpdateView.as_view(), name="ondc-update"),
    path("ondc/rating", views.RatingView.as_view(), name="ondc-rating"),
    path(
        "ondc/orders/<uuid:order_id>/issues", views.IssuesView.as_view(), name="ondc-order-issues"
    ),
    path("ondc/issues/<uuid:issue_id>", views.IssueView.as_view(), name="ondc-issue"),
    path("ondc/issues/<uuid:issue_id>/acts", views.IssueActsView.as_view(), name="ondc-issue-acts"),
    path("ondc/tickets", views.TicketOrdersView.as_view(), name="ondc-tickets"),
    path("ondc/tickets/stations", views.StationsView.as_view(), name="ondc-stations"),
    path("ondc/tickets/search", views.TicketSearchView.as_view(), name="ondc-ticket-search"),
    path(
        "ondc/tickets/searches/<uuid:transaction_id>",
        views.TicketSearchesView.as_view(),
        name="ondc-ticket-searches",
    ),
    path("ondc/tickets/select", views.TicketSelectView.as_view(), name="ondc-ticket-select"),
    path("ondc/tickets/init", views.TicketInitView.as_view(), name="ondc-ticket-init"),
    path("ondc/tickets/pay", views.TicketPayView.as_view(), name="ondc-ticket-pay"),
    path("ondc/tickets/confirm", views.TicketConfirmView.as_view(), name="ondc-ticket-confirm"),
    path("ondc/tickets/status", views.TicketStatusView.as_view(), name="ondc-ticket-status"),
    path("ondc/tickets/board", views.TicketBoardView.as_view(), name="ondc-ticket-board"),
    path("ondc/tickets/cancel", views.TicketCancelView.as_view(), name="ondc-ticket-cancel"),
    path("ondc/tickets/support", views.TicketSupportView.as_view(), name="ondc-ticket-support"),
    path("ondc/support", views.SupportView.as_view(), name="ondc-support"),
]
