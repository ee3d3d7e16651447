"""Who visits a page of the business app, for which merchant; and what everybody else is shown instead."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation

from apps.accounts import browser
from apps.accounts.browser import Visit
from apps.business.wordings import refusal_words
from apps.merchants import duties
from apps.merchants import selectors as merchants
from apps.merchants.access import acting_as
from apps.merchants.duties import Duty
from apps.merchants.errors import NotAMerchant
from apps.merchants.models import Merchant
from apps.merchants.selectors import StaffScope
from uma.kernel.errors import DomainError
from uma.kernel.http import limits
from uma.kernel.http.authentication import Principal
from uma.kernel.http.browser_app import language_of, next_within, with_policy

ROLE = "merchant"
HOME = "business-home"
# The places of the app, in the order of the tabs: address, icon, duty.
TABS: tuple[tuple[str, str, Duty], ...] = (
    ("business-figures", "chart", duties.READ_ANALYTICS),
    ("business-deals", "deals", duties.READ_CAMPAIGNS),
    ("business-scan", "scan", duties.SCAN),
    ("business-wallet", "wallet", duties.READ_MONEY),
    ("business-more", "more", duties.READ_PROFILE),
)

# Which pages lie behind a tab.
PLACES = {
    "chart": {
        "figures",
        "rows",
        "visits",
        "visit",
        "funnel",
        "refusals",
        "again",
        "check_ins",
    },
    "deals": {"deals", "deal", "deal_form", "deal_revisions", "deal_boost"},
    "scan": {"scan"},
    "wallet": {"wallet", "low_money"},
    "more": {
        "more",
        "inbox",
        "guests",
        "team",
        "outlets",
        "outlet_form",
        "invoices",
        "keys",
        "webhooks",
        "webhook",
        "join",
    },
}

# The pages that ask where a place is, and what their map may load.
PLACE = "camera=(), geolocation=(self), microphone=(), payment=(), usb=()"
MAP_POLICY: Mapping[str, list[str]] = {"img-src": ["blob:"]}

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in, with their post."""

    principal: Principal
    staff: StaffScope

    def may(self, duty: Duty) -> bool:
        """Say whether the post has a duty."""
        return self.staff.role in duty.roles


# A page, or a file that is sent while it is made.
View = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase]
Served = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(
    duty: Duty, *, methods: tuple[str, ...] = ("GET",), live: bool = False
) -> Callable[[View[P]], Served[P]]:
    """
    Serve a page to those whose post has the duty; others sign in, or read why not.

    `live` is what an open page asks for by itself: it has a lane of its own, so that no number of
    open pages keeps a person from what they do.
    """

    def decorate(view: View[P]) -> Served[P]:
        @functools.wraps(view)
        def served(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            def shown(visitor: Visitor) -> HttpResponseBase:
                return view(request, visitor, *args, **kwargs)

            if request.method not in methods and request.method != "HEAD":
                return HttpResponseNotAllowed(methods)
            with translation.override(language_of(request)):
                try:
                    return _served(request, duty, shown, live=live)
                except DomainError as refusal:
                    return refused(request, refusal)

        return served

    return decorate


Newcomer = Callable[Concatenate[HttpRequest, Principal, P], HttpResponse]


def newcomers(*methods: str) -> Callable[[Newcomer[P]], Served[P]]:
    """Serve a page to anybody who is signed in at this app, with a post or without."""

    def decorate(view: Newcomer[P]) -> Served[P]:
        @functools.wraps(view)
        def served(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            def shown(visit: Visit) -> HttpResponse:
                try:
                    limits.take(request, merchant=f"page {visit.limited_as}")
                    return view(request, visit.principal, *args, **kwargs)
                except DomainError as refusal:
                    return refused(request, refusal)

            if request.method not in methods and request.method != "HEAD":
                return HttpResponseNotAllowed(methods)
            with translation.override(language_of(request)):
                try:
                    return browser.admit(
                        request,
                        role=ROLE,
                        sign_in="business-sign-in",
                        view=shown,
                        now=timezone.now(),
                    )
                except DomainError as refusal:
                    return refused(request, refusal)

        return served

    return decorate


def _served(
    request: HttpRequest, duty: Duty, view: Callable[[Visitor], HttpResponseBase], *, live: bool
) -> HttpResponseBase:
    def shown(visit: Visit) -> HttpResponseBase:
        try:
            key = f"page {visit.limited_as}"
            limits.take(request, **{"live" if live else "merchant": key})
            staff = _staff(visit, duty)
            return view(Visitor(visit.principal, staff))
        except NotAMerchant:
            return show(request, "no_post", status=HTTPStatus.FORBIDDEN)
        except DomainError as refusal:
            return refused(request, refusal)

    return browser.admit(
        request, role=ROLE, sign_in="business-sign-in", view=shown, now=timezone.now()
    )


def _staff(visit: Visit, duty: Duty) -> StaffScope:
    staff = acting_as(visit.principal, duty)
    if visit.viewing is not None and visit.viewing.merchant_id != staff.merchant_id:
        # A new post is another business's, maybe in another city.
        raise NotAMerchant
    return staff


def next_of(request: HttpRequest) -> str:
    """Return where somebody wanted to go before they signed in, if it is a page of this app."""
    return next_within(request, prefix="/business/", home=reverse(HOME))


def show(
    request: HttpRequest,
    name: str,
    context: Mapping[str, object] | None = None,
    *,
    visitor: Visitor | None = None,
    status: int = HTTPStatus.OK,
    policy: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    """Render a page of the app, with its frame for those who have a post."""
    framed = {
        **(context or {}),
        "page": name,
        "languages": settings.LANGUAGES,
        "language_url": reverse("business-language"),
    }
    if visitor is not None:
        merchant: Merchant = merchants.merchant(merchant_id=visitor.staff.merchant_id)
        framed |= {
            "merchant": merchant,
            "role": visitor.staff.role,
            "tabs": [
                {"url": reverse(url), "icon": icon, "current": name in PLACES[icon]}
                for url, icon, duty in TABS
                if visitor.may(duty)
            ],
        }
    response = render(request, f"business/{name}.html", framed, status=status)
    return with_policy(response, policy or {})


def fragment(
    request: HttpRequest, name: str, context: Mapping[str, object], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Render a part of a page."""
    response = render(request, f"business/{name}.html", dict(context), status=status)
    response.headers["X-Fragment"] = "1"
    return response


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """Say on a page, or in its part, what was refused and why."""
    facts = {"why": refusal_words(refusal)}
    if "HX-Request" in request.headers:
        response = render(request, "web/refusal.html", facts, status=refusal.status)
        response.headers["X-Fragment"] = "refusal"
    else:
        response = show(request, "refused", facts, status=refusal.status)
    response.headers["Cache-Control"] = "no-store"
    return response
