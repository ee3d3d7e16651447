"""What one revision of a deal changed, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.campaigns.models import Revision
from uma.kernel.templatetags.web import grouped, rupees

BPS_PER_PERCENT = 100
# What may stay open: without it there is no limit.
_OPEN = {
    "windows",
    "ends_at",
    "budget_paise",
    "daily_budget_paise",
    "seats",
    "daily_seats",
    "per_rider",
    "per_rider_per_day",
    "per_outlet_daily",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One term, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One revision: when, and what it changed; the first one is the deal as it was written."""

    number: int
    at: datetime
    changes: Sequence[Change]
    is_first: bool


def steps(revisions: Sequence[Revision], *, clock: str) -> list[Step]:
    """Return the steps of revisions that come the newest first; instants on a zone's clock."""
    pairs = zip(revisions, [*revisions[1:], None], strict=True)
    return [
        Step(
            number=after.number,
            at=after.at,
            changes=list(_changes(before.terms if before else None, after.terms, ZoneInfo(clock))),
            is_first=before is None,
        )
        for after, before in pairs
    ]


def _changes(
    before: Mapping[str, Any] | None,  # Any: JSON
    after: Mapping[str, Any],
    clock: ZoneInfo,
) -> Iterator[Change]:
    for name, called in _names().items():
        was, now = (before or {}).get(name), after.get(name)
        if before is None:
            # Of the first one what it sets, and not all that it leaves open.
            if now:
                yield Change(called, "", _said(name, now, clock))
        elif name in before and name in after and was != now:
            # An older one lacks what made no revision then: nobody knows what it was.
            yield Change(called, _said(name, was, clock), _said(name, now, clock))


def _names() -> dict[str, str]:
    return {
        "title": _("Title"),
        "description": _("Description"),
        "discount_bps": _("Discount"),
        "basis": _("Kind of ride money"),
        "cap_paise": _("Ride money, at most"),
        "deductible_paise": _("Guest pays first"),
        "cpa_enabled": _("Fee for new guests"),
        "audience": _("For whom"),
        "proof_policy": _("What proves a visit"),
        "geofence_policy": _("Place"),
        "holdout_bps": _("Held back by lot from"),
        "starts_at": _("Begins"),
        "ends_at": _("Ends"),
        "windows": _("Hours"),
        "budget_paise": _("Budget in all"),
        "daily_budget_paise": _("Budget a day"),
        "seats": _("Guests in all"),
        "daily_seats": _("Guests a day"),
        "per_rider": _("Times for one guest"),
        "per_rider_per_day": _("Times a day for one guest"),
        "per_outlet_daily": _("Guests a day at one outlet"),
        "booking_ttl_minutes": _("Booking lives, minutes"),
        "static_qr": _("Printed code"),
        "cpt_fee_paise": _("Fee per visit"),
        "cpa_fee_paise": _("Fee per new guest"),
        "gst_bps": _("GST"),
    }


def word(value: str) -> str:
    """Return a choice of a form as people say it; what is no choice, as it is."""
    words = {
        "flat": _("a fixed amount"),
        "actual_capped": _("the real fare, up to the limit"),
        "deductible": _("the fare above the guest's own part"),
        "all": _("everybody"),
        "new_only": _("only guests who were never here"),
        "returning_only": _("only guests who were here before"),
        "visit": _("the scan"),
        "ride+visit": _("a ride booked here, and the scan"),
        "ride+visit+bill": _("a ride booked here, the scan and the bill"),
        "none": _("anywhere"),
        "rider_location": _("booked only near the outlet"),
        "ride_dropoff": _("a ride booked here ends at the outlet"),
    }
    return words.get(value, value)


def proof_words(policy: str) -> str:
    """Return what a way to prove a visit means for the counter and for the guest."""
    words = {
        "visit": _("The guest shows the code and you scan it. How they came is their affair."),
        "ride+visit": _(
            "The guest books a ride from the ticket, and it ends near your outlet within the hour before."
        ),
        "ride+visit+bill": _(
            "The same, and whoever scans keys in the bill. Without it the scan is refused: tell your counter."
        ),
    }
    return words[policy]


def _said(name: str, value: Any, clock: ZoneInfo) -> str:  # Any: JSON
    if name in _OPEN and not value:
        return {"windows": _("all week"), "ends_at": _("until you end it")}.get(name, _("no limit"))
    if name == "windows":
        return _hours(value)
    if name.endswith("_at"):
        return date_format(datetime.fromisoformat(value).astimezone(clock), "j M Y, H:i")
    if name.endswith("_paise"):
        return rupees(value)
    if name.endswith("_bps"):
        return f"{value / BPS_PER_PERCENT:g}%"
    return _plain(name, value)


def _plain(name: str, value: Any) -> str:  # Any: JSON
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in {"basis", "audience", "proof_policy", "geofence_policy"}:
        return word(value)
    return grouped(value) if isinstance(value, int) else str(value)


def _hours(windows: Sequence[Mapping[str, Any]]) -> str:  # Any: JSON
    """Return windows as people say them, days with the same hours together."""
    days: dict[str, list[str]] = {}
    for one in windows:
        hours = f"{one['start']}\N{EN DASH}{one['end']}"
        days.setdefault(hours, []).append(str(WEEKDAYS_ABBR[one["dow"]]))
    return "\n".join(f"{', '.join(names)} {hours}" for hours, names in days.items())
