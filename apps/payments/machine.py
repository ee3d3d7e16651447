"""
The life of a payout as one table (product rule 2.8): which state follows which, and what each means.

What Razorpay says comes late, twice and in any order. So a payout only goes forward: a state that no
arrow leads to from where it stands is old news. The database refuses every other step as well.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a payout stands; the states from SUBMITTING on are what Razorpay may have done."""

    REQUESTED = "REQUESTED"
    # A person looks at it first.
    SCREENING = "SCREENING"
    APPROVED = "APPROVED"
    # Razorpay may have been asked: whether it took it is what its API says.
    SUBMITTING = "SUBMITTING"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    PROCESSED = "PROCESSED"
    # The money went back to whom it came from.
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    # The bank sent it back, even after it had been processed.
    REVERSED = "REVERSED"

    @property
    def label(self) -> str:
        """How people read it."""
        return self.value.lower().replace("_", " ")


# Only upwards, save where an arrow says so. Three ways to end without payment stand beside PROCESSED.
RANK: dict[State, int] = {
    State.REQUESTED: 0,
    State.SCREENING: 1,
    State.APPROVED: 2,
    State.SUBMITTING: 3,
    State.PENDING_APPROVAL: 4,
    State.QUEUED: 5,
    State.PROCESSING: 6,
    State.PROCESSED: 7,
    State.FAILED: 7,
    State.CANCELLED: 7,
    State.REJECTED: 7,
    State.REVERSED: 8,
}
_ENDS = frozenset({State.FAILED, State.CANCELLED, State.REJECTED})
_AT_RAZORPAY = (State.PENDING_APPROVAL, State.QUEUED, State.PROCESSING)
_FROM_RAZORPAY = frozenset({*_AT_RAZORPAY, State.PROCESSED, State.REVERSED}) | _ENDS
ARROWS: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.SCREENING, State.APPROVED}),
    State.SCREENING: frozenset({State.APPROVED, State.REJECTED, State.CANCELLED}),
    State.APPROVED: frozenset({State.SUBMITTING, State.CANCELLED}),
    State.SUBMITTING: _FROM_RAZORPAY,
    State.PENDING_APPROVAL: _FROM_RAZORPAY - {State.PENDING_APPROVAL},
    State.QUEUED: _FROM_RAZORPAY - {State.PENDING_APPROVAL, State.QUEUED},
    # A bank that goes down sends what was under way back into the queue.
    State.PROCESSING: _FROM_RAZORPAY - {State.PENDING_APPROVAL, State.PROCESSING},
    State.PROCESSED: frozenset({State.REVERSED}),
    # Documented by Razorpay; the money is back already, so that only the state moves.
    State.FAILED: frozenset({State.REVERSED}),
    State.CANCELLED: frozenset(),
    State.REJECTED: frozenset(),
    State.REVERSED: frozenset(),
}
BACK_EDGES = frozenset({(State.PROCESSING, State.QUEUED)})

# The money waits beside the wallet.
OPEN = frozenset(state for state in State if RANK[state] < RANK[State.PROCESSED])
# Razorpay was certainly not asked yet, so that the payee may still change their mind.
CANCELLABLE = frozenset({State.SCREENING, State.APPROVED})
# What the submitting job takes up, and what the looking job asks about.
TO_SUBMIT = frozenset({State.APPROVED, State.SUBMITTING})
TO_LOOK_AT = frozenset({*_AT_RAZORPAY, State.PROCESSED})
# The money went back, or never left.
RETURNED = _ENDS | {State.REVERSED}

# What Razorpay calls them (RazorpayX, payout states).
OF_RAZORPAY: dict[str, State] = {
    "pending": State.PENDING_APPROVAL,
    "queued": State.QUEUED,
    "scheduled": State.QUEUED,
    "processing": State.PROCESSING,
    "processed": State.PROCESSED,
    "reversed": State.REVERSED,
    "cancelled": State.CANCELLED,
    "rejected": State.REJECTED,
    "failed": State.FAILED,
}


def may_become(before: State, after: State) -> bool:
    """Say whether an arrow leads from one state to the other."""
    return after in ARROWS[before]
