"""Who is calling: a short-lived access token, checked without a look at the database (RFC 9068)."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from uma.kernel.http.errors import NotAuthenticated

ISSUER = "uma"
AUDIENCE = "uma-api"
TOKEN_TYPE = "at+jwt"  # noqa: S105  # the header's value, not a secret
ALGORITHM = "HS256"
LIFE = timedelta(minutes=10)
ROLES = frozenset({"rider", "merchant", "operator"})
# A token is about 300 characters; a longer header is not one of ours and costs no cryptography.
LONGEST_TOKEN = 2048
CACHED_TOKENS = 20_000


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a verified token, in the role it was issued for."""

    user_id: UUID
    role: str
    session_id: UUID

    is_authenticated: ClassVar[Literal[True]] = True
    is_anonymous: ClassVar[Literal[False]] = False


# token → (expiry in Unix seconds, principal). Reading the signature again costs more than the whole
# rest of authentication, and a scanner sends the same token all day. Nothing is cached that was not
# verified by this process, and nothing is believed past its expiry.
_verified: dict[str, tuple[float, Principal]] = {}


def issue_access_token(
    *, user_id: UUID, role: str, session_id: UUID, now: datetime, life: timedelta = LIFE
) -> str:
    """Return a signed access token for `role`, valid for `life` from `now`."""
    assert role in ROLES
    issued = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "role": role,
        "iat": issued,
        "exp": issued + int(life.total_seconds()),
    }
    return jwt.encode(
        claims, settings.ACCESS_TOKEN_KEY, algorithm=ALGORITHM, headers={"typ": TOKEN_TYPE}
    )


def _verify(token: str) -> tuple[float, Principal]:
    try:
        whole = jwt.decode_complete(
            token,
            settings.ACCESS_TOKEN_KEY,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        # RFC 9068 section 4: a token of another type, such as a refresh token, opens nothing here.
        if whole["header"].get("typ") != TOKEN_TYPE:
            raise NotAuthenticated("The token is not an access token.")
        claims = whole["payload"]
        role = claims.get("role")
        if role not in ROLES:
            raise NotAuthenticated("The token has no role.")
        principal = Principal(UUID(claims["sub"]), role, UUID(claims["sid"]))
        return float(claims["exp"]), principal
    except jwt.ExpiredSignatureError:
        raise NotAuthenticated("The access token has expired.") from None
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        raise NotAuthenticated("The access token is not valid.") from None


def authenticate(token: str) -> Principal:
    """
    Return whom a bearer token speaks for.

    Raises:
        NotAuthenticated
    """
    known = _verified.get(token)
    if known is not None and known[0] > time.time():
        return known[1]
    if len(token) > LONGEST_TOKEN:
        raise NotAuthenticated("The access token is not valid.")
    expiry, principal = _verify(token)
    if len(_verified) >= CACHED_TOKENS:
        _verified.clear()
    _verified[token] = (expiry, principal)
    return principal


class AccessTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`; no header means anonymous, a bad token means 401."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("Only Bearer tokens are accepted.")
        return authenticate(token.strip()), None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of RFC 6750: with an error only when a token was presented."""
        if request.META.get("HTTP_AUTHORIZATION"):
            return 'Bearer realm="uma-api", error="invalid_token"'
        return 'Bearer realm="uma-api"'


def principal_of(request: Request) -> Principal:
    """
    Return who is calling.

    Raises:
        NotAuthenticated
    """
    if not isinstance(request.user, Principal):
        raise NotAuthenticated
    return request.user
