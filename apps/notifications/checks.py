"""What the settings say of pushes to browsers must be whole, and public: every page of settings shows it."""

import base64
import binascii
from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Error

# An uncompressed point of P-256 (RFC 8292, section 3.2); the private key beside it is shorter.
_POINT, _POINT_BYTES = b"\x04", 65


def web_push_is_whole() -> Iterator[CheckMessage]:
    """Refuse half a configuration, and what is no public key."""
    told = settings.FIREBASE_WEB
    missing = [f"UMA_FIREBASE_{name}" for name, text in told.items() if not text]
    if not settings.FIREBASE_WEB_KEY:
        missing.append("UMA_FIREBASE_WEB_KEY")
    if not any(told.values()):
        return
    if missing:
        yield Error(
            "Pushes to browsers are configured half-way: their button would do nothing.",
            hint=f"Set {', '.join(missing)} as well, or leave all of them out.",
            id="uma.E037",
        )
    if told["VAPID_KEY"] and not _is_public_key(told["VAPID_KEY"]):
        yield Error(
            "UMA_FIREBASE_VAPID_KEY is not the public half of a key pair for web push.",
            hint="Copy the key pair shown under Web Push certificates; its private key is no setting.",
            id="uma.E037",
        )


def _is_public_key(text: str) -> bool:
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(key) == _POINT_BYTES and key.startswith(_POINT)
