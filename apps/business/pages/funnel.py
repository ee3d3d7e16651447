"""From the first try to the visit: bookings refused and made, what became of them, and guests turned away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.business import refusals
from apps.business.alerts import turned_away, why_failed
from apps.business.pages.figures import asked_of
from apps.business.visiting import Visitor, page, show
from apps.merchants import duties
from apps.rides import selectors as rides
from apps.rides.models import Booking

State = Booking.State


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the bookings: its name, how many, and its hundredths of the whole."""

    name: str
    count: int
    share: int
    tone: str


@page(duties.READ_ANALYTICS)
def funnel(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show the tries, the parts that sum to the bookings, and why bookings and scans failed."""
    asked = asked_of(request, visitor, now=timezone.now())
    since, until = asked.since, asked.until
    found = rides.outcomes(
        merchant_id=visitor.staff.merchant_id,
        since=since,
        until=until,
        outlet_ids=asked.period.outlet_ids,
        campaign_id=asked.campaign_id,
    )
    failed = turned_away(
        merchant_id=visitor.staff.merchant_id,
        since=since,
        until=until,
        outlet_ids=asked.period.outlet_ids,
    )
    refused = refusals.by_reason(visitor.staff.merchant_id, asked.period)
    booked, times = sum(found.values()), sum(refused.values())
    facts = {
        "asked": asked,
        "tried": booked + times,
        "tries": _shares([(_("Booked"), booked, "done"), (_("Refused"), times, "warn")]),
        "refused": refused.most_common(),
        "rows": asked.query(by="reason"),
        "booked": booked,
        "steps": _steps(found),
        "failed": [(why_failed(code), number) for code, number in failed],
        "back": asked.query(day=None),
    }
    return show(request, "funnel", facts, visitor=visitor)


def _steps(found: Mapping[str, int]) -> Sequence[Step]:
    parts = (
        (_("Came"), (State.REDEEMED, State.DISPUTED), "done"),
        (_("Came, and was taken back"), (State.REVERSED,), "warn"),
        (_("Still may come"), (State.BOOKED,), "now"),
        (_("Cancelled by the guest"), (State.CANCELLED,), "warn"),
        (_("Did not come"), (State.EXPIRED,), "warn"),
        (_("Ended by us"), (State.VOIDED,), "warn"),
    )
    return _shares(
        [(name, sum(found.get(one, 0) for one in states), tone) for name, states, tone in parts]
    )


def _shares(counted: Sequence[tuple[str, int, str]]) -> Sequence[Step]:
    whole = sum(count for _name, count, _tone in counted)
    return [
        Step(name, count, round(count * 100 / whole) if whole else 0, tone)
        for name, count, tone in counted
    ]
