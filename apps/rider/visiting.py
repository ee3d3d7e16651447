"""Who visits a page of the rider's app, and how its pages are rendered."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.accounts import browser
from apps.accounts.browser import Visit
from apps.rider.wordings import API_REFUSALS, refusal_words
from uma.kernel.errors import DomainError
from uma.kernel.http import limits
from uma.kernel.http.authentication import Principal
from uma.kernel.http.browser_app import language_of, next_within, with_policy

ROLE = "rider"
HOME = "rider-home"
# The places of the app, in the order of the tabs: address, icon.
TABS = (
    ("rider-home", "deals"),
    ("rider-tickets", "ticket"),
    ("rider-missions", "gift"),
    ("rider-wallet", "wallet"),
    ("rider-me", "person"),
)
# The pages that ask where the rider is.
PLACE = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A rider who is signed in."""

    principal: Principal
    # An operator looks at this rider's pages: nothing is changed, and codes stay the rider's.
    is_looked_at: bool = False

    @property
    def rider_id(self) -> UUID:
        return self.principal.user_id


View = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponse]
Served = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(*methods: str, live: bool = False) -> Callable[[View[P]], Served[P]]:
    """
    Serve a page to riders who are signed in; by GET unless other methods are named.

    `live` is what an open page asks for by itself, which is counted apart from what people do.
    """
    allowed = methods or ("GET", "HEAD")

    def decorate(view: View[P]) -> Served[P]:
        @functools.wraps(view)
        def served(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            def shown(visit: Visit) -> HttpResponse:
                try:
                    lane = "live" if live else "rider_page"
                    limits.take(request, **{lane: str(visit.limited_as)})
                    visitor = Visitor(visit.principal, is_looked_at=visit.viewing is not None)
                    return view(request, visitor, *args, **kwargs)
                except DomainError as refusal:
                    return refused(request, refusal)

            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            with translation.override(language_of(request)):
                try:
                    return browser.admit(
                        request,
                        role=ROLE,
                        sign_in="rider-sign-in",
                        view=shown,
                        now=timezone.now(),
                    )
                except DomainError as refusal:
                    return refused(request, refusal)

        return served

    return decorate


def next_of(request: HttpRequest) -> str:
    """Return where somebody wanted to go before they signed in, if it is a page of this app."""
    return next_within(request, prefix="/app/", home=reverse(HOME))


def show(
    request: HttpRequest,
    name: str,
    context: Mapping[str, object] | None = None,
    *,
    visitor: Visitor | None = None,
    tab: str = "",
    status: int = HTTPStatus.OK,
    policy: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    """Render a page of the app, with its tabs for those who are signed in."""
    framed = {
        "live_url": reverse("rider-events"),
        **(context or {}),
        "page": name,
        "languages": settings.LANGUAGES,
        "language_url": reverse("rider-language"),
    }
    if visitor is not None:
        framed["tabs"] = [
            {"url": reverse(url), "icon": icon, "current": icon == tab} for url, icon in TABS
        ]
    response = render(request, f"rider/{name}.html", framed, status=status)
    return with_policy(response, policy or {})


def api_words() -> dict[str, object]:
    """Return what the script of a page says whose forms speak to the API."""
    return {
        "refusals": {code: str(text) for code, text in API_REFUSALS.items()},
        "fields": _("Look at the marked field: it cannot be taken like this."),
        "failed": _("That did not work. Try again."),
        "later": _("It takes longer than usual. Come back in a few minutes."),
        "unreachable": _("The server cannot be reached. Check your connection and try again."),
    }


def fragment(
    request: HttpRequest, name: str, context: Mapping[str, object], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a part of a page."""
    response = render(request, f"rider/{name}.html", dict(context), status=status)
    response.headers["X-Fragment"] = "1"
    return response


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """Say on a page, or in its part, what was refused and why."""
    facts = {"refusal": refusal, "why": refusal_words(refusal)}
    if "HX-Request" in request.headers:
        response = fragment(request, "parts/refusal", facts, status=refusal.status)
        response.headers["X-Fragment"] = "refusal"
    else:
        response = show(request, "refused", facts, status=refusal.status)
    response.headers["Cache-Control"] = "no-store"
    return response
