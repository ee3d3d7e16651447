"""How a business applies: what it asks, once and again until it is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import selectors as people
from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    AlreadyOnStaff,
    ApplicationDecided,
    NoApplication,
    OutletsInSeveralZones,
    OutsideEveryZone,
    UnknownOutlet,
)
from apps.merchants.models import Application, Merchant, Outlet, Staff, Zone
from apps.merchants.services import businesses, outlets
from apps.merchants.services.staff import add_staff
from uma.kernel.geo import Point
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.zones import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOutlet:
    """An outlet as applied for; `id` names one that the application has already."""

    name: str
    category: str
    address: str
    location: Point
    radius_m: int = 150
    hours: tuple[Window, ...] = ()
    id: UUID | None = None

    @property
    def facts(self) -> Mapping[str, object]:
        """The outlet's columns but for its place in the application."""
        return {name: getattr(self, name) for name in outlets.EDITABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an applicant says of the business; the state is the GSTIN's, or else the zone's."""

    legal_name: str
    brand: str
    email: str
    outlets: Sequence[WantedOutlet]
    gstin: str = ""
    state_code: str = ""

    def state_in(self, zone: Zone) -> str:
        """Return the GST state code: as said, by the GSTIN, or by where the outlets are."""
        return self.state_code or self.gstin[:2] or zone.state_code


@dataclass(frozen=True, slots=True)
class Applied:
    """An application; `replayed` when an earlier request with the same key made it."""

    application: Application
    replayed: bool = False


def apply(*, user_id: UUID, wanted: Wanted, now: datetime, key: IdempotencyKey | None) -> Applied:
    """
    Take a person's application for a business and make the person its owner.

    The zone is where the outlets lie. A repeat of the request (same key, same body) gets the
    application it made.

    Raises:
        IdempotencyKeyReused, UnknownPerson, AlreadyOnStaff, OutsideEveryZone,
        OutletsInSeveralZones, GstinInvalid, GstinTaken, StateUnknown, RadiusNotAllowed,
        HoursInvalid
    """
    try:
        return _apply(user_id, wanted, key, now)
    except (AlreadyOnStaff, IntegrityError):
        # A twin of this request was first, between our look-up and our insert: it is found now.
        if earlier := _answer_again(user_id, key):
            return earlier
        raise


@transaction.atomic
def amend(*, user_id: UUID, wanted: Wanted, now: datetime) -> Application:
    """
    Replace what an undecided application says; one that was sent back is submitted again by it.

    Outlets that are named by their id are changed, those without are added, and the others close.

    Raises:
        NoApplication, ApplicationDecided, UnknownOutlet, and what `apply` refuses of the facts
    """
    found = selectors.application_of(user_id=user_id)
    if found is None:
        raise NoApplication
    merchant = businesses.lock(found.pk)
    application = Application.objects.get(pk=found.pk)
    if application.state not in Application.OPEN:
        raise ApplicationDecided
    zone = _zone_of(wanted.outlets)
    state_code = wanted.state_in(zone)
    businesses.check_registration(
        gstin=wanted.gstin, state_code=state_code, merchant_id=merchant.pk
    )
    before = application.state
    changed = _assign(merchant, wanted, zone=zone, state_code=state_code)
    merchant.save(update_fields=["legal_name", "brand", "email", "gstin", "state_code", "zone"])
    _replace_outlets(merchant, wanted.outlets, now=now)
    application.state = Application.State.APPLIED
    application.revision += 1
    application.submitted_at = now
    application.decided_at = application.decided_by = None
    application.save()
    _record(application, "amended", user_id, before=before, changed=changed, now=now)
    return application


@transaction.atomic
def _apply(user_id: UUID, wanted: Wanted, key: IdempotencyKey | None, now: datetime) -> Applied:
    if earlier := _answer_again(user_id, key):
        return earlier
    # An access token outlives an erased person by minutes.
    people.person(user_id=user_id)
    if selectors.staff_of(user_id=user_id) is not None:
        raise AlreadyOnStaff
    zone = _zone_of(wanted.outlets)
    merchant = businesses.register_merchant(
        legal_name=wanted.legal_name,
        brand=wanted.brand,
        gstin=wanted.gstin,
        state_code=wanted.state_in(zone),
        zone_code=zone.code,
        email=wanted.email,
        now=now,
    )
    for one in wanted.outlets:
        if one.id is not None:
            raise UnknownOutlet
        _add_outlet(merchant, one, now=now)
    add_staff(merchant_id=merchant.pk, user_id=user_id, role=Staff.Role.OWNER, now=now)
    application = Application.objects.create(
        merchant=merchant,
        applicant_id=user_id,
        created_at=now,
        submitted_at=now,
        request_key=key.key if key else "",
        request_fingerprint=key.fingerprint if key else None,
    )
    _record(application, "applied", user_id, before="", changed=[], now=now)
    return Applied(application)


def _answer_again(user_id: UUID, key: IdempotencyKey | None) -> Applied | None:
    if key is None:
        return None
    earlier = Application.objects.filter(applicant_id=user_id, request_key=key.key).first()
    if earlier is None:
        return None
    if bytes(earlier.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Applied(earlier, replayed=True)


def _zone_of(wanted: Sequence[WantedOutlet]) -> Zone:
    """Return the one zone in which all the outlets lie."""
    found: dict[str, Zone] = {}
    for one in wanted:
        zone = selectors.zone_at(place=one.location)
        if zone is None:
            raise _outside(one)
        found[zone.code] = zone
    if len(found) > 1:
        raise OutletsInSeveralZones(
            f"The outlets lie in {' and '.join(sorted(zone.name for zone in found.values()))}.",
            zones=sorted(found),
        )
    (only,) = found.values()
    return only


def _outside(one: WantedOutlet) -> OutsideEveryZone:
    nearest = selectors.nearest_zone(place=one.location)
    if nearest is None:
        return OutsideEveryZone()
    return OutsideEveryZone(
        f"{one.name} lies outside every zone; the nearest is {nearest.zone.name}.",
        nearest_zone={
            "code": nearest.zone.code,
            "name": nearest.zone.name,
            "distance_m": nearest.away_m,
        },
    )


def _assign(merchant: Merchant, wanted: Wanted, *, zone: Zone, state_code: str) -> list[str]:
    """Write the applicant's words to the merchant in memory; return what they changed."""
    facts: dict[str, object] = {
        "legal_name": wanted.legal_name,
        "brand": wanted.brand,
        "email": wanted.email,
        "gstin": wanted.gstin,
        "state_code": state_code,
        "zone_id": zone.code,
    }
    changed = [name for name, value in facts.items() if getattr(merchant, name) != value]
    for name in changed:
        setattr(merchant, name, facts[name])
    return changed


def _replace_outlets(merchant: Merchant, wanted: Sequence[WantedOutlet], *, now: datetime) -> None:
    kept = {
        outlet.pk: outlet
        for outlet in selectors.outlets(merchant_id=merchant.pk)
        if outlet.status != Outlet.Status.CLOSED
    }
    for one in wanted:
        if one.id is None:
            _add_outlet(merchant, one, now=now)
            continue
        # Once each: named twice, the second would overwrite the first in silence.
        outlet = kept.pop(one.id, None)
        if outlet is None:
            raise UnknownOutlet
        outlet.zone = merchant.zone
        outlets.assign(outlet, one.facts)
        outlet.save(update_fields=[*outlets.EDITABLE, "zone"])
    Outlet.objects.filter(pk__in=list(kept)).update(
        status=Outlet.Status.CLOSED, status_changed_at=now
    )


def _add_outlet(merchant: Merchant, one: WantedOutlet, *, now: datetime) -> Outlet:
    return outlets.add_outlet(
        merchant_id=merchant.pk,
        name=one.name,
        category=one.category,
        address=one.address,
        location=one.location,
        radius_m=one.radius_m,
        hours=one.hours,
        now=now,
    )


def _record(
    application: Application,
    act: str,
    actor_id: UUID,
    *,
    before: str,
    changed: Sequence[str],
    now: datetime,
) -> None:
    # Names of what changed and no values: an address of e-mail stays out of the trail.
    accounts.record(
        action=f"merchant.{act}",
        object_type="merchant",
        object_id=str(application.pk),
        actor_id=actor_id,
        at=now,
        before={"application": before},
        after={
            "application": application.state,
            "revision": application.revision,
            "changed": list(changed),
        },
    )
