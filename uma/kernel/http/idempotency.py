"""The Idempotency-Key header (IETF draft): which request is the same request again."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.request import Request

from uma.kernel.http.errors import IdempotencyKeyMalformed, IdempotencyKeyRequired

LONGEST_KEY = 255
REPLAYED = "Idempotent-Replayed"

_BARE = re.compile(r"[\x21\x23-\x7e]+")
# RFC 8941 section 3.3.3: printable ASCII in double quotes; only \" and \\ are escapes.
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The client's key and what it was sent with: SHA-256 over method, path and body."""

    key: str
    fingerprint: bytes


def parse_idempotency_key(header: str) -> str:
    """
    Return the key in a header's value, quoted (a structured string) or bare.

    Raises:
        IdempotencyKeyMalformed
    """
    text = header.strip(" \t")
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        key = quoted[1].replace('\\"', '"').replace("\\\\", "\\")
    elif _BARE.fullmatch(text):
        key = text
    else:
        raise IdempotencyKeyMalformed
    if not key.strip() or len(key) > LONGEST_KEY:
        raise IdempotencyKeyMalformed
    return key


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        # 150, 150.0 and 1.5e2 are one amount, and so one request.
        return format(value.normalize(), "f") if value % 1 else int(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def fingerprint(method: str, path: str, body: Any) -> bytes:  # Any: a JSON document
    """Return SHA-256 over method, path and the parsed body in one canonical form."""
    canonical = orjson.dumps(
        [method, path, _canonical(body)], default=_plain, option=orjson.OPT_SORT_KEYS
    )
    return hashlib.sha256(canonical).digest()


def _canonical(body: Any) -> Any:  # Any: a JSON document
    # An empty body and an empty object are read alike by every endpoint.
    return body or None


def key_of(
    meta: Mapping[str, Any], method: str, path: str, body: Any
) -> IdempotencyKey | None:  # Any: a request's environment, a JSON document
    """
    Return the key in a request's headers with the fingerprint of all it came with.

    Raises:
        IdempotencyKeyMalformed
    """
    header: str | None = meta.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return None
    return IdempotencyKey(parse_idempotency_key(header), fingerprint(method, path, body))


def read_idempotency_key(request: Request) -> IdempotencyKey | None:
    """
    Return the request's key and fingerprint, or `None` when it has no key.

    Raises:
        IdempotencyKeyMalformed, and what the parser refuses
    """
    if "HTTP_IDEMPOTENCY_KEY" not in request.META:
        return None
    assert request.method is not None
    return key_of(request.META, request.method, request.path, request.data)


def require_idempotency_key(request: Request) -> IdempotencyKey:
    """
    Return the request's key and fingerprint.

    Raises:
        IdempotencyKeyRequired, IdempotencyKeyMalformed
    """
    key = read_idempotency_key(request)
    if key is None:
        raise IdempotencyKeyRequired
    return key
