"""Writes about zones."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants.errors import BoundaryInvalid, TimezoneUnknown, UnknownZone
from apps.merchants.models import Zone
from apps.merchants.services.reasons import require
from apps.wallet import codes
from apps.wallet import services as wallet
from uma.kernel.geo import Point

# A closed ring repeats its first position: a triangle has four.
MIN_POSITIONS = 4


@transaction.atomic
def open_zone(
    *,
    code: str,
    name: str,
    std_city_code: str,
    state_code: str,
    platform_state_code: str,
    now: datetime,
    timezone: str = "Asia/Kolkata",
    boundary: Mapping[str, object] | None = None,
) -> Zone:
    """
    Open a zone and its accounts in the ledger; bookings there are possible once fees are set.

    Raises:
        TimezoneUnknown, BoundaryInvalid
    """
    if timezone not in _timezones():
        raise TimezoneUnknown(f"{timezone!r} is not in the time zone database.")
    if boundary is not None:
        _check_polygon(boundary)
    zone = Zone.objects.create(
        code=code,
        name=name,
        std_city_code=std_city_code,
        state_code=state_code,
        platform_state_code=platform_state_code,
        timezone=timezone,
        boundary=boundary,
        opened_at=now,
    )
    wallet.open_accounts(codes=[codes.zone_account(code, account) for account in codes.ZoneAccount])
    return zone


def pause_zone(*, code: str, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """
    Stop new bookings in a zone; what is booked is still redeemed, for its money is held.

    Raises:
        UnknownZone, ReasonRequired
    """
    _set_zone_pause(code=code, paused_at=now, actor_id=actor_id, reason=reason, now=now)


def resume_zone(*, code: str, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """
    Let bookings in the zone begin again.

    Raises:
        UnknownZone, ReasonRequired
    """
    _set_zone_pause(code=code, paused_at=None, actor_id=actor_id, reason=reason, now=now)


@cache
def _timezones() -> frozenset[str]:
    # Python opens each of the database's six hundred files for this.
    return frozenset(available_timezones())


def _check_polygon(boundary: Mapping[str, object]) -> None:
    """Refuse what is not a closed GeoJSON polygon (RFC 7946, section 3.1.6)."""
    rings = boundary.get("coordinates")
    if boundary.get("type") != "Polygon" or not isinstance(rings, list) or not rings:
        raise BoundaryInvalid
    for ring in rings:
        if not isinstance(ring, list) or len(ring) < MIN_POSITIONS or ring[0] != ring[-1]:
            raise BoundaryInvalid("Each ring has four or more positions, the last like the first.")
        for position in ring:
            try:
                longitude, latitude = position
                Point(latitude=float(latitude), longitude=float(longitude))
            except (TypeError, ValueError) as wrong:
                raise BoundaryInvalid(f"{position!r} is not [longitude, latitude].") from wrong


@transaction.atomic
def _set_zone_pause(
    *, code: str, paused_at: datetime | None, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    require(reason)
    zone = Zone.objects.select_for_update(no_key=True).filter(code=code).first()
    if zone is None:
        raise UnknownZone
    before, zone.bookings_paused_at = zone.bookings_paused_at, paused_at
    zone.save(update_fields=["bookings_paused_at"])
    accounts.record(
        action="zone.paused" if paused_at else "zone.resumed",
        object_type="zone",
        object_id=code,
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"paused_at": before and before.isoformat()},
        after={"paused_at": paused_at and paused_at.isoformat()},
    )
