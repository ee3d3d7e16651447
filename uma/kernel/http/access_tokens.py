"""
The access token on the wire: a JWT of RFC 9068 that only we make, so only our one form is read.

Form, header and key are judged before any cryptography; the signature before any claim. Why EdDSA,
and why a strict form of our own around PyJWT, stands in decisions/0017.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from uma.kernel.http.errors import NotAuthenticated
from uma.kernel.ids import new_id

ISSUER = "uma"
AUDIENCE = "uma-api"
TOKEN_TYPE = "at+jwt"  # noqa: S105  # the header's value, not a secret
ALGORITHM = "EdDSA"
LIFE = timedelta(minutes=10)
# No token of ours lives longer, whatever its signature says.
LONGEST_LIFE_S = 86_400
# How far another web server's clock may be ahead of this one's.
SKEW_S = 5
ROLES = frozenset({"rider", "merchant", "operator"})
# A token is about 450 characters; a longer header is not one of ours and costs no cryptography.
LONGEST_TOKEN = 1024

_HEADER = frozenset({"alg", "kid", "typ"})
# Exactly these: a claim that an older server does not know is one that it cannot enforce.
_CLAIMS = frozenset({"iss", "aud", "sub", "sid", "jti", "role", "auth_time", "iat", "exp"})
# Header, payload, and the 64 bytes of an Ed25519 signature, in base64url without padding.
_FORM = re.compile(r"([A-Za-z0-9_-]{1,200})\.([A-Za-z0-9_-]{1,700})\.([A-Za-z0-9_-]{86})", re.ASCII)
_KEY = re.compile(r"([A-Za-z0-9]{1,8}):(public:)?([0-9a-f]{64})", re.ASCII)

_jws = jwt.PyJWS(algorithms=[ALGORITHM])


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys by kid: the first signs, every one verifies."""

    signing_kid: str
    signing_key: Ed25519PrivateKey
    public_keys: Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    user_id: UUID
    role: str
    session_id: UUID
    authenticated_at: int
    expires_at: int


@lru_cache(maxsize=8)
def signing_keys(text: str) -> SigningKeys:
    """
    Read `"kid:seed[,kid:seed][,kid:public:key]"`, 64 lower-case hex digits each.

    Raises:
        ValueError: an entry that is none, a kid that comes twice, or a first entry that cannot sign.
    """
    signing: tuple[str, Ed25519PrivateKey] | None = None
    public: dict[str, Ed25519PublicKey] = {}
    for entry in text.split(","):
        found = _KEY.fullmatch(entry.strip())
        if found is None:
            raise ValueError("an entry is not kid:seed or kid:public:key in lower-case hex")
        kid, only_verifies, digits = found.groups()
        if kid in public:
            raise ValueError(f"the kid {kid} comes twice")
        if only_verifies:
            public[kid] = Ed25519PublicKey.from_public_bytes(bytes.fromhex(digits))
        else:
            private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(digits))
            public[kid] = private.public_key()
            if len(public) == 1:
                signing = kid, private
    if signing is None:
        raise ValueError("the first entry has no seed, so nothing could be signed")
    return SigningKeys(*signing, public)


def sign(
    *,
    keys: SigningKeys,
    user_id: UUID,
    role: str,
    session_id: UUID,
    authenticated_at: datetime,
    now: datetime,
    life: timedelta,
) -> str:
    """Return a signed access token, valid for `life` from `now`."""
    assert role in ROLES
    issued = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": str(new_id()),
        "role": role,
        "auth_time": int(authenticated_at.timestamp()),
        "iat": issued,
        "exp": issued + int(life.total_seconds()),
    }
    return jwt.encode(
        claims,
        keys.signing_key,
        algorithm=ALGORITHM,
        headers={"typ": TOKEN_TYPE, "kid": keys.signing_kid},
    )


def verify(token: str, *, keys: SigningKeys, now_s: float) -> Claims:
    """
    Return what the token says, if it is ours and lives at `now_s` (Unix seconds).

    Raises:
        NotAuthenticated
    """
    form = _FORM.fullmatch(token) if len(token) <= LONGEST_TOKEN else None
    if form is None:
        _refuse()
    header, payload = _document(form[1]), _document(form[2])
    _canonical(form[3])
    key = keys.public_keys.get(_kid_of(header))
    if key is None:
        _refuse()
    try:
        _jws.decode_complete(token, key, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        _refuse()
    return _judged(payload, now_s=now_s)


def _refuse() -> NoReturn:
    # One sentence for every flaw: a forger learns nothing from it.
    raise NotAuthenticated("The access token is not valid.") from None


def _canonical(part: str) -> bytes:
    """Return the bytes; of the several spellings that lenient decoders take, one is ours."""
    raw = urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    if urlsafe_b64encode(raw).rstrip(b"=") != part.encode():
        _refuse()
    return raw


def _document(part: str) -> Mapping[str, object]:
    """Return a JSON object without duplicate keys, fractions and NaN."""
    raw = _canonical(part)
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        _refuse()
    if not isinstance(document, dict):
        _refuse()
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: a JSON document
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise ValueError("a key comes twice")
    return whole


def _no_number(digits: str) -> NoReturn:
    raise ValueError(digits)


def _kid_of(header: Mapping[str, object]) -> str:
    """Return the kid of a header that has our three members and nothing to lead us elsewhere."""
    kid = header.get("kid")
    if (
        header.keys() != _HEADER
        or header["alg"] != ALGORITHM
        or header["typ"] != TOKEN_TYPE
        or not isinstance(kid, str)
    ):
        _refuse()
    return kid


def _judged(claims: Mapping[str, object], *, now_s: float) -> Claims:
    role = claims.get("role")
    if (
        claims.keys() != _CLAIMS
        or claims["iss"] != ISSUER
        or claims["aud"] != AUDIENCE
        or not isinstance(role, str)
        or role not in ROLES
    ):
        _refuse()
    _uuid(claims["jti"])
    issued, expires = _instant(claims["iat"]), _instant(claims["exp"])
    authenticated = _instant(claims["auth_time"])
    if not (
        authenticated <= issued + SKEW_S
        and issued <= now_s + SKEW_S
        and issued < expires <= issued + LONGEST_LIFE_S
    ):
        _refuse()
    if expires <= now_s:
        # The signature was good: an honest app that slept, not somebody who guesses.
        raise NotAuthenticated("The access token has expired.", is_guess=False)
    return Claims(_uuid(claims["sub"]), role, _uuid(claims["sid"]), authenticated, expires)


def _instant(value: object) -> int:
    # bool is an int to Python.
    if type(value) is not int or not 0 <= value < 1 << 40:
        _refuse()
    return value


def _uuid(value: object) -> UUID:
    if isinstance(value, str):
        try:
            parsed = UUID(value)
        except ValueError:
            _refuse()
        # UUID() also takes braces, upper case and `urn:`.
        if str(parsed) == value:
            return parsed
    _refuse()
