"""Keyset pages: a bare array, and where the next page is in the Link header (RFC 8288)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from uma.kernel.http.errors import InvalidCursor, InvalidParameter

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 100
LONGEST_CURSOR = 512
_MAC_BYTES = 12


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows to answer, and after which position (`None` is the beginning)."""

    limit: int
    after: str | None


def _mac(path: str, position: bytes) -> bytes:
    key = hashlib.sha256(b"uma.page|" + settings.SECRET_KEY.encode()).digest()
    # Bound to the path: a position of one list means nothing in another.
    message = path.encode() + b"\x00" + position
    return hmac.new(key, message, hashlib.sha256).digest()[:_MAC_BYTES]


def seal(path: str, position: str) -> str:
    """Return the opaque, signed cursor for `position` in the list at `path`."""
    raw = position.encode()
    return base64.urlsafe_b64encode(_mac(path, raw) + raw).rstrip(b"=").decode()


def unseal(path: str, cursor: str) -> str:
    """
    Return the position in a cursor.

    Raises:
        InvalidCursor
    """
    if len(cursor) > LONGEST_CURSOR or not cursor.isascii():
        raise InvalidCursor
    try:
        whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = whole[_MAC_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    # Sealed anew and compared as text: base64 has several spellings of the same bytes.
    if not hmac.compare_digest(seal(path, position), cursor):
        raise InvalidCursor
    return position


def read_page(request: Request, default: int = DEFAULT_LIMIT) -> Page:
    """
    Return the page that `?limit=` (1 to 100) and `?after=` ask for.

    Raises:
        InvalidParameter, InvalidCursor
    """
    query = request.query_params
    text = query.get("limit")
    limit = default
    if text is not None:
        if not (text.isascii() and text.isdigit() and 1 <= len(text) <= len(str(LARGEST_LIMIT))):
            raise InvalidParameter(f"limit is a whole number from 1 to {LARGEST_LIMIT}.")
        limit = int(text)
        if not 1 <= limit <= LARGEST_LIMIT:
            raise InvalidParameter(f"limit is a whole number from 1 to {LARGEST_LIMIT}.")
    cursor = query.get("after")
    return Page(limit, None if cursor is None else unseal(request.path, cursor))


def page_response(request: Request, rows: Sequence[object], next_cursor: str | None) -> Response:
    """
    Answer `rows` as a bare array; `next_cursor` is the position of the last row, `None` at the end.

    The link keeps the query as it was and changes only `after`.
    """
    response = Response(rows)
    if next_cursor is not None:
        query = request.query_params.copy()
        query["after"] = seal(request.path, next_cursor)
        where = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        response["Link"] = f'<{where}>; rel="next"'
    return response
