"""What people are told about their own sign-in: title and body by event."""

SECURITY = {
    "refresh_reused": (
        "You were signed out on one device",
        "Its sign-in may have been copied, so we ended it. Not you? Sign out everywhere.",
    ),
    "fund_account_added": (
        "A payout account was added",
        "Payouts may go to it from tomorrow on. Not you? Remove it and sign out everywhere.",
    ),
    # A sign-in that pauses payouts (accounts/cooling.py).
    "new_device": (
        "Signed in on another phone",
        "Withdrawals wait for 24 hours. Not you? Sign out everywhere.",
    ),
    "number_changed": (
        "The phone number of your account changed",
        "Withdrawals wait for 48 hours. Not you? Sign out everywhere and write to us.",
    ),
    "account_replaced": (
        "Your number was set up anew",
        "All other phones were signed out and withdrawals wait for 48 hours. Not you? Write to us.",
    ),
    "long_idle": (
        "Signed in after a long time",
        "Withdrawals wait for 48 hours. Not you? Sign out everywhere.",
    ),
}
