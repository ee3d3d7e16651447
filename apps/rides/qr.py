"""
The code a rider shows: the rotating token, the six spoken digits, the printed code.

Pure: time and keys are arguments. Format, key derivation and test vectors are published in
docs/qr.md; why it is so stands in decisions/0008.
"""

import hmac
import re
import secrets
from base64 import b32decode, b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from apps.rides.errors import QrStale, QrUnreadable

STEP_SECONDS = 15
# A code is accepted in its own step and the next one: it lives 30 s at the most.
ACCEPTED_STEPS_BACK = 1
SPOKEN_DIGITS = 6
MAX_CHARS = 64
REF_CHARS = 13
KEY_BYTES = 32
MAC_BYTES = 10
_NO_SALT = bytes(KEY_BYTES)

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648, section 6: no 0, 1 or 8 to confuse
_KID = re.compile(r"[A-Z0-9]{2}", re.ASCII)
_TOKEN = re.compile(
    r"UMA1\.(?P<kid>[A-Z0-9]{2})\.(?P<ref>[A-Z2-7]{13})\.(?P<step>[A-Z2-7]{6})\.(?P<mac>[A-Z2-7]{16})",
    re.ASCII,
)
_STATIC = re.compile(
    r"UMA-RIDE-([0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12})", re.ASCII
)
_SPOKEN = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys by kid: `signing_kid` goes into new bookings, every key verifies."""

    signing_kid: str
    keys: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ParsedToken:
    """A rotating code whose MAC and step were right; `ref` names the booking."""

    kid: str
    ref: str
    step: int


@dataclass(frozen=True, slots=True)
class StaticCode:
    """A printed code. It proves nothing until a booking whose terms allow one is found by it."""

    static_id: UUID


@lru_cache(maxsize=8)
def keyring(text: str) -> Keyring:
    """
    Read `"kid:hex[,kid:hex…]"`; the first key signs, all verify.

    Raises:
        ValueError: a kid that is not two of A-Z 0-9 or comes twice; a key shorter than 32 bytes.
    """
    keys: dict[str, bytes] = {}
    for entry in text.split(","):
        kid, colon, digits = entry.strip().partition(":")
        if not colon or _KID.fullmatch(kid) is None or kid in keys:
            raise ValueError(
                "QR master keys: each is kid:hex, and a kid is two of A-Z 0-9, used once."
            )
        key = bytes.fromhex(digits)
        if len(key) < KEY_BYTES:
            raise ValueError(f"QR master key {kid} is shorter than {KEY_BYTES} bytes.")
        keys[kid] = key
    return Keyring(signing_kid=next(iter(keys)), keys=keys)


def new_ref() -> str:
    """Return a fresh booking reference: 65 random bits as thirteen base32 characters."""
    return "".join(secrets.choice(_BASE32) for _ in range(REF_CHARS))


def booking_key(*, keys: Keyring, kid: str, ref: str) -> bytes:
    """Return the 32 bytes the rider's device holds: HKDF-SHA256 (RFC 5869) of the master key."""
    # The reference is in the token itself, so the MAC is checked before any database read.
    info = f"UMA1|{kid}|{ref}".encode("ascii")
    # RFC 5869 without salt and for one block: extract, then expand. Half the price of the library's
    # object, which is made anew at each scan; a test holds the two against each other.
    extracted = hmac.digest(_NO_SALT, keys.keys[kid], "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def step_at(at: datetime) -> int:
    """Return the number of the 15-second step that contains `at`, counted from the Unix epoch."""
    return int(at.timestamp()) // STEP_SECONDS


def token(*, key: bytes, kid: str, ref: str, step: int) -> str:
    """Return the 45 characters to show during `step`, all of the QR alphanumeric set."""
    steps = _base32_number(step)
    return f"UMA1.{kid}.{ref}.{steps}.{_mac(key, kid, ref, steps)}"


def spoken_code(*, key: bytes, step: int) -> str:
    """Return the six digits of `step`: TOTP (RFC 6238) with SHA-256, 15-second steps."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha256")
    offset = digest[-1] & 0x0F  # dynamic truncation, RFC 4226 section 5.3
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**SPOKEN_DIGITS:0{SPOKEN_DIGITS}d}"


def is_spoken_code(text: str) -> bool:
    """Say whether `text` is exactly six ASCII digits."""
    return _SPOKEN.fullmatch(text) is not None


def static_text(static_id: UUID) -> str:
    """Return the text of a printed code."""
    return f"UMA-RIDE-{str(static_id).upper()}"


def parse(text: str, *, keys: Keyring, now: datetime) -> ParsedToken | StaticCode:
    """
    Read the text of a scanned code; a rotating one has its MAC and its step checked.

    Raises:
        QrUnreadable: anything that is not byte for byte a code of ours.
        QrStale: a genuine code of another moment, with the skew; of the future as well.
    """
    read_token = read(text, keys=keys)
    if isinstance(read_token, ParsedToken):
        check_fresh(read_token, now=now)
    return read_token


def read(text: str, *, keys: Keyring) -> ParsedToken | StaticCode:
    """
    Read the text of a scanned code and check the MAC of a rotating one, whatever its age.

    A scan that is repeated after its answer was lost carries an old code by then; it must still
    find the handshake it settled, so the age is a separate question.

    Raises:
        QrUnreadable: anything that is not byte for byte a code of ours.
    """
    # Length first: nothing longer than a code reaches the patterns.
    if len(text) > MAX_CHARS:
        raise QrUnreadable
    if printed := _STATIC.fullmatch(text):
        return StaticCode(UUID(printed[1]))
    found = _TOKEN.fullmatch(text)
    if found is None or found["kid"] not in keys.keys:
        raise QrUnreadable
    kid, ref, steps = found["kid"], found["ref"], found["step"]
    expected = _mac(booking_key(keys=keys, kid=kid, ref=ref), kid, ref, steps)
    if not hmac.compare_digest(expected, found["mac"]):
        raise QrUnreadable
    return ParsedToken(kid, ref, _number_of(steps))


def check_fresh(read_token: ParsedToken, *, now: datetime) -> None:
    """
    Refuse a code of another moment: only the current and the previous step are accepted.

    Raises:
        QrStale: with the skew; of the future as well.
    """
    current = step_at(now)
    if not current - ACCEPTED_STEPS_BACK <= read_token.step <= current:
        raise QrStale(skew_seconds=(current - read_token.step) * STEP_SECONDS, server_time=now)


def _mac(key: bytes, kid: str, ref: str, steps: str) -> str:
    digest = hmac.digest(key, f"UMA1|{kid}{ref}{steps}".encode("ascii"), "sha256")
    return b32encode(digest[:MAC_BYTES]).decode("ascii")


def _base32_number(step: int) -> str:
    # Thirty bits, most significant first; enough until the year 2480.
    assert 0 <= step < 1 << 30
    return "".join(_BASE32[step >> shift & 31] for shift in range(25, -5, -5))


def _number_of(steps: str) -> int:
    # Two padding characters' worth of zero bits make whole bytes of it.
    return int.from_bytes(b32decode(steps + "AA"), "big") >> 10
