"""A value's blind index: equal values have equal indexes, and nobody without the key makes one."""

import hmac

from django.conf import settings


def blind_index(value: str, *, purpose: str) -> str:
    """
    Return the HMAC-SHA256 of a normalised value as 64 hex digits.

    `purpose` names the column: the same phone in two tables has two indexes, so that a copy of the
    database does not say which rows belong together.
    """
    key = bytes.fromhex(settings.BLIND_INDEX_KEY)
    return hmac.digest(key, f"{purpose}|{value}".encode(), "sha256").hex()
