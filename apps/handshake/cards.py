"""
The code with which a rider checks in where no deal is booked.

`UMAC1.<kid>.<52 characters>`: the rider's id sealed under AES-SIV (RFC 5297) with the 15-second step as
associated data, in base32. The merchant's scanner reads no identity from it, and nobody without the key
makes one. Pure: time and keys are arguments.
"""

import re
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.rides import qr
from apps.rides.errors import QrStale, QrUnreadable
from apps.rides.qr import Keyring

PREFIX = "UMAC1."
# A page draws it anew every quarter of a minute and may be slow; nobody walks home with it.
ACCEPTED_STEPS_BACK = 3
# How far back a code is known for an old one, so that it is refused as old and not as unknown.
_KNOWN_STEPS_BACK = 40
_KEY_BYTES = 64
_PADDING = "===="
_CARD = re.compile(r"UMAC1\.(?P<kid>[A-Z0-9]{2})\.(?P<sealed>[A-Z2-7]{52})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Card:
    """The text to show, and until when it is good."""

    text: str
    good_until: datetime


def card(*, person_id: UUID, keys: Keyring, now: datetime) -> Card:
    """Return the code of this moment."""
    step, kid = qr.step_at(now), keys.signing_kid
    sealed = _cipher(keys.keys[kid]).encrypt(person_id.bytes, [_bound(kid, step)])
    text = b32encode(sealed).decode("ascii").rstrip("=")
    until = datetime.fromtimestamp((step + ACCEPTED_STEPS_BACK + 1) * qr.STEP_SECONDS, tz=UTC)
    return Card(f"{PREFIX}{kid}.{text}", until)


def person_of(text: str, *, keys: Keyring, now: datetime) -> UUID:
    """
    Return who shows the code.

    Raises:
        QrUnreadable: anything that is not byte for byte a code of ours, of the last minutes.
        QrStale: a genuine code of another moment.
    """
    found = _CARD.fullmatch(text)
    if found is None or found["kid"] not in keys.keys:
        raise QrUnreadable
    kid, sealed = found["kid"], b32decode(found["sealed"] + _PADDING)
    if b32encode(sealed).decode("ascii").rstrip("=") != found["sealed"]:
        # Another spelling of the same bytes is not the code that was shown.
        raise QrUnreadable
    cipher, current = _cipher(keys.keys[kid]), qr.step_at(now)
    for back in range(-1, _KNOWN_STEPS_BACK):
        try:
            person = UUID(bytes=cipher.decrypt(sealed, [_bound(kid, current - back)]))
        except InvalidTag:
            continue
        if not 0 <= back <= ACCEPTED_STEPS_BACK:
            raise QrStale(skew_seconds=back * qr.STEP_SECONDS, server_time=now)
        return person
    raise QrUnreadable


@lru_cache(maxsize=8)
def _cipher(master: bytes) -> AESSIV:
    # A key of its own: no code of a booking says anything about one of a person.
    derived = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"UMAC1").derive(master)
    return AESSIV(derived)


def _bound(kid: str, step: int) -> bytes:
    return f"UMAC1|{kid}|{step}".encode("ascii")
