"""
A session in a browser: its tokens are in cookies that no script reads (decisions/0027).

The pages ask here who is visiting. An access token that ended is replaced on the way, as an app would
replace it, and the answer brings the new cookies.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from apps.accounts import services, tokens
from apps.accounts.errors import RefreshInvalid, RefreshReused
from apps.accounts.services import SignedIn
from apps.accounts.services.sessions import LIVES
from uma.kernel.http import access_tokens, limits
from uma.kernel.http.access_tokens import LIFE
from uma.kernel.http.addresses import client_address
from uma.kernel.http.authentication import SAFE, Principal, authenticate, identify
from uma.kernel.http.errors import NotAuthenticated

# Longer than any session: the browser is the same device when its owner signs in again.
DEVICE_AGE_S = 400 * 86_400
LONGEST = 1_024


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is visiting, and the tokens to keep when they were replaced on the way."""

    principal: Principal
    access: str = field(repr=False)
    replaced: SignedIn | None = None


def visit(request: HttpRequest, *, role: str, now: datetime, at_least_s: int = 0) -> Visit | None:
    """
    Return who is signed in with this browser in a role, or None.

    An access token with less than `at_least_s` left is replaced.

    Raises:
        Unavailable: the request writes, and it cannot be known which sessions ended
    """
    access = _cookie(request, f"{role}_access")
    try:
        if access and left_s(access, now=now) > at_least_s:
            principal = authenticate(access, writes=request.method not in SAFE)
            return Visit(principal, access) if principal.role == role else None
    except NotAuthenticated:
        # Over, or ended: what the refresh token says about it, holds.
        pass
    secret = _cookie(request, f"{role}_refresh")
    if not secret:
        return None
    try:
        fresh = services.refresh(
            secret=secret,
            device_id=_cookie(request, "device"),
            keys=tokens.keyring(settings.REFRESH_KEYS),
            now=now,
            address=client_address(request),
        )
    except (RefreshInvalid, RefreshReused):
        return None
    principal = identify(fresh.access)
    return Visit(principal, fresh.access, fresh) if principal.role == role else None


def admit(
    request: HttpRequest,
    *,
    role: str,
    sign_in: str,
    view: Callable[[Visit], HttpResponse],
    now: datetime,
) -> HttpResponse:
    """
    Serve a page to whoever is signed in, with new cookies where they are due; others sign in first.

    `sign_in` is the name of the page where they do. What a page shows is nobody's to keep.

    Raises:
        RateLimited, Unavailable
    """
    found = visit(request, role=role, now=now)
    if found is None:
        limits.take(request, anonymous=client_address(request))
        return _to_sign_in(request, reverse(sign_in))
    # Where the access log looks.
    request.user = found.principal  # type: ignore[assignment]  # Django means its own users
    response = view(found)
    if found.replaced is not None:
        keep(response, found.replaced, role=role)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _to_sign_in(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        # A fragment is no place to sign in: the whole page goes.
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": address})
    if request.method == "GET":
        address += f"?{urlencode({'next': request.get_full_path()})}"
    return redirect(address)


def left_s(access: str, *, now: datetime) -> int:
    """
    Return how many seconds an access token of ours still lives.

    Raises:
        NotAuthenticated
    """
    keys = access_tokens.signing_keys(settings.ACCESS_TOKEN_KEYS)
    now_s = now.timestamp()
    return access_tokens.verify(access, keys=keys, now_s=now_s).expires_at - int(now_s)


def device_id(request: HttpRequest) -> str:
    """Return the id by which this browser is known, made up if it has none yet."""
    return _cookie(request, "device") or secrets.token_urlsafe(24)


def keep(response: HttpResponseBase, signed_in: SignedIn, *, role: str, device: str = "") -> None:
    """Give the browser a session's tokens, and on sign-in the id of the device."""
    lives_s = int(LIVES[role].total_seconds())
    _set(response, f"{role}_access", signed_in.access, age_s=int(LIFE.total_seconds()))
    _set(response, f"{role}_refresh", signed_in.refresh, age_s=lives_s)
    if device:
        _set(response, "device", device, age_s=DEVICE_AGE_S)


def forget(response: HttpResponseBase, *, role: str) -> None:
    """Take a session's tokens from the browser; it stays the device it is."""
    for name in (f"{role}_access", f"{role}_refresh"):
        response.delete_cookie(_called(name), samesite="Lax")


def _called(name: str) -> str:
    # Only this host can have set a cookie of that prefix, and only over TLS (RFC 6265bis).
    return f"__Host-uma_{name}" if settings.SESSION_COOKIE_SECURE else f"uma_{name}"


def _cookie(request: HttpRequest, name: str) -> str:
    text: str = request.COOKIES.get(_called(name), "")
    return text if len(text) <= LONGEST else ""


def _set(response: HttpResponseBase, name: str, value: str, *, age_s: int) -> None:
    response.set_cookie(
        _called(name),
        value,
        max_age=age_s,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        # Lax: whoever comes back from paying at Razorpay is still signed in. What changes something
        # is a POST with a CSRF token besides.
        samesite="Lax",
    )
