"""What one revision of a deal changed, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.campaigns.models import Revision
from uma.kernel.templatetags.web import rupees

BPS_PER_PERCENT = 100


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


def steps(revisions: Sequence[Revision]) -> list[Step]:
    """Return the steps of revisions that come the newest first."""
    pairs = zip(revisions, [*revisions[1:], None], strict=True)
    return [
        Step(
            number=after.number,
            at=after.at,
            changes=list(_changes(before.terms if before else {}, after.terms)),
            is_first=before is None,
        )
        for after, before in pairs
    ]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:  # Any: JSON
    for name, called in _names().items():
        was, now = before.get(name), after.get(name)
        if was != now and not (was is None and now in {"", 0}):
            yield Change(called, "" if was is None else _said(name, was), _said(name, now))


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
        "geofence_policy": _("Where it can be booked"),
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
        "none": _("anywhere"),
        "rider_location": _("only near the outlet"),
    }
    return words.get(value, value)


def _said(name: str, value: Any) -> str:  # Any: JSON
    if name.endswith("_paise"):
        return rupees(value)
    if name.endswith("_bps"):
        return f"{value / BPS_PER_PERCENT:g}%"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in {"basis", "audience", "geofence_policy"}:
        return word(value)
    return str(value)
