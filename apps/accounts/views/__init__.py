"""People and sign-in over HTTP."""

from apps.accounts.views.firebase import PhoneSignInView
from apps.accounts.views.privacy import ConsentsView, ExportFileView, ExportView, PersonView
from apps.accounts.views.sessions import (
    RefreshView,
    SessionsView,
    SessionView,
    SignOutEverywhereView,
    SignOutView,
)

__all__ = [
    "ConsentsView",
    "ExportFileView",
    "ExportView",
    "PersonView",
    "PhoneSignInView",
    "RefreshView",
    "SessionView",
    "SessionsView",
    "SignOutEverywhereView",
    "SignOutView",
]
