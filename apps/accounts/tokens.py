"""
Refresh tokens: opaque secrets, kept as digests; a successor is derived from what was presented.

Pure: keys are arguments. Because the successor follows from the presented secret and a key that
only the server has, an answer that was lost can be given again although nothing is stored in clear
(decisions/0017).
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

SECRET_BYTES = 32
_FORM = re.compile(r"umr_[A-Za-z0-9_-]{43}", re.ASCII)


def fresh() -> str:
    """Return a new secret of 256 random bits."""
    return _spelled(secrets.token_bytes(SECRET_BYTES))


def is_secret(text: str) -> bool:
    """Return whether the text has the form of a refresh token at all."""
    return _FORM.fullmatch(text) is not None


def digest(text: str) -> str:
    """Return what is stored of a secret, or of a device's id."""
    return sha256(text.encode()).hexdigest()


def successors(presented: str, *, keys: Sequence[bytes]) -> list[str]:
    """Return the successor under each key, the current key's first."""
    return [
        _spelled(hmac.digest(key, b"uma refresh successor\0" + presented.encode(), "sha256"))
        for key in keys
    ]


def same_device(device_id: str, kept_hash: str) -> bool:
    """Return whether the device is the one remembered; nobody is the same as one unnamed."""
    return bool(device_id) and hmac.compare_digest(digest(device_id), kept_hash)


def keyring(text: str) -> list[bytes]:
    """Read `"hex[,hex…]"`."""
    return [bytes.fromhex(key) for key in text.split(",")]


def _spelled(raw: bytes) -> str:
    return "umr_" + urlsafe_b64encode(raw).rstrip(b"=").decode()
