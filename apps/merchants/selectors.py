"""Reads about zones, merchants, outlets and staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from apps.merchants.errors import UnknownMerchant, UnknownOutlet, UnknownZone
from apps.merchants.models import FirstVisit, Merchant, Outlet, Staff, Zone
from uma.kernel.geo import Point


@dataclass(frozen=True, slots=True)
class StaffScope:
    """For whom a person acts, in which role, and where; no outlet ids means everywhere."""

    merchant_id: UUID
    role: str
    outlet_ids: tuple[UUID, ...]
    user_id: UUID

    @property
    def manages(self) -> bool:
        """Whether this person may change campaigns and other terms."""
        return self.role in {Staff.Role.OWNER, Staff.Role.MANAGER}

    def may_scan_at(self, outlet_id: UUID) -> bool:
        """Whether this person may scan a booking of that outlet."""
        return self.role != Staff.Role.ACCOUNTANT and (
            not self.outlet_ids or outlet_id in self.outlet_ids
        )


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
    for candidate in Zone.objects.exclude(boundary=None).order_by("code"):
        rings = (candidate.boundary or {}).get("coordinates", [])
        if (
            rings
            and _inside(rings[0], place)
            and not any(_inside(hole, place) for hole in rings[1:])
        ):
            return candidate
    return None


def _inside(ring: Sequence[Sequence[float]], place: Point) -> bool:
    """Count how often a line from the place to the east crosses the ring: odd means inside."""
    inside = False
    for (lng_a, lat_a), (lng_b, lat_b) in pairwise(ring):
        if (lat_a > place.latitude) != (lat_b > place.latitude):
            crossing = lng_a + (place.latitude - lat_a) * (lng_b - lng_a) / (lat_b - lat_a)
            inside ^= place.longitude < crossing
    return inside
