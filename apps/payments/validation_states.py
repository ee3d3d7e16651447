"""The life of an account's validation as one table: which state follows which; the database holds it too."""

from enum import StrEnum


class State(StrEnum):
    """Where a validation stands; from ASKED on Razorpay may have it."""

    WAITING = "WAITING"
    # Razorpay may have been asked: looked for by its reference, and never asked again.
    ASKED = "ASKED"
    # Razorpay has it and waits for the bank.
    CREATED = "CREATED"
    # The bank's name of the holder is the payee's, nearly is, or is another's.
    MATCHED = "MATCHED"
    CLOSE = "CLOSE"
    MISMATCHED = "MISMATCHED"
    # The bank knows no such account, or none that money can go to.
    INVALID = "INVALID"
    # Nothing was found out: an error on the way, or a question that never arrived.
    FAILED = "FAILED"
    # Nobody needs to know any more, and nobody was asked.
    DROPPED = "DROPPED"

    @property
    def label(self) -> str:
        """How people read it."""
        return _LABELS[self]


_LABELS = {
    State.WAITING: "waits to be asked",
    State.ASKED: "perhaps asked",
    State.CREATED: "at the bank",
    State.MATCHED: "the name fits",
    State.CLOSE: "the name nearly fits",
    State.MISMATCHED: "another's name",
    State.INVALID: "no such account",
    State.FAILED: "nothing found out",
    State.DROPPED: "not needed",
}
# What the bank told.
ANSWERED = frozenset({State.MATCHED, State.CLOSE, State.MISMATCHED, State.INVALID})
ENDS = ANSWERED | {State.FAILED, State.DROPPED}
OPEN = frozenset(State) - ENDS
_AFTER_THE_QUESTION = ANSWERED | {State.FAILED}
ARROWS: dict[State, frozenset[State]] = {
    # Razorpay may refuse the account itself before there is anything to validate.
    State.WAITING: frozenset({State.ASKED, State.INVALID, State.FAILED, State.DROPPED}),
    State.ASKED: _AFTER_THE_QUESTION | {State.CREATED},
    State.CREATED: _AFTER_THE_QUESTION,
} | dict.fromkeys(ENDS, frozenset())
