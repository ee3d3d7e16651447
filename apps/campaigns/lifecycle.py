"""The states of a campaign and the only ways between them (product rule 2.3)."""

from enum import StrEnum


class State(StrEnum):
    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    EXHAUSTED = "EXHAUSTED"
    ENDED = "ENDED"
    ARCHIVED = "ARCHIVED"
    SUSPENDED = "SUSPENDED"


class PauseReason(StrEnum):
    MERCHANT = "merchant"
    LOW_BALANCE = "low_balance"
    DAILY_CAP = "daily_cap"
    OPERATOR = "operator"
    # More is on sale than the merchant's plan allows; the clock lifts it when there is room.
    PLAN = "plan"


class SuspendedFor(StrEnum):
    # What is booked is not honoured either: nobody acted in good faith on the merchant's side.
    FRAUD = "fraud"
    OTHER = "other"


# Lifting a suspension is not listed: it returns to the state that was suspended.
_ARROWS = {
    State.DRAFT: {State.IN_REVIEW, State.ENDED, State.SUSPENDED},
    State.IN_REVIEW: {
        State.DRAFT,
        State.SCHEDULED,
        State.ACTIVE,
        State.ENDED,
        State.SUSPENDED,
    },
    State.SCHEDULED: {State.ACTIVE, State.PAUSED, State.ENDED, State.SUSPENDED},
    State.ACTIVE: {State.PAUSED, State.EXHAUSTED, State.ENDED, State.SUSPENDED},
    State.PAUSED: {
        State.SCHEDULED,
        State.ACTIVE,
        State.PAUSED,
        State.EXHAUSTED,
        State.ENDED,
        State.SUSPENDED,
    },
    State.EXHAUSTED: {State.ACTIVE, State.PAUSED, State.ENDED, State.SUSPENDED},
    State.ENDED: {State.ARCHIVED, State.SUSPENDED},
    State.ARCHIVED: {State.SUSPENDED},
    State.SUSPENDED: set[State](),
}

# What the clock writes by itself is a label: the caps, the clock and the wallet are asked at each
# booking, so that a sale is neither lost nor wrongly made while the label lags behind.
AUTOMATIC_PAUSES = frozenset({PauseReason.DAILY_CAP, PauseReason.LOW_BALANCE})
ON_SALE = frozenset({State.SCHEDULED, State.ACTIVE, State.EXHAUSTED})
# Terms somebody may already have bought or an operator has approved.
LIVE = frozenset({State.SCHEDULED, State.ACTIVE, State.PAUSED, State.EXHAUSTED})
OVER = frozenset({State.ENDED, State.ARCHIVED})


def may_go(before: str, after: str) -> bool:
    """Say whether the arrow is drawn."""
    return State(after) in _ARROWS[State(before)]


def is_on_sale(state: str, pause_reason: str) -> bool:
    """Say whether bookings are possible in this state, as far as time, caps and wallet agree."""
    return state in ON_SALE or (state == State.PAUSED and pause_reason in AUTOMATIC_PAUSES)
