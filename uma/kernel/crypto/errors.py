"""A sealed value that does not open: an alarm, never a refusal, and never with the value in it."""

from uma.kernel.crypto.place import Place


class SealedValueUnreadable(Exception):
    """What is stored at `place` is not what was sealed for it, or not by a key we have."""

    def __init__(self, place: Place, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place.table}.{place.column} of {place.row} {reason}.")


class KeyNotListed(SealedValueUnreadable):
    """The value names a key that is not in UMA_FIELD_KEYS (any more, or yet)."""

    def __init__(self, place: Place, kid: str) -> None:
        self.kid = kid
        super().__init__(place, f"was sealed with key {kid!r}, which is not listed")


class DoesNotOpen(SealedValueUnreadable):
    """The value was changed, or was sealed for another row, column or table."""

    def __init__(self, place: Place) -> None:
        super().__init__(place, "does not open: changed, or sealed for another place")
