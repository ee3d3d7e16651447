"""The guests, by the names that only this business sees, and how many of them came again."""

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode

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
    """Show the guests of the last ninety days, a page at a time, and the months' cohorts."""
    now, staff = timezone.now(), visitor.staff
    after = _after(request)
    found = handshakes.guests_of(
        merchant_id=staff.merchant_id, since=now - DAYS, until=now, limit=SHOWN + 1, after=after,
        outlet_ids=staff.outlet_ids,
    )  # fmt: skip
    shown = found[:SHOWN]
    facts = {
        "guests": shown,
        "totals": handshakes.guest_totals(
            merchant_id=staff.merchant_id, since=now - DAYS, until=now, outlet_ids=staff.outlet_ids
        ),
        "cohorts": selectors.cohorts(merchant_id=staff.merchant_id, months=MONTHS),
        "within": selectors.WITHIN_DAYS,
        "zone": merchants.merchant(merchant_id=staff.merchant_id).zone.timezone,
        "is_first": after is None,
        "older": _place(shown[-1]) if len(found) > SHOWN else None,
    }
    return show(request, "guests", facts, visitor=visitor)


def _place(last: handshakes.Guest) -> str:
    return urlencode({"at": last.last_at.isoformat(), "visit": str(last.last_id)})


def _after(request: HttpRequest) -> tuple[datetime, UUID] | None:
    """Return after which guest the page begins; what is no such place is the first page."""
    try:
        at = datetime.fromisoformat(request.GET.get("at", ""))
        return (at, UUID(request.GET.get("visit", ""))) if at.tzinfo else None
    except ValueError:
        return None
