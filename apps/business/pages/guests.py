"""The guests, by the names that only this business sees, and how many of them came again."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.analytics import selectors
from apps.business.visiting import Visitor, page, show
from apps.handshake import selectors as handshakes
from apps.merchants import duties
from apps.merchants import selectors as merchants

DAYS = timedelta(days=90)
SHOWN = 100
MONTHS = 12


@page(duties.READ_ANALYTICS)
def guests(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the guests of the last ninety days, and the months' cohorts."""
    now, staff = timezone.now(), visitor.staff
    found = handshakes.guests_of(
        merchant_id=staff.merchant_id, since=now - DAYS, until=now, limit=SHOWN,
        outlet_ids=staff.outlet_ids,
    )  # fmt: skip
    facts = {
        "guests": found,
        "new": sum(one.is_new for one in found),
        "again": sum(one.visits > 1 for one in found),
        "cohorts": selectors.cohorts(merchant_id=staff.merchant_id, months=MONTHS),
        "within": selectors.WITHIN_DAYS,
        "zone": merchants.merchant(merchant_id=staff.merchant_id).zone.timezone,
        "shown": SHOWN,
    }
    return show(request, "guests", facts, visitor=visitor)
