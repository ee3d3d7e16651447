"""The paths of the accounts app under /api/."""

from django.urls import path

from apps.accounts import views
from apps.accounts.views.browser import BrowserSignInView, BrowserTokenView

urlpatterns = [
    path("auth/firebase", views.PhoneSignInView.as_view(), name="accounts-phone-sign-in"),
    path("auth/refresh", views.RefreshView.as_view(), name="accounts-refresh"),
    path("auth/logout", views.SignOutView.as_view(), name="accounts-sign-out"),
    path("auth/logout-all", views.SignOutEverywhereView.as_view(), name="accounts-sign-out-all"),
    path("auth/sessions", views.SessionsView.as_view(), name="accounts-sessions"),
    path("auth/sessions/<uuid:session_id>", views.SessionView.as_view(), name="accounts-session"),
    path("user", views.PersonView.as_view(), name="accounts-person"),
    path("user/consents", views.ConsentsView.as_view(), name="accounts-consents"),
    path("user/export", views.ExportView.as_view(), name="accounts-export"),
    path(
        "user/exports/<uuid:export_id>",
        views.ExportFileView.as_view(),
        name="accounts-export-file",
    ),
]

# Under the path of the app whose pages these sessions are for.
browser = [
    path("session", BrowserSignInView.as_view(), name="business-session"),
    path("session/token", BrowserTokenView.as_view(), name="business-session-token"),
]
rider_browser = [
    path("session", BrowserSignInView.as_view(role="rider"), name="rider-session"),
    path("session/token", BrowserTokenView.as_view(role="rider"), name="rider-session-token"),
]
