"""The rows behind the tiles that are not sums of visits: check-ins, guests who came again, refused bookings."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.analytics import selectors
from apps.analytics.selectors import Repeat
from apps.business.pages.figures import ROWS, asked_of, names_by, page_number
from apps.business.refusals import why_refused
from apps.business.visiting import Visitor, page, show
from apps.handshake import selectors as handshakes
from apps.merchants import duties
from apps.rides import selectors as rides
from apps.rides.selectors import RefusedBy

_BY: Mapping[str, RefusedBy] = {
    "reason": "code",
    "day": "day",
    "deal": "campaign_id",
    "outlet": "outlet_id",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a day or a name, and how many bookings were refused."""

    day: date | None
    name: str
    times: int


@page(duties.READ_ANALYTICS)
def check_ins(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the guests who checked in without a deal, one by one."""
    asked = asked_of(request, visitor, now=timezone.now())
    merchant_id, number = visitor.staff.merchant_id, page_number(request)
    found = handshakes.check_ins_one_by_one(
        merchant_id=merchant_id,
        since=asked.since,
        until=asked.until,
        limit=ROWS + 1,
        skip=number * ROWS,
        outlet_ids=asked.period.outlet_ids,
    )
    names = names_by(visitor, by="outlet")
    facts = {
        "asked": asked,
        "guests": [(one, names.get(one.outlet_id, "")) for one in found[:ROWS]],
        "total": handshakes.check_ins_of(
            merchant_id=merchant_id,
            since=asked.since,
            until=asked.until,
            outlet_ids=asked.period.outlet_ids,
        ),
        "zone": asked.clock,
        "newer": asked.query(page=number - 1) if number else None,
        "older": asked.query(page=number + 1) if len(found) > ROWS else None,
        "back": asked.query(day=None),
    }
    return show(request, "check_ins", facts, visitor=visitor)


@page(duties.READ_ANALYTICS)
def again(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the months of first visits, and that together they are the figure."""
    asked = asked_of(request, visitor, now=timezone.now())
    months = selectors.cohorts(merchant_id=visitor.staff.merchant_id, until=asked.period.last)
    together = [
        Repeat(
            within,
            sum(repeats[place].size for _month, repeats in months),
            sum(repeats[place].returned for _month, repeats in months),
            sum(repeats[place].organic for _month, repeats in months),
        )
        for place, within in enumerate(selectors.WITHIN_DAYS)
    ]
    facts = {
        "asked": asked,
        "months": months,
        "together": together,
        "back": asked.query(day=None),
    }
    return show(request, "again", facts, visitor=visitor)


@page(duties.READ_ANALYTICS)
def refusals(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show how many bookings were refused, by reason, day, deal or outlet."""
    asked = asked_of(request, visitor, now=timezone.now())
    by = request.GET.get("by", "reason")
    by = by if by in _BY else "reason"
    found = rides.refused(
        merchant_id=visitor.staff.merchant_id,
        first=asked.period.first,
        last=asked.period.last,
        by=_BY[by],
        outlet_ids=asked.period.outlet_ids,
        campaign_id=asked.campaign_id,
    )
    facts = {
        "asked": asked,
        "by": by,
        "ways": [(way, asked.query(by=way)) for way in _BY],
        "rows": _rows(found, names_by(visitor, by=by)),
        "total": sum(found.values()),
        "back": asked.query(day=None),
    }
    return show(request, "refusals", facts, visitor=visitor)


def _rows(found: Mapping[str | date | UUID | None, int], names: Mapping[UUID, str]) -> list[Row]:
    days = [Row(key, "", times) for key, times in found.items() if isinstance(key, date)]
    if days:
        return sorted(days, key=lambda row: row.day or date.min, reverse=True)
    named: Counter[str] = Counter()
    for key, times in found.items():
        if isinstance(key, UUID):
            named[names.get(key, str(key)[-8:])] += times
        else:
            named[_("No outlet was named") if key is None else why_refused(str(key))] += times
    return [Row(None, name, times) for name, times in named.most_common()]
