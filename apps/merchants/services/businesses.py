"""Writes about merchants."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import (
    GstinInvalid,
    GstinTaken,
    MerchantStatusNotAllowed,
    StateUnknown,
    UnknownMerchant,
)
from apps.merchants.models import Application, Merchant
from apps.merchants.services.reasons import require
from apps.wallet import codes
from apps.wallet import services as wallet
from uma.kernel.gstin import STATES, Gstin

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
    Write a merchant down and open its accounts; it sells once it is active.

    Raises:
        GstinInvalid, GstinTaken, StateUnknown, UnknownZone
    """
    check_registration(gstin=gstin, state_code=state_code)
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


def check_registration(*, gstin: str, state_code: str, merchant_id: UUID | None = None) -> None:
    """
    Refuse a GST registration that cannot be this merchant's; no GSTIN is none.

    Raises:
        GstinInvalid, GstinTaken, StateUnknown
    """
    if state_code not in STATES:
        raise StateUnknown
    if not gstin:
        return
    try:
        read = Gstin.parse(gstin)
    except ValueError as wrong:
        raise GstinInvalid(str(wrong)) from wrong
    if read.state_code != state_code:
        raise GstinInvalid("The GSTIN begins with another state than the merchant's.")
    # Whose it is stays unsaid. The index decides when two are activated at once.
    if selectors.gstin_is_taken(gstin=gstin, besides=merchant_id):
        raise GstinTaken


def activate(*, merchant_id: UUID, actor_id: UUID | None, now: datetime, reason: str = "") -> None:
    """
    Let the merchant sell; an application is decided by its review instead.

    Raises:
        UnknownMerchant, MerchantStatusNotAllowed, GstinTaken
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


def lock(merchant_id: UUID) -> Merchant:
    """
    Lock a merchant until the caller's transaction ends: whoever edits it, its staff, its outlets.

    Raises:
        UnknownMerchant
    """
    merchant = Merchant.objects.select_for_update(no_key=True).filter(pk=merchant_id).first()
    if merchant is None:
        raise UnknownMerchant
    return merchant


def move(
    merchant: Merchant, status: str, *, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    """
    Bring a locked merchant into another status, with its trace.

    Raises:
        MerchantStatusNotAllowed, GstinTaken
    """
    if (merchant.status, status) not in _MERCHANT_ARROWS:
        raise MerchantStatusNotAllowed(f"{merchant.status} does not become {status}.")
    before = merchant.status
    merchant.status, merchant.status_changed_at = status, now
    merchant.version += 1
    try:
        with transaction.atomic():
            merchant.save(update_fields=["status", "status_changed_at", "version"])
    except IntegrityError as taken:
        raise GstinTaken from taken
    accounts.record(
        action=f"merchant.{status.lower()}",
        object_type="merchant",
        object_id=str(merchant.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"status": before},
        after={"status": status},
    )


@transaction.atomic
def _set_status(
    merchant_id: UUID, status: str, *, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    merchant = lock(merchant_id)
    if Application.objects.filter(pk=merchant_id, state__in=Application.OPEN).exists():
        raise MerchantStatusNotAllowed("An application is decided by its review.")
    move(merchant, status, actor_id=actor_id, reason=reason, now=now)
