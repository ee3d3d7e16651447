"""
A session in a browser: its tokens are in cookies that no script reads (decisions/0027).

The pages ask here who is visiting. An access token that ended is replaced on the way, as an app would
replace it, and the answer brings the new cookies.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from apps.accounts import services, tokens
from apps.accounts.errors import RefreshInvalid, RefreshReused
from apps.accounts.services import SignedIn, Viewing
from apps.accounts.services.sessions import LIVES
from uma.kernel.http import access_tokens, browser_app, limits
from uma.kernel.http.access_tokens import LIFE
from uma.kernel.http.addresses import client_address
from uma.kernel.http.authentication import SAFE, Principal, authenticate, identify
from uma.kernel.http.errors import NotAuthenticated
from uma.kernel.http.pages import view_cookie

# Longer than any session: the browser is the same device when its owner signs in again.
DEVICE_AGE_S = 400 * 86_400
LONGEST = 1_024
_VIEW = "view_as"
# Longer than any view lasts: whoever comes late is told so, and not asked to sign in.
VIEW_AGE_S = 3_600

Answer = TypeVar("Answer", bound=HttpResponseBase)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is visiting, and the tokens to keep when they were replaced on the way."""

    principal: Principal
    access: str = field(repr=False)
    replaced: SignedIn | None = None
    # An operator looks at what the principal would see; there are no tokens then.
    viewing: Viewing | None = None

    @property
    def limited_as(self) -> UUID:
        """Whose requests are counted together: who is looked at loses none of theirs."""
        return self.viewing.id if self.viewing else self.principal.user_id


def visit(request: HttpRequest, *, role: str, now: datetime, at_least_s: int = 0) -> Visit | None:
    """
    Return who is signed in with this browser in a role, or None.

    An access token with less than `at_least_s` left is replaced.

    Raises:
        Unavailable: the request writes, and it cannot be known which sessions ended
    """
    viewing = viewing_of(request)
    if viewing is not None:
        return _looked_at(viewing) if viewing.role == role else None
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
    # Also for those who signed in before anybody kept a language.
    meet(request, person_id=principal.user_id)
    return Visit(principal, fresh.access, fresh) if principal.role == role else None


def admit(
    request: HttpRequest,
    *,
    role: str,
    sign_in: str,
    view: Callable[[Visit], Answer],
    now: datetime,
) -> Answer | HttpResponse:
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
    if found.viewing is None:
        # Where the access log looks; whoever looks at somebody's page is an operator there.
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


def meet(request: HttpRequest, *, person_id: UUID) -> None:
    """Keep in which language to write to whoever comes with this browser, unless they chose another one elsewhere."""
    services.keep_language(
        person_id=person_id,
        language=browser_app.language_of(request),
        is_chosen=bool(browser_app.kept_language(request)),
    )


def speak(response: HttpResponse, request: HttpRequest, *, role: str, now: datetime) -> None:
    """Keep the language that a form chose: in this browser, and for what its person is told."""
    chosen = browser_app.chosen_language(request)
    if not chosen:
        return
    browser_app.keep_language(response, chosen)
    found = visit(request, role=role, now=now)
    # Who looks at somebody's pages chooses for nobody.
    if found is None or found.viewing is not None:
        return
    services.keep_language(person_id=found.principal.user_id, language=chosen, is_chosen=True)
    if found.replaced is not None:
        keep(response, found.replaced, role=role)


def forget(response: HttpResponseBase, *, role: str) -> None:
    """Take a session's tokens from the browser; it stays the device it is."""
    for name in (f"{role}_access", f"{role}_refresh"):
        response.delete_cookie(_called(name), samesite="Lax")


def begin_view(request: HttpRequest, viewing: Viewing, *, to: str) -> HttpResponse:
    """
    Send an operator on to the app that they look at; `to` is the name of its first page.

    The cookie alone opens nothing: its secret is remembered by the operator's own session.
    """
    end_view(request, why="replaced", now=viewing.began_at)
    secret = tokens.fresh()
    request.session[_VIEW] = {"id": str(viewing.id), "secret": tokens.digest(secret)}
    response = redirect(to)
    _set(response, "view", secret, age_s=VIEW_AGE_S)
    return response


def is_viewing(request: HttpRequest) -> bool:
    """Say whether the browser means to look at an app as somebody sees it; the cheap question."""
    return "HTTP_COOKIE" in request.META and bool(request.COOKIES.get(view_cookie()))


def kept_view(request: HttpRequest) -> Viewing | None:
    """Return the view that this browser's cookie and session are for, while nobody ended it."""
    kept = request.session.get(_VIEW)
    presented = tokens.digest(_cookie(request, "view"))
    if kept is None or not hmac.compare_digest(presented, kept["secret"]):
        return None
    return services.find_viewing(viewing_id=UUID(kept["id"]))


def end_view(request: HttpRequest, *, why: str, now: datetime) -> Viewing | None:
    """End the view of this operator's session, if there is one, and return it."""
    kept = request.session.pop(_VIEW, None)
    viewing = services.find_viewing(viewing_id=UUID(kept["id"])) if kept else None
    if viewing is not None:
        services.end_viewing(viewing=viewing, why=why, now=now)
    return viewing


def forget_view(response: HttpResponseBase) -> None:
    """Take the view's cookie from the browser."""
    response.delete_cookie(view_cookie(), samesite="Lax")


def show_as(request: HttpRequest, viewing: Viewing, *, name: str, now: datetime) -> None:
    """Let the pages answer this request as the person that is looked at would see them."""
    # Templates read them by these names.
    request.viewing = viewing  # type: ignore[attr-defined]
    request.viewing_name = name  # type: ignore[attr-defined]
    request.viewing_left_s = ceil((viewing.until - now).total_seconds())  # type: ignore[attr-defined]


def viewing_of(request: HttpRequest) -> Viewing | None:
    """Return the view that this request belongs to."""
    found: Viewing | None = getattr(request, "viewing", None)
    return found


def _looked_at(viewing: Viewing) -> Visit:
    principal = Principal(viewing.person_id, viewing.role, viewing.id, viewing.began_at)
    return Visit(principal, access="", viewing=viewing)


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
