"""Who works for the business, where, and who is invited."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.business.offers import ids_in
from apps.business.visiting import Visitor, page, show
from apps.business.wordings import refusal_words
from apps.merchants import duties, selectors, services
from apps.merchants.models import Staff
from uma.kernel.errors import DomainError
from uma.kernel.phones import masked

_WHY = "through the business app"


@page(duties.MANAGE_STAFF, methods=("GET", "POST"))
def team(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the people, the invitations and the outlets; a POST invites."""
    if request.method != "POST":
        return _team(request, visitor)
    role = request.POST.get("role", "")
    try:
        services.invite(
            by=visitor.staff,
            phone=request.POST.get("phone", "")[:40],
            role=role if role in Staff.Role.values else Staff.Role.SCANNER,
            outlet_ids=ids_in(request.POST.getlist("outlet")),
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _team(request, visitor, refusal=refusal)
    return redirect("business-team")


@page(duties.MANAGE_STAFF, methods=("POST",))
def dismiss(request: HttpRequest, visitor: Visitor, staff_id: UUID) -> HttpResponse:
    """End somebody's post."""
    del request
    services.dismiss_staff(
        staff_id=staff_id,
        actor_id=visitor.principal.user_id,
        reason=_WHY,
        now=timezone.now(),
        by=visitor.staff,
    )
    return redirect("business-team")


@page(duties.MANAGE_STAFF, methods=("POST",))
def change(request: HttpRequest, visitor: Visitor, staff_id: UUID) -> HttpResponse:
    """Give somebody another role or other outlets."""
    role = request.POST.get("role", "")
    services.change_staff(
        staff_id=staff_id,
        by=visitor.staff,
        now=timezone.now(),
        role=role if role in Staff.Role.values else None,
        outlet_ids=ids_in(request.POST.getlist("outlet")),
    )
    return redirect("business-team")


@page(duties.MANAGE_STAFF, methods=("POST",))
def withdraw(request: HttpRequest, visitor: Visitor, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    del request
    services.withdraw_invitation(invitation_id=invitation_id, by=visitor.staff, now=timezone.now())
    return redirect("business-team")


def _team(
    request: HttpRequest, visitor: Visitor, *, refusal: DomainError | None = None
) -> HttpResponse:
    staff = visitor.staff
    outlets = selectors.open_outlets(merchant_id=staff.merchant_id)
    names = {one.pk: one.name for one in outlets}
    people = [
        {
            "id": one.pk,
            "name": one.user.display_name,
            "role": one.role,
            "outlets": [names[pk] for pk in one.outlet_ids if pk in names],
            "places": [(place, place.pk in one.outlet_ids) for place in outlets],
            "is_me": one.user_id == visitor.principal.user_id,
            "may": staff.role == Staff.Role.OWNER or one.role == Staff.Role.SCANNER,
        }
        for one in selectors.colleagues(merchant_id=staff.merchant_id)
    ]
    invited = [
        {"id": one.pk, "phone": masked(str(one.phone)), "role": one.role, "until": one.expires_at}
        for one in selectors.invitations_of(merchant_id=staff.merchant_id, now=timezone.now())
    ]
    roles = Staff.Role.values if staff.role == Staff.Role.OWNER else [Staff.Role.SCANNER]
    facts = {
        "people": people,
        "invited": invited,
        "outlets": outlets,
        "roles": roles,
        "why": refusal_words(refusal) if refusal else "",
        "phone": request.POST.get("phone", ""),
    }
    status = refusal.status if refusal else 200
    return show(request, "team", facts, visitor=visitor, status=status)
