"""Identifiers: UUID version 7 (RFC 9562, section 5.7), so that rows arrive in index order."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid7()
