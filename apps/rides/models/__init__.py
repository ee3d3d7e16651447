"""Deal bookings and what is told of them, and riders who are watched."""

from apps.rides.models.bookings import (
    Booking,
    DropOff,
    Fare,
    RefusedBookings,
    RideFailure,
)
from apps.rides.models.spoken import SpokenCodeTries
from apps.rides.models.watching import Watch

__all__ = [
    "Booking",
    "DropOff",
    "Fare",
    "RefusedBookings",
    "RideFailure",
    "SpokenCodeTries",
    "Watch",
]
