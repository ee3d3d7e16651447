"""
What an operator may do who looks at an app as somebody sees it: open pages, and nothing else.

All of it is decided here, whatever the address: by method, by a list of pages, and by a transaction in
which PostgreSQL takes no write (decisions/0065).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation

from apps.accounts import browser, services
from apps.accounts import selectors as accounts
from apps.accounts.services import Viewing
from apps.console.admin import second_step
from apps.merchants import selectors as merchants
from uma.kernel.http.browser_app import language_of, with_policy
from uma.kernel.http.errors import PermissionDenied
from uma.kernel.http.pages import API, CONSOLE
from uma.kernel.http.problems import problem_response
from uma.kernel.phones import masked

LOOKING = ("GET", "HEAD")
# What PostgreSQL answers a write in a transaction that only reads.
_READ_ONLY = "25006"
BASES = {"rider": "rider/base.html", "merchant": "business/base.html"}
# A page that is not named here is refused, so that a new one shows nothing unless somebody thought of
# it. Left out on purpose: codes to check in with, the scanner, files, signing in, what works offline, and
# the inbox of whoever owns a business: it has all that was ever said to them, as a rider too.
_RIDER = """
rider-home rider-deals rider-deal rider-tickets rider-ticket-lines rider-ticket rider-ticket-state
rider-rides rider-ride-lines rider-ride-new rider-ride rider-ride-state rider-ride-events
rider-complain rider-complaint rider-complaint-state rider-complaint-events
rider-travel rider-travel-new rider-travel-stops rider-trip rider-trip-state rider-trip-events
rider-missions rider-wallet rider-balance rider-lines rider-withdraw
rider-me rider-inbox rider-messages rider-pushes rider-strikes rider-privacy
rider-manifest rider-events
"""
_BUSINESS = """
business-home business-more business-manifest business-events
business-figures business-figures-now business-rows business-check-ins business-again
business-refusals business-funnel business-visits business-visits-now business-visit
business-deals business-deal-new business-deal business-deal-edit business-deal-revisions
business-deal-boost
business-guests business-team business-outlets business-outlet-new business-outlet business-join
business-invoices business-keys business-webhooks business-webhook
business-wallet business-balance business-lines business-top-up business-low-money
"""
VIEWABLE: Mapping[str, frozenset[str]] = {
    "rider": frozenset(_RIDER.split()),
    "merchant": frozenset(_BUSINESS.split()),
}


class OnlyLooking:
    """
    Answers the requests of a browser that looks at an app as somebody sees it.

    It stands before CSRF's: what is sent is refused whether or not its form was ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: Sequence[Any],  # Any: what the path names
        kwargs: dict[str, Any],  # Any: as above
    ) -> HttpResponse | None:
        if not browser.is_viewing(request) or request.path_info.startswith(CONSOLE):
            return None
        if request.path_info.startswith(API):
            return problem_response(PermissionDenied("Nothing is called while you look."), request)
        now = timezone.now()
        viewing = browser.kept_view(request)
        if viewing is not None and (why := _why_over(request, viewing, now=now)):
            browser.end_view(request, why=why, now=now)
            viewing = None
        if viewing is None:
            return _over(request)
        browser.show_as(request, viewing, name=_name_of(viewing), now=now)
        match = request.resolver_match
        name = match.url_name if match else None
        if request.method not in LOOKING or name not in VIEWABLE[viewing.role]:
            return _refused(request, viewing)
        # Kept first: nothing is seen of which the trail does not know.
        services.note_page(viewing=viewing, path=request.path_info, now=now)
        return _read_only(request, viewing, lambda: view(request, *args, **kwargs))


def _read_only(
    request: HttpRequest, viewing: Viewing, view: Callable[[], HttpResponse]
) -> HttpResponse:
    """Answer with a page that writes nothing."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = view()
    except InternalError as wrote:
        if getattr(wrote.__cause__, "sqlstate", None) != _READ_ONLY:
            raise
        return _refused(request, viewing)
    # A worker of the operator's own app may be in the way, and keeps tickets: not these.
    response.headers["X-Viewing"] = "1"
    return response


def _why_over(request: HttpRequest, viewing: Viewing, *, now: datetime) -> str:
    if not second_step.passed(request):
        return "signed_out"
    return services.why_over(viewing=viewing, operator=request.user, now=now)


def _name_of(viewing: Viewing) -> str:
    """Return whose pages these are, as the banner says it: no more of a number than lists show."""
    person = accounts.person(user_id=viewing.person_id)
    name: str = person.display_name or masked(person.phone) or person.username
    if viewing.merchant_id is None:
        return name
    return f"{merchants.merchant(merchant_id=viewing.merchant_id).brand} ({name})"


def _refused(request: HttpRequest, viewing: Viewing) -> HttpResponse:
    """Say that nothing is done while somebody looks, in the frame of the app."""
    return _page(request, BASES[viewing.role])


def _over(request: HttpRequest) -> HttpResponse:
    """Say that the view is over; the browser is its owner's own again with the next page."""
    is_merchants = request.path_info.startswith("/business/")
    response = _page(request, BASES["merchant" if is_merchants else "rider"])
    if "HX-Request" in request.headers:
        response.headers["HX-Refresh"] = "true"
    elif request.headers.get("Sec-Fetch-Dest", "document") == "document":
        browser.forget_view(response)
    return response


def _page(request: HttpRequest, base: str) -> HttpResponse:
    with translation.override(language_of(request)):
        facts = {"base": base, "page": "refused"}
        response = render(request, "web/looking.html", facts, status=HTTPStatus.FORBIDDEN)
    response.headers["Cache-Control"] = "no-store"
    return with_policy(response, {})
