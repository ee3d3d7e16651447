"""Reads about zones, merchants, outlets and staff."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.merchants.errors import UnknownMerchant, UnknownOutlet, UnknownZone
from apps.merchants.models import FirstVisit, Merchant, Outlet, Staff, Zone
from uma.kernel import polygons
from uma.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class StaffScope:
    """
    For whom somebody acts, in which role, and where; no outlet ids means everywhere.

    `actor_id` is the person's, or the key's where a merchant's own system acts.
    """

    merchant_id: UUID
    role: str
    outlet_ids: tuple[UUID, ...]
    actor_id: UUID

    def covers(self, outlet_id: UUID) -> bool:
        """Whether this post is at that outlet."""
        return not self.outlet_ids or outlet_id in self.outlet_ids


def staff_of(*, user_id: UUID) -> StaffScope | None:
    """Return the person's one active post, or None."""
    row = (
        Staff.objects.filter(user_id=user_id, is_active=True)
        .values_list("merchant_id", "role", "outlet_ids")
        .first()
    )
    if row is None:
        return None
    merchant_id, role, outlet_ids = row
    return StaffScope(merchant_id, role, tuple(outlet_ids), user_id)


def zone(*, code: str) -> Zone:
    """
    Return the zone.

    Raises:
        UnknownZone
    """
    found = Zone.objects.filter(code=code).first()
    if found is None:
        raise UnknownZone
    return found


def zones() -> list[Zone]:
    """Return every zone."""
    return list(Zone.objects.order_by("code"))


def merchants_in(*, zone_code: str) -> list[tuple[UUID, datetime]]:
    """Return the zone's merchants and since when they are here, the oldest first."""
    rows = Merchant.objects.filter(zone_id=zone_code).order_by("pk")
    return list(rows.values_list("pk", "created_at"))


def merchant_ids_in(*, zone_code: str) -> list[UUID]:
    """Return the merchants that belong to the zone or have an outlet there, closed ones too."""
    there = Q(zone_id=zone_code) | Q(outlets__zone_id=zone_code)
    rows = Merchant.objects.filter(there).order_by("pk").distinct()
    return list(rows.values_list("pk", flat=True))


def brands(*, merchant_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return how these merchants call themselves, by id."""
    return dict(Merchant.objects.filter(pk__in=merchant_ids).values_list("pk", "brand"))


def merchant(*, merchant_id: UUID) -> Merchant:
    """
    Return the merchant with its zone.

    Raises:
        UnknownMerchant
    """
    found = Merchant.objects.select_related("zone").filter(pk=merchant_id).first()
    if found is None:
        raise UnknownMerchant
    return found


def gstin_is_taken(*, gstin: str, besides: UUID | None = None) -> bool:
    """Say whether a merchant that may sell, other than `besides`, has this GSTIN."""
    live = [Merchant.Status.ACTIVE, Merchant.Status.SUSPENDED]
    found = Merchant.objects.filter(gstin=gstin, status__in=live)
    return (found if besides is None else found.exclude(pk=besides)).exists()


def active_merchants(*, after: UUID | None, limit: int) -> list[Merchant]:
    """Return up to `limit` merchants that may sell, with their zones, by id from beyond `after`."""
    rows = Merchant.objects.select_related("zone").filter(status=Merchant.Status.ACTIVE)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk")[:limit])


def manager_ids(*, merchant_id: UUID) -> list[UUID]:
    """Return the people who run the merchant today: its owners and managers."""
    roles = [Staff.Role.OWNER, Staff.Role.MANAGER]
    posts = Staff.objects.filter(merchant_id=merchant_id, role__in=roles, is_active=True)
    return list(posts.order_by("pk").values_list("user_id", flat=True))


def owner_ids(*, merchant_id: UUID) -> list[UUID]:
    """Return the people who own the merchant today."""
    posts = Staff.objects.filter(merchant_id=merchant_id, role=Staff.Role.OWNER, is_active=True)
    return list(posts.order_by("pk").values_list("user_id", flat=True))


def posts_of(*, merchant_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return who works or has worked for each of these merchants."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = Staff.objects.filter(merchant_id__in=merchant_ids)
    for merchant_id, user_id in rows.values_list("merchant_id", "user_id"):
        found[merchant_id].add(user_id)
    return found


def places_of(*, outlet_ids: Collection[UUID]) -> dict[UUID, Point]:
    """Return where these outlets are."""
    return dict(Outlet.objects.filter(pk__in=outlet_ids).values_list("pk", "location"))


def outlet(*, outlet_id: UUID) -> Outlet:
    """
    Return the outlet with its zone.

    Raises:
        UnknownOutlet
    """
    found = Outlet.objects.select_related("zone").filter(pk=outlet_id).first()
    if found is None:
        raise UnknownOutlet
    return found


def outlet_of(*, outlet_id: UUID, merchant_id: UUID) -> Outlet:
    """
    Return the merchant's own outlet with its zone.

    Raises:
        UnknownOutlet: also for another merchant's, so that identifiers cannot be probed
    """
    found = outlet(outlet_id=outlet_id)
    if found.merchant_id != merchant_id:
        raise UnknownOutlet
    return found


def outlets(*, merchant_id: UUID) -> list[Outlet]:
    """Return the merchant's outlets, the oldest first."""
    return list(
        Outlet.objects.select_related("zone").filter(merchant_id=merchant_id).order_by("pk")
    )


def is_new_customer(*, merchant_id: UUID, person_id: UUID) -> bool:
    """Say whether no visit of this person to this merchant was ever proven (the insert decides)."""
    return not FirstVisit.objects.filter(merchant_id=merchant_id, person_id=person_id).exists()


def zone_at(*, place: Point) -> Zone | None:
    """Return the zone whose boundary holds the place; of several, the first by code."""
    return next(
        (zone for zone in _drawn_zones() if polygons.contains(zone.boundary or {}, place)), None
    )


@dataclass(frozen=True, slots=True)
class NearestZone:
    """The zone whose boundary is nearest to a place outside every zone."""

    zone: Zone
    away_m: int


def nearest_zone(*, place: Point) -> NearestZone | None:
    """Return the zone nearest to a place; None when no zone is drawn."""
    found = [
        NearestZone(zone, polygons.metres_to(zone.boundary or {}, place)) for zone in _drawn_zones()
    ]
    return min(found, key=lambda nearest: nearest.away_m, default=None)


def _drawn_zones() -> Iterable[Zone]:
    return Zone.objects.exclude(boundary=None).order_by("code")
