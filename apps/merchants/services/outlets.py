"""Writes about outlets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    HoursInvalid,
    MerchantNotActive,
    MerchantStatusNotAllowed,
    OutletMovedTooFar,
    OutsideEveryZone,
    RadiusNotAllowed,
    UnknownOutlet,
)
from apps.merchants.models import MAX_RADIUS_M, MIN_RADIUS_M, Feature, Merchant, Outlet, Zone
from apps.merchants.services import limits
from apps.merchants.services.reasons import require
from uma.kernel.geo import Point, distance_m
from uma.kernel.polygons import contains
from uma.kernel.zones import Window, week_faults, windows_to

# How far a pin may be corrected in all. Within it every booked rider still finds the door, and a scan
# at the door is not remote (decisions/0020); farther away it is another outlet.
MOST_CORRECTION_M = 200
# What an edit may change; the status has acts of its own.
EDITABLE = ("name", "category", "address", "location", "radius_m", "hours")


@transaction.atomic
def add_outlet(
    *,
    merchant_id: UUID,
    name: str,
    category: str,
    address: str,
    location: Point,
    now: datetime,
    radius_m: int = 150,
    hours: Sequence[Window] = (),
) -> Outlet:
    """
    Add an outlet in the merchant's own zone: money of a booking never spans zones (INV-33).

    Raises:
        UnknownMerchant, RadiusNotAllowed, HoursInvalid, OutsideEveryZone
    """
    merchant = selectors.merchant(merchant_id=merchant_id)
    check(radius_m=radius_m, hours=hours, location=location, zone=merchant.zone)
    return Outlet.objects.create(
        merchant_id=merchant_id,
        zone_id=merchant.zone_id,
        name=name,
        category=category,
        address=address,
        location=location,
        radius_m=radius_m,
        hours=windows_to(hours),
        created_at=now,
        status_changed_at=now,
    )


@transaction.atomic
def open_outlet(
    *,
    merchant_id: UUID,
    actor_id: UUID,
    name: str,
    category: str,
    address: str,
    location: Point,
    now: datetime,
    radius_m: int = 150,
    hours: Sequence[Window] = (),
) -> Outlet:
    """
    Add an outlet at the merchant's own wish, as far as its plan goes, with a trace.

    Raises:
        MerchantNotActive, PlanLimitReached, and what `add_outlet` refuses
    """
    merchant = limits.require_room(
        merchant_id=merchant_id,
        feature=Feature.OUTLETS,
        used=lambda: selectors.outlets_in_use(merchant_id=merchant_id),
    )
    _require_active(merchant)
    outlet = add_outlet(
        merchant_id=merchant_id,
        name=name,
        category=category,
        address=address,
        location=location,
        radius_m=radius_m,
        hours=hours,
        now=now,
    )
    _record("opened", outlet, actor_id=actor_id, now=now, after=_facts(outlet, EDITABLE))
    return outlet


@transaction.atomic
def change_outlet(
    *,
    outlet_id: UUID,
    merchant_id: UUID,
    changes: Mapping[str, object],
    actor_id: UUID | None,
    now: datetime,
) -> Outlet:
    """
    Change the named facts of an outlet; bookings keep what they were sold, the map follows.

    Raises:
        UnknownOutlet, MerchantNotActive, MerchantStatusNotAllowed, RadiusNotAllowed, HoursInvalid,
        OutsideEveryZone, OutletMovedTooFar
    """
    assert set(changes) <= set(EDITABLE)
    outlet = _lock(outlet_id, merchant_id)
    _require_active(outlet.merchant)
    if outlet.status == Outlet.Status.CLOSED:
        raise MerchantStatusNotAllowed("A closed outlet is not edited; add a new one.")
    before, was_at = _facts(outlet, EDITABLE), outlet.location
    assign(outlet, changes)
    if outlet.location != was_at:
        known: Point | None = outlet.registered_at
        outlet.registered_at = was_at if known is None else known
        _check_correction(outlet.registered_at, outlet.location)
    changed = [name for name, value in _facts(outlet, EDITABLE).items() if before[name] != value]
    if changed:
        outlet.save(update_fields=[*EDITABLE, "registered_at"])
        _record(
            "changed",
            outlet,
            actor_id=actor_id,
            now=now,
            before={name: before[name] for name in changed},
            after=_facts(outlet, changed),
        )
    return outlet


@transaction.atomic
def set_outlet_status(
    *,
    outlet_id: UUID,
    status: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
    merchant_id: UUID | None = None,
) -> Outlet:
    """
    Open, pause or close an outlet; a closed one stays closed. `merchant_id` hides another's.

    What is booked at it is honoured whatever it becomes.

    Raises:
        UnknownOutlet, MerchantStatusNotAllowed, ReasonRequired
    """
    require(reason)
    outlet = _lock(outlet_id, merchant_id)
    if outlet.status == Outlet.Status.CLOSED:
        raise MerchantStatusNotAllowed("A closed outlet does not open again; add a new one.")
    before, outlet.status, outlet.status_changed_at = outlet.status, status, now
    outlet.save(update_fields=["status", "status_changed_at"])
    _record(
        status.lower(),
        outlet,
        actor_id=actor_id,
        now=now,
        reason=reason,
        before={"status": before},
        after={"status": status},
    )
    return outlet


def assign(outlet: Outlet, changes: Mapping[str, object]) -> None:
    """
    Write facts to an outlet in memory once they are checked against its zone.

    Raises:
        RadiusNotAllowed, HoursInvalid, OutsideEveryZone
    """
    for name, value in changes.items():
        if name != "hours":
            setattr(outlet, name, value)
    hours: Sequence[Window] = changes.get("hours", ())  # type: ignore[assignment]  # by the serializer
    check(radius_m=outlet.radius_m, hours=hours, location=outlet.location, zone=outlet.zone)
    if "hours" in changes:
        outlet.hours = windows_to(hours)


def check(*, radius_m: int, hours: Sequence[Window], location: Point, zone: Zone) -> None:
    """
    Refuse an outlet that cannot stand in this zone; a zone that is not drawn holds every place.

    Raises:
        RadiusNotAllowed, HoursInvalid, OutsideEveryZone
    """
    if not MIN_RADIUS_M <= radius_m <= MAX_RADIUS_M:
        raise RadiusNotAllowed
    for fault in week_faults(hours):
        raise HoursInvalid(fault)
    if zone.boundary is not None and not contains(zone.boundary, location):
        raise OutsideEveryZone(f"The place lies outside {zone.name}.", zone=zone.code)


def _check_correction(origin: Point, wanted: Point) -> None:
    away_m = distance_m(origin, wanted)
    if away_m > MOST_CORRECTION_M:
        raise OutletMovedTooFar(
            f"The new pin is {away_m} m from where the outlet was registered;"
            f" a correction reaches {MOST_CORRECTION_M} m.",
            away_m=away_m,
            limit_m=MOST_CORRECTION_M,
        )


def _require_active(merchant: Merchant) -> None:
    if merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive


def _lock(outlet_id: UUID, merchant_id: UUID | None) -> Outlet:
    rows = Outlet.objects.select_for_update(no_key=True, of=("self",))
    if merchant_id is not None:
        rows = rows.filter(merchant_id=merchant_id)
    outlet = rows.select_related("zone", "merchant").filter(pk=outlet_id).first()
    if outlet is None:
        raise UnknownOutlet
    return outlet


def _facts(outlet: Outlet, names: Sequence[str]) -> dict[str, object]:
    facts = {name: getattr(outlet, name) for name in names}
    return {
        name: str(value) if isinstance(value, Point) else value for name, value in facts.items()
    }


def _record(
    act: str,
    outlet: Outlet,
    *,
    actor_id: UUID | None,
    now: datetime,
    reason: str = "",
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    accounts.record(
        action=f"outlet.{act}",
        object_type="outlet",
        object_id=str(outlet.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before=before,
        after=after,
    )
