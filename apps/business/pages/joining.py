"""How a business comes in: what it says of itself, where its application stands, and posts that are offered."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from apps.business.offers import clean
from apps.business.pages.deals import hours_grid
from apps.business.places import (
    BESIDE,
    CATEGORIES,
    hours_of,
    outlet_fields,
    place_words,
    read_outlet,
)
from apps.business.visiting import MAP_POLICY, PLACE, Visitor, newcomers, show
from apps.business.wordings import refusal_words
from apps.merchants import selectors, services
from apps.merchants.errors import NoApplication
from apps.merchants.models import Application, Outlet, Zone
from apps.merchants.services import Wanted, WantedOutlet
from uma.kernel.errors import DomainError
from uma.kernel.http.authentication import Principal
from uma.kernel.http.idempotency import IdempotencyKey, fingerprint

LONGEST_NAME = {"brand": 120, "legal_name": 160}
LONGEST_KEY = 64
_LONGEST_GSTIN = 24


@dataclass(frozen=True, slots=True)
class Asked:
    """An application as its page has it: the row, and the outlet that the form is about."""

    application: Application | None
    outlets: list[Outlet]

    @property
    def first(self) -> Outlet | None:
        return self.outlets[0] if self.outlets else None

    @property
    def is_open(self) -> bool:
        return self.application is None or self.application.state in Application.OPEN

    @property
    def is_over(self) -> bool:
        """Whether it was declined, so that another one may be written."""
        found = self.application
        return found is not None and found.state == Application.State.REJECTED


@newcomers("GET", "POST")
def join(request: HttpRequest, principal: Principal) -> HttpResponse:
    """Show the form and where the application stands; a POST submits it, again while it is undecided."""
    asked = _asked(principal)
    if asked.application is not None and asked.application.state == Application.State.APPROVED:
        return redirect("business-home")
    if selectors.staff_of(user_id=principal.user_id) is not None and asked.application is None:
        # Somebody of another business' staff has nothing to apply for.
        return redirect("business-home")
    if request.method != "POST":
        return _shown(request, principal, asked)
    wanted, wrong = _read(request, asked)
    if wanted is None:
        return _shown(request, principal, asked, wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        _submit(request, principal, asked, wanted)
    except DomainError as refusal:
        said = refusal_words(refusal)
        wrong = {BESIDE.get(refusal.code, "all"): said}
        return _shown(request, principal, asked, wrong, status=refusal.status)
    return redirect("business-join")


@newcomers("POST")
def answer(
    request: HttpRequest, principal: Principal, invitation_id: UUID, answer: str
) -> HttpResponse:
    """Take or decline the post that is offered to the number one signed in with."""
    del request
    now = timezone.now()
    if answer == "accept":
        services.accept_invitation(invitation_id=invitation_id, user_id=principal.user_id, now=now)
        return redirect("business-home")
    if answer != "decline":
        raise Http404
    services.decline_invitation(invitation_id=invitation_id, user_id=principal.user_id, now=now)
    return redirect("business-join")


def _asked(principal: Principal) -> Asked:
    found = selectors.application_of(user_id=principal.user_id)
    outlets = selectors.open_outlets(merchant_id=found.pk) if found is not None else []
    return Asked(found, outlets)


def _submit(request: HttpRequest, principal: Principal, asked: Asked, wanted: Wanted) -> None:
    now = timezone.now()
    if asked.application is not None and not asked.is_over:
        if not asked.is_open:
            raise NoApplication
        services.amend(user_id=principal.user_id, wanted=wanted, now=now)
        return
    key = request.POST.get("key", "")[:LONGEST_KEY]
    said = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    services.apply(
        user_id=principal.user_id,
        wanted=wanted,
        now=now,
        key=IdempotencyKey(key, fingerprint("POST", request.path, said)) if key else None,
    )


def _read(request: HttpRequest, asked: Asked) -> tuple[Wanted | None, dict[str, str]]:
    """Return what the form applies for, or what is wrong with which field."""
    form, own = request.POST, None if asked.is_over else asked.first
    typed = read_outlet(form, hours=hours_of(own))
    wrong = dict(typed.wrong)
    names = {name: " ".join(clean(form.get(name, "")).split()) for name in LONGEST_NAME}
    for name, longest in LONGEST_NAME.items():
        if not names[name] or len(names[name]) > longest:
            wrong[name] = _("Write this, in at most %(most)s letters.") % {"most": longest}
    email = form.get("email", "").strip()
    try:
        validate_email(email)
    except ValidationError:
        wrong["email"] = _("This is no address of e-mail.")
    if wrong:
        return None, wrong
    first = WantedOutlet(id=own.pk if own else None, **typed.facts)  # type: ignore[arg-type]  # by name
    others = [] if asked.is_over else [_kept(one) for one in asked.outlets[1:]]
    gstin = "".join(form.get("gstin", "").split()).replace("-", "").upper()
    wanted = Wanted(
        legal_name=names["legal_name"],
        brand=names["brand"],
        email=email,
        gstin=gstin[:_LONGEST_GSTIN],
        outlets=[first, *others],
    )
    return wanted, {}


def _kept(outlet: Outlet) -> WantedOutlet:
    """Return an outlet that the form is not about, as it is."""
    return WantedOutlet(
        id=outlet.pk,
        name=outlet.name,
        category=outlet.category,
        address=outlet.address,
        location=outlet.location,
        radius_m=outlet.radius_m,
        hours=hours_of(outlet),
    )


def _shown(
    request: HttpRequest,
    principal: Principal,
    asked: Asked,
    wrong: dict[str, str] | None = None,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    staff = selectors.staff_of(user_id=principal.user_id)
    form = request.POST if request.method == "POST" else None
    merchant = asked.application.merchant if asked.application and not asked.is_over else None
    names = ("brand", "legal_name", "gstin", "email")
    fields = outlet_fields(None if asked.is_over else asked.first, form)
    zones = selectors.zones()
    zone = _zone(zones, request.GET.get("zone", ""), asked.first)
    facts = {
        "application": asked.application,
        "is_over": asked.is_over,
        "offers": [] if staff else selectors.invitations_for(
            user_id=principal.user_id, now=timezone.now()
        ),
        "fields": fields | {
            name: form.get(name, "") if form is not None else getattr(merchant, name, "")
            for name in names
        },
        "wrong": wrong or {},
        "key": form.get("key", "") if form is not None else str(uuid4()),
        "zones": zones,
        "city": zone,
        "boundary": zone.boundary if zone else None,
        "categories": CATEGORIES.items(),
        "days": list(WEEKDAYS_ABBR.values()),
        "hours_grid": hours_grid(fields["cells"]),  # type: ignore[arg-type]  # a grid
        "has_hours": bool(fields["cells"]),
        "words": place_words(),
    }  # fmt: skip
    visitor = Visitor(principal, staff) if staff else None
    response = show(request, "join", facts, visitor=visitor, status=status, policy=MAP_POLICY)
    response.headers["Permissions-Policy"] = PLACE
    return response


def _zone(zones: list[Zone], code: str, outlet: Outlet | None) -> Zone | None:
    """Return the city whose map is shown: the outlet's, the one that was chosen, or the first."""
    wanted = code or (outlet.zone_id if outlet else "")
    return next((one for one in zones if one.code == wanted), zones[0] if zones else None)
