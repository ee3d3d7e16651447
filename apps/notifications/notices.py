"""What people are told about their own sign-in: title and body by event."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# A title and a body.
Words: TypeAlias = tuple[str | Promise, str | Promise]
# Asked in the language of whoever is told, so that it is the place where sentences are made.
Say: TypeAlias = Callable[[], Words]

SECURITY: Mapping[str, Words] = {
    "refresh_reused": (
        _("You were signed out on one device"),
        _("Its sign-in may have been copied, so we ended it. Not you? Sign out everywhere."),
    ),
    "fund_account_added": (
        _("A payout account was added"),
        _("Payouts may go to it from tomorrow on. Not you? Remove it and sign out everywhere."),
    ),
    # A sign-in that pauses payouts (accounts/cooling.py).
    "new_device": (
        _("Signed in on another phone"),
        _("Withdrawals wait for 24 hours. Not you? Sign out everywhere."),
    ),
    "number_changed": (
        _("The phone number of your account changed"),
        _("Withdrawals wait for 48 hours. Not you? Sign out everywhere and write to us."),
    ),
    "account_replaced": (
        _("Your number was set up anew"),
        _(
            "All other phones were signed out and withdrawals wait for 48 hours. Not you? Write to us."
        ),
    ),
    "long_idle": (
        _("Signed in after a long time"),
        _("Withdrawals wait for 48 hours. Not you? Sign out everywhere."),
    ),
}
