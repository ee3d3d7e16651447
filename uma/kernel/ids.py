"""Identifiers: UUID version 7 (RFC 9562, section 5.7), so that rows arrive in index order."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()


def first_id_of(moment: datetime) -> UUID:
    """Return the least UUIDv7 of a moment's millisecond: what is not less was made then or later."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)
