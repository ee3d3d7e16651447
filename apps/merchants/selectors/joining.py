"""Reads about applications: one's own, the queue of them, and what looks like another business."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.merchants.errors import UnknownMerchant
from apps.merchants.models import Application, Merchant, Outlet, Staff
from uma.kernel.geo import Box, distance_m

# Two businesses at one door are usually one business.
SAME_DOOR_M = 30
# A chain of duplicates is as good as its first ones.
MOST_DUPLICATES = 20
_PAN = slice(2, 12)


def application_of(*, user_id: UUID) -> Application | None:
    """Return the person's latest application with its merchant and zone, whatever became of it."""
    rows = Application.objects.select_related("merchant__zone").filter(applicant_id=user_id)
    return rows.order_by("-pk").first()


def open_outlets(*, merchant_id: UUID) -> list[Outlet]:
    """Return the outlets that are not closed for good, the oldest first."""
    rows = Outlet.objects.select_related("zone").filter(merchant_id=merchant_id)
    return list(rows.exclude(status=Outlet.Status.CLOSED).order_by("pk"))


def colleagues(*, merchant_id: UUID) -> list[Staff]:
    """Return the people who act for the merchant today, the longest first, with their names."""
    rows = Staff.objects.select_related("user").filter(merchant_id=merchant_id, is_active=True)
    return list(rows.order_by("created_at", "pk"))


# What an operator asks for, by its name on the wire.
STATUSES: dict[str, Q] = {
    "applied": Q(status="APPLIED") & ~Q(application__state="SENT_BACK"),
    "sent_back": Q(status="APPLIED", application__state="SENT_BACK"),
    "active": Q(status="ACTIVE"),
    "suspended": Q(status="SUSPENDED"),
    "closed": Q(status="CLOSED"),
}


def merchants_by_status(
    *,
    status: str | None,
    limit: int,
    zones: Collection[str] | None = None,
    after_id: UUID | None = None,
) -> list[Merchant]:
    """
    Return merchants with zone and application, the oldest first, later than `after_id`.

    `zones` None means everywhere.
    """
    rows = _reviewed()
    if zones is not None:
        rows = rows.filter(zone_id__in=zones)
    if status is not None:
        rows = rows.filter(STATUSES[status])
    if after_id is not None:
        rows = rows.filter(pk__gt=after_id)
    return list(rows.order_by("pk")[:limit])


def reviewed_merchant(*, merchant_id: UUID) -> Merchant:
    """
    Return a merchant with zone and application.

    Raises:
        UnknownMerchant
    """
    found = _reviewed().filter(pk=merchant_id).first()
    if found is None:
        raise UnknownMerchant
    return found


def outlets_of(*, merchant_ids: list[UUID]) -> dict[UUID, list[Outlet]]:
    """Return the outlets of each merchant that are not closed for good, one statement for all."""
    found: dict[UUID, list[Outlet]] = {merchant_id: [] for merchant_id in merchant_ids}
    rows = Outlet.objects.filter(merchant_id__in=merchant_ids).select_related("zone")
    for outlet in rows.exclude(status=Outlet.Status.CLOSED).order_by("pk"):
        found[outlet.merchant_id].append(outlet)
    return found


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another merchant that may be the same business, and what says so."""

    merchant: Merchant
    reasons: tuple[str, ...]


def duplicates_of(*, merchant_id: UUID) -> list[Duplicate]:
    """
    Return merchants that may be the same business: same GSTIN, PAN or person, or one door.

    Rejected and closed ones count too: whoever was declined comes back under another name.

    Raises:
        UnknownMerchant
    """
    merchant = reviewed_merchant(merchant_id=merchant_id)
    reasons: dict[UUID, list[str]] = defaultdict(list)
    others = Merchant.objects.exclude(pk=merchant_id)
    if merchant.gstin:
        pan = merchant.gstin[_PAN]
        for row in others.filter(gstin__contains=pan)[:MOST_DUPLICATES]:
            same = row.gstin == merchant.gstin
            reasons[row.pk].append("same GSTIN" if same else "same PAN")
    for employer in _employers(merchant)[:MOST_DUPLICATES]:
        reasons[employer].append("same person, and so the same phone")
    for outlet in open_outlets(merchant_id=merchant_id):
        for other, away_m in _at_the_door(outlet):
            reasons[other].append(f"outlet {away_m} m from {outlet.name}")
    found = others.select_related("zone").in_bulk(list(reasons))
    return [Duplicate(found[pk], tuple(why)) for pk, why in list(reasons.items())[:MOST_DUPLICATES]]


def _reviewed() -> QuerySet[Merchant, Merchant]:
    return Merchant.objects.select_related("zone", "application")


def _employers(merchant: Merchant) -> QuerySet[Staff, Any]:  # Any: a flat list of ids
    """Return the other merchants that this one's people ever acted for; a phone is one person's."""
    own = Staff.objects.filter(merchant=merchant).values("user_id")
    others = Staff.objects.filter(user_id__in=own).exclude(merchant=merchant)
    return others.order_by("merchant_id").values_list("merchant_id", flat=True).distinct()


def _at_the_door(outlet: Outlet) -> list[tuple[UUID, int]]:
    """Return (merchant, metres) of the nearest outlet that each other merchant has at this door."""
    near = Outlet.objects.filter(
        zone_id=outlet.zone_id, location__inside=Box.around(outlet.location, SAME_DOOR_M)
    ).exclude(merchant_id=outlet.merchant_id)
    nearest: dict[UUID, int] = {}
    for other in near[: 10 * MOST_DUPLICATES]:
        away_m = distance_m(outlet.location, other.location)
        if away_m <= SAME_DOOR_M:
            known = nearest.get(other.merchant_id, SAME_DOOR_M)
            nearest[other.merchant_id] = min(known, away_m)
    return list(nearest.items())
