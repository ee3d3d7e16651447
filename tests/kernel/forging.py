"""Access tokens for tests: ours, and what somebody makes who would like to pass for us."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from uma.kernel.http.access_tokens import signing_keys

PERSON = UUID("01932e4a-0000-7000-8000-000000000001")
LEFT_OUT = object()


def now_s() -> int:
    return int(datetime.now(UTC).timestamp())


def header(**changes: object) -> dict[str, object]:
    """Return the header of a token of ours, changed; `LEFT_OUT` leaves a member out."""
    kid = signing_keys(settings.ACCESS_TOKEN_KEYS).signing_kid
    return _changed({"alg": "EdDSA", "kid": kid, "typ": "at+jwt"}, changes)


def claims(**changes: object) -> dict[str, object]:
    """Return the claims of a token that is good now, changed."""
    now = now_s()
    whole: dict[str, object] = {
        "iss": "uma",
        "aud": "uma-api",
        "sub": str(PERSON),
        "sid": str(uuid4()),
        "jti": str(uuid4()),
        "role": "rider",
        "auth_time": now,
        "iat": now,
        "exp": now + 60,
    }
    return _changed(whole, changes)


def _changed(whole: dict[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**whole, **changes}.items() if value is not LEFT_OUT}


def coded(part: Any) -> str:  # Any: whatever JSON can say, or bytes that are none
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(
    head: Any, payload: Any, *, key: Ed25519PrivateKey | None = None
) -> str:  # Any: as above
    """Return a token of these parts with a signature that is right: ours, or that of `key`."""
    key = key or signing_keys(settings.ACCESS_TOKEN_KEYS).signing_key
    body = f"{coded(head)}.{coded(payload)}"
    return f"{body}.{coded(key.sign(body.encode()))}"


def forged(head: Mapping[str, object] | None = None, **changes: object) -> str:
    """Return a token with our own signature over changed claims, or under another header."""
    return signed(header() if head is None else head, claims(**changes))
