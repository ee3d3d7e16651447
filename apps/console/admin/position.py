"""What others own of the money in our keep, as the newest nightly check found it."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse

from uma.kernel.desk import ReadOnlyAdmin
from uma.kernel.desk_amounts import amount


@dataclass(frozen=True, slots=True)
class Position:
    """Liabilities against custody, in words, and the check that says so."""

    held: str
    owed: str
    rest: str
    is_covered: bool
    checked_at: datetime
    href: str


def newest(site: AdminSite, request: HttpRequest) -> Position | None:
    """Return the newest check's sums; None before the first, and for operators who may not read checks."""
    desk = site.get_model_admin(apps.get_model("payments.CustodyCheck"))
    assert isinstance(desk, ReadOnlyAdmin)
    if not desk.has_view_permission(request):
        return None
    check = desk.get_queryset(request).order_by("-checked_at").first()
    if check is None or check.owed_paise is None:
        return None
    rest_paise = check.held_paise - check.owed_paise
    return Position(
        held=amount(check.held_paise),
        owed=amount(check.owed_paise),
        rest=amount(abs(rest_paise)),
        is_covered=rest_paise >= 0,
        checked_at=check.checked_at,
        href=reverse("admin:payments_custodycheck_change", args=[check.pk]),
    )
