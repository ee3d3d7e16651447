"""
The keys of personal data, and what they do to a value.

A sealed value is `version | kid (2) | nonce (12) | ciphertext | tag (16)`. Version, key id, table, column
and row are associated data: none is stored twice, and all must be the same for it to open
(decisions/0015). Version 1 seals the UTF-8 of the text; version 2 its deflated form, which long texts
have when it is shorter: what others told us is stored and written to the log at a fraction (0048).
"""

import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from uma.kernel.crypto.errors import DoesNotOpen, KeyNotListed
from uma.kernel.crypto.place import Place

VERSION, PACKED = b"\x01", b"\x02"
# Bytes of UTF-8 from which packing pays; names and numbers of people stay far below.
PACK_FROM = 512
KID_CHARS = 2
NONCE_BYTES = 12
TAG_BYTES = 16
# What sealing adds to the UTF-8 of a value.
OVERHEAD_BYTES = len(VERSION) + KID_CHARS + NONCE_BYTES + TAG_BYTES
KEY = re.compile(r"[A-Z0-9]{2}:[0-9a-f]{64}", re.ASCII)

_HEAD = len(VERSION) + KID_CHARS


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys by kid: `sealing_kid` seals, every key opens."""

    sealing_kid: str
    _ciphers: Mapping[str, AESGCM]

    @property
    def kids(self) -> tuple[str, ...]:
        return tuple(self._ciphers)

    def seal(self, text: str, *, place: Place) -> bytes:
        """Return `text` sealed to its place under the first key, with a fresh random nonce."""
        nonce = os.urandom(NONCE_BYTES)
        version, plain = VERSION, text.encode()
        if len(plain) >= PACK_FROM and len(packed := zlib.compress(plain, 1)) < len(plain):
            version, plain = PACKED, packed
        head = version + self.sealing_kid.encode("ascii")
        return (
            head
            + nonce
            + self._ciphers[self.sealing_kid].encrypt(nonce, plain, _bound(head, place))
        )

    def open(self, sealed: bytes, *, place: Place) -> str:
        """
        Return the text that was sealed for this place.

        Raises:
            KeyNotListed, DoesNotOpen
        """
        kid = kid_of(sealed)
        if kid is None:
            raise DoesNotOpen(place)
        if kid not in self._ciphers:
            raise KeyNotListed(place, kid)
        nonce, body = sealed[_HEAD : _HEAD + NONCE_BYTES], sealed[_HEAD + NONCE_BYTES :]
        try:
            opened = self._ciphers[kid].decrypt(nonce, body, _bound(sealed[:_HEAD], place))
        except InvalidTag:
            # Not `from`: what the library says adds nothing, and its arguments stay unseen.
            raise DoesNotOpen(place) from None
        # Authentic, so it is what was packed here and no longer than what was sealed.
        return (zlib.decompress(opened) if sealed.startswith(PACKED) else opened).decode()


def kid_of(sealed: bytes) -> str | None:
    """Return the key that a sealed value names; None when it is no sealed value of ours."""
    if len(sealed) < OVERHEAD_BYTES or not sealed.startswith((VERSION, PACKED)):
        return None
    return sealed[len(VERSION) : _HEAD].decode("ascii", errors="replace")


def _bound(head: bytes, place: Place) -> bytes:
    # No name of a table or column has a bar in it, so no two places read alike.
    return head + f"|{place.table}|{place.column}|{place.row}".encode()


def keyring() -> Keyring:
    """Return the keys of UMA_FIELD_KEYS."""
    return read_keyring(settings.FIELD_KEYS)


@lru_cache(maxsize=8)
def read_keyring(text: str) -> Keyring:
    """
    Read `"kid:hex[,kid:hex…]"`; the first key seals, all open.

    Raises:
        ValueError: an entry that is not two of A-Z 0-9, a colon and 64 lower-case hex digits, or a
            kid that comes twice.
    """
    ciphers: dict[str, AESGCM] = {}
    for entry in text.split(","):
        if KEY.fullmatch(entry) is None:
            raise ValueError("Field keys: each is kid:hex, a kid of two of A-Z 0-9, 64 hex digits.")
        kid, _, digits = entry.partition(":")
        if kid in ciphers:
            raise ValueError(f"Field keys: {kid} comes twice.")
        ciphers[kid] = AESGCM(bytes.fromhex(digits))
    return Keyring(next(iter(ciphers)), ciphers)
