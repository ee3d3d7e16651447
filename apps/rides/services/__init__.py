"""Writes about bookings: sold, ended, looked up for a scan, contested; and how a rider begins."""

from apps.rides.services.closing import (
    FREE_CANCEL_BEFORE_EXPIRY,
    cancel,
    expire_overdue,
    void,
)
from apps.rides.services.outcomes import (
    lock_state,
    mark_disputed,
    mark_reversed,
    mark_upheld,
    record_drop_off,
    record_fare,
    record_ride_failure,
)
from apps.rides.services.riders import register_rider
from apps.rides.services.scanning import ScannedBooking, find_for_scan, lock_for_scan
from apps.rides.services.selling import Booked, book
from apps.rides.services.spoken import find_by_spoken_code

__all__ = [
    "FREE_CANCEL_BEFORE_EXPIRY",
    "Booked",
    "ScannedBooking",
    "book",
    "cancel",
    "expire_overdue",
    "find_by_spoken_code",
    "find_for_scan",
    "lock_for_scan",
    "lock_state",
    "mark_disputed",
    "mark_reversed",
    "mark_upheld",
    "record_drop_off",
    "record_fare",
    "record_ride_failure",
    "register_rider",
    "void",
]
