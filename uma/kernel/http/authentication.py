"""Who is calling: a short-lived access token, checked without a look at the database (RFC 9068)."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal
from uuid import UUID

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from uma.kernel import context
from uma.kernel.http import access_tokens
from uma.kernel.http.access_tokens import LIFE
from uma.kernel.http.errors import FreshSignInRequired, NotAuthenticated
from uma.kernel.http.guessers import refuse_guesser
from uma.kernel.http.keys import PREFIX, KeyPrincipal, authenticate_key, is_known
from uma.kernel.http.lanes import SCANNER
from uma.kernel.http.revocation import watch

CACHED_TOKENS = 20_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a verified token, in the role it was issued for."""

    user_id: UUID
    role: str
    session_id: UUID
    # When the person last proved who they are; a refreshed token keeps the instant.
    authenticated_at: datetime

    is_authenticated: ClassVar[Literal[True]] = True
    is_anonymous: ClassVar[Literal[False]] = False

    @property
    def limited_as(self) -> UUID:
        """Return whose requests are counted together."""
        return self.user_id


Caller = Principal | KeyPrincipal

# token → (expiry in Unix seconds, principal). Reading the signature again costs more than the whole
# rest of authentication, and a scanner sends the same token all day. Nothing is cached that was not
# verified by this process, and nothing is believed past its expiry.
_verified: dict[str, tuple[float, Principal]] = {}


def issue_access_token(
    *,
    user_id: UUID,
    role: str,
    session_id: UUID,
    now: datetime,
    authenticated_at: datetime | None = None,
    life: timedelta = LIFE,
) -> str:
    """
    Return a signed access token for `role`, valid for `life` from `now`.

    Without `authenticated_at` the person has just signed in.
    """
    return access_tokens.sign(
        keys=access_tokens.signing_keys(settings.ACCESS_TOKEN_KEYS),
        user_id=user_id,
        role=role,
        session_id=session_id,
        authenticated_at=authenticated_at or now,
        now=now,
        life=life,
    )


def _verify(token: str) -> tuple[float, Principal]:
    claims = access_tokens.verify(
        token, keys=access_tokens.signing_keys(settings.ACCESS_TOKEN_KEYS), now_s=time.time()
    )
    return float(claims.expires_at), Principal(
        claims.user_id,
        claims.role,
        claims.session_id,
        datetime.fromtimestamp(claims.authenticated_at, UTC),
    )


def remembered(token: str) -> Principal | None:
    """Return whom a token speaks for that this process verified before and that still lives."""
    known = _verified.get(token)
    return known[1] if known is not None and known[0] > time.time() else None


def identify(token: str) -> Principal:
    """
    Return whom a bearer token speaks for, whether or not the session has ended since.

    Raises:
        NotAuthenticated
    """
    known = remembered(token)
    if known is not None:
        return known
    expiry, principal = _verify(token)
    if len(_verified) >= CACHED_TOKENS:
        _verified.clear()
    _verified[token] = (expiry, principal)
    return principal


def authenticate(token: str, *, writes: bool = True) -> Principal:
    """
    Return whom a bearer token speaks for, if the session still lives (kernel/http/revocation.py).

    Raises:
        NotAuthenticated
        Unavailable: the request writes, and it cannot be known which sessions ended
    """
    principal = identify(token)
    watch().check(principal.session_id, writes=writes)
    return principal


def _refuse_guesser(request: Request) -> None:
    # A counter with customers at it is not closed by a guesser on the same network.
    if getattr(request.parser_context.get("view"), "rate_lane", None) != SCANNER:
        refuse_guesser(request._request)  # noqa: SLF001  # DRF wraps what came in


class AccessTokenAuthentication(BaseAuthentication):
    """
    `Authorization: Bearer …`, a token or an API key; no header means anonymous, a bad one 401.

    A view with `may_have_ended = True` is open to a session that ended.
    """

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        header: str = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthenticated("Only Bearer tokens are accepted.")
        if token.startswith(PREFIX):
            if not is_known(token):
                _refuse_guesser(request)
            key = authenticate_key(token)
            context.about(key_id=key.key_id)
            return key, None
        principal = remembered(token)
        if principal is None:
            _refuse_guesser(request)
            principal = identify(token)
        # Signing out may come twice.
        if not getattr(request.parser_context.get("view"), "may_have_ended", False):
            watch().check(principal.session_id, writes=request.method not in SAFE)
        context.about(user_id=principal.user_id)
        return principal, None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of RFC 6750: with an error only when a token was presented."""
        if request.META.get("HTTP_AUTHORIZATION"):
            return 'Bearer realm="uma-api", error="invalid_token"'
        return 'Bearer realm="uma-api"'


def caller_of(request: Request) -> Caller:
    """
    Return who is calling: a person, or a merchant's own system.

    Raises:
        NotAuthenticated
    """
    if not isinstance(request.user, Caller):
        raise NotAuthenticated
    return request.user


def principal_of(request: Request) -> Principal:
    """
    Return the person who is calling.

    Raises:
        NotAuthenticated
    """
    if not isinstance(request.user, Principal):
        raise NotAuthenticated
    return request.user


def require_fresh_sign_in(
    principal: Principal, *, now: datetime, within: timedelta = FRESH
) -> None:
    """
    Refuse what a stolen phone must not do unless its owner has just proved who they are.

    Raises:
        FreshSignInRequired
    """
    if now - principal.authenticated_at > within:
        raise FreshSignInRequired
