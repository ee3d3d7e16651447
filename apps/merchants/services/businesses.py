"""Writes about merchants, their outlets and their staff."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    AlreadyOnStaff,
    GstinInvalid,
    MerchantStatusNotAllowed,
    RadiusNotAllowed,
    UnknownMerchant,
    UnknownOutlet,
)
from apps.merchants.models import (
    GSTIN_SHAPE,
    MAX_RADIUS_M,
    MIN_RADIUS_M,
    Merchant,
    Outlet,
    Staff,
)
from apps.merchants.services.reasons import require
from apps.wallet import codes
from apps.wallet import services as wallet
from uma.kernel.geo import Point

_MERCHANT_ARROWS = {
    ("APPLIED", "ACTIVE"),
    ("APPLIED", "CLOSED"),
    ("ACTIVE", "SUSPENDED"),
    ("SUSPENDED", "ACTIVE"),
    ("ACTIVE", "CLOSED"),
    ("SUSPENDED", "CLOSED"),
}


@transaction.atomic
def register_merchant(
    *,
    legal_name: str,
    brand: str,
    state_code: str,
    zone_code: str,
    now: datetime,
    gstin: str = "",
    email: str = "",
    phone: str = "",
    plan: str = Merchant.Plan.BASIC,
) -> Merchant:
    """
    Take a merchant's application and open its accounts; an operator activates it.

    Raises:
        GstinInvalid, UnknownZone
    """
    if gstin and not re.fullmatch(GSTIN_SHAPE, gstin):
        raise GstinInvalid
    if gstin and gstin[:2] != state_code:
        raise GstinInvalid("The GSTIN begins with another state than the merchant's.")
    selectors.zone(code=zone_code)
    merchant = Merchant.objects.create(
        legal_name=legal_name,
        brand=brand,
        gstin=gstin,
        state_code=state_code,
        zone_id=zone_code,
        plan=plan,
        email=email,
        phone=phone,
        created_at=now,
        status_changed_at=now,
    )
    wallet.open_accounts(codes=codes.merchant_accounts(merchant.pk))
    return merchant


def activate(*, merchant_id: UUID, actor_id: UUID | None, now: datetime, reason: str = "") -> None:
    """
    Let the merchant sell; from an application or after a suspension.

    Raises:
        UnknownMerchant, MerchantStatusNotAllowed
    """
    _set_status(merchant_id, Merchant.Status.ACTIVE, actor_id=actor_id, reason=reason, now=now)


def suspend(*, merchant_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """
    Stop the merchant from selling; what is booked is still honoured.

    Raises:
        UnknownMerchant, MerchantStatusNotAllowed, ReasonRequired
    """
    require(reason)
    _set_status(merchant_id, Merchant.Status.SUSPENDED, actor_id=actor_id, reason=reason, now=now)


def close(*, merchant_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """
    Close the merchant for good.

    Raises:
        UnknownMerchant, MerchantStatusNotAllowed, ReasonRequired
    """
    require(reason)
    _set_status(merchant_id, Merchant.Status.CLOSED, actor_id=actor_id, reason=reason, now=now)


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
) -> Outlet:
    """
    Add an outlet in the merchant's own zone: money of a booking never spans zones (INV-33).

    Raises:
        UnknownMerchant, RadiusNotAllowed
    """
    if not MIN_RADIUS_M <= radius_m <= MAX_RADIUS_M:
        raise RadiusNotAllowed
    merchant = selectors.merchant(merchant_id=merchant_id)
    return Outlet.objects.create(
        merchant_id=merchant_id,
        zone_id=merchant.zone_id,
        name=name,
        category=category,
        address=address,
        location=location,
        radius_m=radius_m,
        created_at=now,
        status_changed_at=now,
    )


@transaction.atomic
def set_outlet_status(
    *, outlet_id: UUID, status: str, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    """
    Open, pause or close an outlet; a closed one stays closed.

    Raises:
        UnknownOutlet, MerchantStatusNotAllowed, ReasonRequired
    """
    require(reason)
    outlet = Outlet.objects.select_for_update(no_key=True).filter(pk=outlet_id).first()
    if outlet is None:
        raise UnknownOutlet
    if outlet.status == Outlet.Status.CLOSED:
        raise MerchantStatusNotAllowed("A closed outlet does not open again; add a new one.")
    before, outlet.status, outlet.status_changed_at = outlet.status, status, now
    outlet.save(update_fields=["status", "status_changed_at"])
    accounts.record(
        action=f"outlet.{status.lower()}",
        object_type="outlet",
        object_id=str(outlet_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"status": before},
        after={"status": status},
    )


@transaction.atomic
def add_staff(
    *,
    merchant_id: UUID,
    user_id: UUID,
    role: str,
    now: datetime,
    outlet_ids: Sequence[UUID] = (),
) -> Staff:
    """
    Let a person act for the merchant, at the named outlets or at all of them.

    Raises:
        UnknownOutlet, AlreadyOnStaff
    """
    own = {outlet.pk for outlet in selectors.outlets(merchant_id=merchant_id)}
    if not own.issuperset(outlet_ids):
        raise UnknownOutlet
    # A sentence for the usual case; between two at once the unique constraints decide.
    taken = Staff.objects.filter(user_id=user_id)
    if taken.filter(is_active=True).exists() or taken.filter(merchant_id=merchant_id).exists():
        raise AlreadyOnStaff
    return Staff.objects.create(
        merchant_id=merchant_id,
        user_id=user_id,
        role=role,
        outlet_ids=list(outlet_ids),
        created_at=now,
    )


@transaction.atomic
def dismiss_staff(*, staff_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """End a person's post: from the next request on, no scan and no change is theirs."""
    require(reason)
    changed = Staff.objects.filter(pk=staff_id, is_active=True).update(is_active=False)
    if changed:
        accounts.record(
            action="staff.dismissed",
            object_type="staff",
            object_id=str(staff_id),
            actor_id=actor_id,
            at=now,
            reason=reason,
        )


@transaction.atomic
def _set_status(
    merchant_id: UUID, status: str, *, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    merchant = Merchant.objects.select_for_update(no_key=True).filter(pk=merchant_id).first()
    if merchant is None:
        raise UnknownMerchant
    if (merchant.status, status) not in _MERCHANT_ARROWS:
        raise MerchantStatusNotAllowed(f"{merchant.status} does not become {status}.")
    before = merchant.status
    merchant.status, merchant.status_changed_at = status, now
    merchant.version += 1
    merchant.save(update_fields=["status", "status_changed_at", "version"])
    accounts.record(
        action=f"merchant.{status.lower()}",
        object_type="merchant",
        object_id=str(merchant_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"status": before},
        after={"status": status},
    )
