"""The outlets: where each is, when it is open, and whether it takes guests now."""

from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR

from apps.business.pages.deals import hours_grid
from apps.business.places import (
    BESIDE,
    CATEGORIES,
    hours_of,
    outlet_fields,
    place_words,
    read_outlet,
)
from apps.business.visiting import MAP_POLICY, PLACE, Visitor, page, show
from apps.business.wordings import refusal_words
from apps.merchants import duties, selectors, services
from apps.merchants.access import require_outlets
from apps.merchants.errors import OutletNotYours
from apps.merchants.models import Outlet
from uma.kernel.errors import DomainError
from uma.kernel.zones import is_open

_WHY = "through the business app"
_ACTS = {"open": Outlet.Status.OPEN, "pause": Outlet.Status.PAUSED, "close": Outlet.Status.CLOSED}


@page(duties.MANAGE_OUTLETS)
def outlets(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """List the outlets that are not closed for good."""
    now, staff = timezone.now(), visitor.staff
    found = [
        {
            "outlet": one,
            "category": CATEGORIES.get(one.category, one.category),
            "open": is_open(windows, now, one.zone.timezone)
            if (windows := hours_of(one))
            else None,
        }
        for one in selectors.open_outlets(merchant_id=staff.merchant_id)
        if staff.covers(one.pk)
    ]
    facts = {"outlets": found, "may_add": not staff.outlet_ids}
    return show(request, "outlets", facts, visitor=visitor)


@page(duties.MANAGE_OUTLETS, methods=("GET", "POST"))
def new(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the form of an outlet; a POST opens it."""
    staff = visitor.staff
    if staff.outlet_ids:
        raise OutletNotYours
    return _form(request, visitor, None)


@page(duties.MANAGE_OUTLETS, methods=("GET", "POST"))
def outlet(request: HttpRequest, visitor: Visitor, outlet_id: UUID) -> HttpResponse:
    """Show the form of one outlet; a POST changes it."""
    return _form(request, visitor, _one(visitor, outlet_id))


@page(duties.MANAGE_OUTLETS, methods=("POST",))
def act(request: HttpRequest, visitor: Visitor, outlet_id: UUID, act: str) -> HttpResponse:
    """Open, pause or close an outlet; what is booked at it is honoured."""
    del request
    if act not in _ACTS:
        raise Http404
    services.set_outlet_status(
        outlet_id=_one(visitor, outlet_id).pk,
        status=_ACTS[act],
        actor_id=visitor.principal.user_id,
        reason=_WHY,
        now=timezone.now(),
        merchant_id=visitor.staff.merchant_id,
    )
    return redirect("business-outlets")


def _one(visitor: Visitor, outlet_id: UUID) -> Outlet:
    """
    Return an outlet of the merchant's that the visitor is posted at.

    Raises:
        UnknownOutlet, OutletNotYours
    """
    found = selectors.outlet_of(outlet_id=outlet_id, merchant_id=visitor.staff.merchant_id)
    require_outlets(visitor.staff, [outlet_id])
    return found


def _form(request: HttpRequest, visitor: Visitor, own: Outlet | None) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, visitor, own, {})
    typed = read_outlet(request.POST, hours=hours_of(own))
    if typed.wrong:
        return _shown(request, visitor, own, typed.wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        _write(visitor, own, typed.facts)
    except DomainError as refusal:
        said = refusal_words(refusal)
        wrong = {BESIDE.get(refusal.code, "all"): said}
        return _shown(request, visitor, own, wrong, status=refusal.status)
    return redirect("business-outlets")


def _write(visitor: Visitor, own: Outlet | None, facts: dict[str, object]) -> None:
    merchant_id, actor_id = visitor.staff.merchant_id, visitor.principal.user_id
    now = timezone.now()
    if own is None:
        services.open_outlet(
            merchant_id=merchant_id,
            actor_id=actor_id,
            now=now,
            **facts,  # type: ignore[arg-type]  # by name
        )
        return
    services.change_outlet(
        outlet_id=own.pk, merchant_id=merchant_id, changes=facts, actor_id=actor_id, now=now
    )


def _shown(
    request: HttpRequest,
    visitor: Visitor,
    own: Outlet | None,
    wrong: dict[str, str],
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    zone = selectors.merchant(merchant_id=visitor.staff.merchant_id).zone
    fields = outlet_fields(own, request.POST if request.method == "POST" else None)
    facts = {
        "outlet": own,
        "fields": fields,
        "wrong": wrong,
        "boundary": zone.boundary,
        "categories": CATEGORIES.items(),
        "days": list(WEEKDAYS_ABBR.values()),
        "hours_grid": hours_grid(fields["cells"]),  # type: ignore[arg-type]  # a grid
        "has_hours": bool(fields["cells"]),
        "words": place_words(),
    }
    response = show(
        request, "outlet_form", facts, visitor=visitor, status=status, policy=MAP_POLICY
    )
    response.headers["Permissions-Policy"] = PLACE
    return response
