"""Keys of personal data that are none: found when the program starts."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error

from uma.kernel.crypto.keyring import KEY

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def field_keys_are_keys() -> Iterator[CheckMessage]:
    entries = settings.FIELD_KEYS.split(",")
    if not all(KEY.fullmatch(entry) for entry in entries):
        yield Error(
            "Field keys are malformed.",
            hint='Write UMA_FIELD_KEYS as "kid:hex,kid:hex": two of A-Z 0-9, 64 hex digits.',
            id="uma.E020",
        )
        return
    kids, keys = zip(*(entry.split(":") for entry in entries), strict=True)
    if len(set(kids)) != len(kids) or len(set(keys)) != len(keys):
        yield Error("Two field keys have the same kid, or two kids the same key.", id="uma.E021")
    if not settings.DEBUG and any(map(_everybody_knows, keys)):
        yield Error("A field key is one that everybody knows.", id="uma.E022")


def blind_index_key_is_a_key() -> Iterator[CheckMessage]:
    key = settings.BLIND_INDEX_KEY
    if _HEX.fullmatch(key) is None:
        yield Error(
            "The blind index key is malformed.",
            hint="Write 64 lower-case hex digits in UMA_BLIND_INDEX_KEY.",
            id="uma.E023",
        )
        return
    if not settings.DEBUG and _everybody_knows(key):
        yield Error("The blind index key is one that everybody knows.", id="uma.E022")
    if key in settings.FIELD_KEYS:
        yield Error("The blind index key also seals fields.", id="uma.E024")


def _everybody_knows(key: str) -> bool:
    """One byte, 32 times: the defaults of development and tests, and what a hurried hand types."""
    return len(set(bytes.fromhex(key))) == 1
