"""The refusals of people and sign-in."""

from datetime import datetime

from uma.kernel.errors import DomainError


class RiderBanned(DomainError):
    """A suspension blocks new bookings and missions, never the wallet, live bookings or appeals."""

    code = "rider_banned"
    title = "Booking is suspended"
    status = 403

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"This account may book again from {until:%d %B %Y, %H:%M} UTC.", banned_until=until
        )


class AccountClosed(DomainError):
    code = "account_closed"
    title = "This account is closed"
    status = 403


class UnknownPerson(DomainError):
    code = "unknown_person"
    title = "No such person"
    status = 404
