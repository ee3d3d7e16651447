"""
One request over the wire: signed just before it leaves, sent once, and what the answer means.

Nobody's word is taken for where to send: an address is used only when the registry lists its host for
the seller, and on the real network only by HTTPS to a host that is everybody's to see; the connection goes to the
very address that was looked at, whatever the name says a moment later (reliability.md O-07).
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException

from apps.ondc.network import is_public_address
from apps.ondc.voice import Voice
from uma.kernel.http import outward
from uma.kernel.http.outward import AddressRefused, Patience, Reply

# Connect, read (reliability.md, O-10); all of it ends well before another worker may take the message.
PATIENCE = Patience(connect_s=1.0, read_s=3.0, whole_s=6.0)
LARGEST_ANSWER = 64 * 1024
LONGEST_PAUSE_S = 60
_OK = range(200, 300)
_THROTTLED = 429
_SERVER_ERRORS = 500
_ANOTHER_TRY = frozenset({401, 403, 408, 429})


class Verdict(StrEnum):
    """What an answer means: taken, refused for good, later please, or nobody knows."""

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"
    BUSY = "BUSY"
    SILENT = "SILENT"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt."""

    verdict: Verdict
    status: int | None = None
    error_code: str = ""
    error_text: str = ""
    pause_s: int = 0


_NOT_PUBLIC = Outcome(Verdict.REFUSED, error_code="address", error_text="not a public address")


def post(*, url: str, raw: bytes, voice: Voice, now_s: int) -> Outcome:
    """Send the bytes once and say what the answer means; never raises for what others do."""
    reply = _exchange(url, raw, voice.network.sign(raw, now=now_s), public=voice.is_public)
    if isinstance(reply, Outcome):
        return reply
    return read(reply.status, reply.body, reply.retry_after)


def push(*, url: str, raw: bytes, token: str, public: bool) -> Outcome:
    """Send a report once, under a token and unsigned; never raises for what others do."""
    reply = _exchange(url, raw, f"Bearer {token}", public=public)
    if isinstance(reply, Outcome):
        return reply
    if reply.status in _OK:
        return Outcome(Verdict.TAKEN, reply.status)
    # A token that ran out is renewed, a full service empties: both are worth another try.
    again = reply.status >= _SERVER_ERRORS or reply.status in _ANOTHER_TRY
    verdict = Verdict.BUSY if again else Verdict.REFUSED
    return Outcome(verdict, reply.status, str(reply.status))


def _exchange(url: str, raw: bytes, authorization: str, *, public: bool) -> Reply | Outcome:
    """Return what was answered, or what the lack of an answer means."""
    if public and not is_public_address(url):
        return _NOT_PUBLIC
    headers = {
        "Authorization": authorization,
        "Content-Type": "application/json; charset=utf-8",
    }
    try:
        return outward.exchange(
            url, raw, headers, private=not public, patience=PATIENCE, largest=LARGEST_ANSWER
        )
    except AddressRefused:
        return _NOT_PUBLIC
    except (OSError, HTTPException, ValueError) as silence:
        return Outcome(Verdict.SILENT, error_code="silent", error_text=type(silence).__name__)


def read(status: int, said: bytes, retry_after: str = "") -> Outcome:
    """
    Return what an answer means; leniently, for answers come in many shapes (ondc.md 3.1).

    A 2xx with ACK anywhere under `message`, or with nothing at all, is one; NACK anywhere is a refusal.
    """
    if status == _THROTTLED:
        pause = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 2
        return Outcome(Verdict.BUSY, status, "throttled", pause_s=min(pause, LONGEST_PAUSE_S))
    if status >= _SERVER_ERRORS:
        return Outcome(Verdict.SILENT, status, "server_error")
    try:
        body = json.loads(said) if said.strip() else {}
    except (ValueError, RecursionError):
        body = None
    words = set(_words(body))
    if "NACK" in words or status not in _OK:
        error = _error(body)
        return Outcome(
            Verdict.REFUSED,
            status,
            str(error.get("code") or status)[:32],
            str(error.get("message") or "")[:200],
        )
    if body == {} or "ACK" in words:
        return Outcome(Verdict.TAKEN, status)
    return Outcome(Verdict.SILENT, status, "no_acknowledgement")


def _words(body: object, depth: int = 0) -> list[str]:
    """Return every `status` in the answer's message, whatever it is wrapped in."""
    if not isinstance(body, dict) or depth > 4:  # noqa: PLR2004 - deeper than any that was seen
        return []
    found = [value for key, value in body.items() if key == "status" and isinstance(value, str)]
    return found + [word for value in body.values() for word in _words(value, depth + 1)]


def _error(body: object) -> dict[str, object]:
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, dict):
        return error
    message = body.get("message")
    return _error(message) if isinstance(message, dict) else {}
