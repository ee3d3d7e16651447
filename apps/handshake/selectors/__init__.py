"""Reads about handshakes: one, a merchant's lines of account, those nobody was told about yet, and figures."""

from apps.handshake.cards import Card
from apps.handshake.cards import card as check_in_card
from apps.handshake.selectors.checked_in import CameAnyway, check_ins_of, check_ins_one_by_one
from apps.handshake.selectors.figures import (
    Cohort,
    Event,
    HourOfVisits,
    RiderVisits,
    VisitsByScanner,
    cohorts_of,
    events_of,
    first_visit_at,
    hours_of_visits,
    visits_by_scanner,
    visits_of_riders,
)
from apps.handshake.selectors.guests import Guest, GuestTotals, guest_totals, guests_of
from apps.handshake.selectors.habits import (
    Habit,
    Waiting,
    cashback_at,
    habits,
    settled_since,
    waiting_of,
)
from apps.handshake.selectors.lines import (
    LINE_TYPES,
    LineCursor,
    TransactionLine,
    of_booking,
    of_merchant,
    of_rider,
    rider_ids,
    transactions,
    unannounced_ids,
    webhook_payload,
)

__all__ = [
    "LINE_TYPES",
    "CameAnyway",
    "Card",
    "Cohort",
    "Event",
    "Guest",
    "GuestTotals",
    "Habit",
    "HourOfVisits",
    "LineCursor",
    "RiderVisits",
    "TransactionLine",
    "VisitsByScanner",
    "Waiting",
    "cashback_at",
    "check_in_card",
    "check_ins_of",
    "check_ins_one_by_one",
    "cohorts_of",
    "events_of",
    "first_visit_at",
    "guest_totals",
    "guests_of",
    "habits",
    "hours_of_visits",
    "of_booking",
    "of_merchant",
    "of_rider",
    "rider_ids",
    "settled_since",
    "transactions",
    "unannounced_ids",
    "visits_by_scanner",
    "visits_of_riders",
    "waiting_of",
    "webhook_payload",
]
