"""Writes about bookings: sold, ended, looked up for a scan, contested, watched; and how a rider begins."""

from apps.rides.services.closing import (
    FREE_CANCEL_BEFORE_EXPIRY,
    cancel,
    expire_overdue,
    void,
    void_defrauded,
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
from apps.rides.services.refusing import Refusal, count_refused, forget_refused
from apps.rides.services.riders import register_rider
from apps.rides.services.scanning import ScannedBooking, find_for_scan, lock_for_scan
from apps.rides.services.selling import Booked, book
from apps.rides.services.spoken import find_by_spoken_code
from apps.rides.services.watching import end_watch, watch

__all__ = [
    "FREE_CANCEL_BEFORE_EXPIRY",
    "Booked",
    "Refusal",
    "ScannedBooking",
    "book",
    "cancel",
    "count_refused",
    "end_watch",
    "expire_overdue",
    "find_by_spoken_code",
    "find_for_scan",
    "forget_refused",
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
    "void_defrauded",
    "watch",
]
