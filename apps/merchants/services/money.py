"""The operator's hand on a merchant's wallet, and on the reserve that stands behind debts."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import AmountNotPositive, UnknownZone
from apps.merchants.models import Zone
from apps.merchants.services.reasons import require
from apps.wallet import codes
from apps.wallet import services as wallet
from uma.kernel.money import rupees


@transaction.atomic(durable=True)
def top_up(
    *,
    merchant_id: UUID,
    amount_paise: int,
    reference: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> UUID:
    """
    Credit the merchant's wallet with money that reached the bank; return the journal's id.

    `reference` is the bank's (UTR) and counts once.

    Raises:
        UnknownMerchant, AmountNotPositive, ReasonRequired, AlreadyPosted
    """
    require(reason)
    require(reference)
    if amount_paise <= 0:
        raise AmountNotPositive
    merchant = selectors.merchant(merchant_id=merchant_id)
    journal_id = wallet.post(
        kind="topup",
        reference=f"topup:{reference}",
        legs=[
            wallet.Leg(
                codes.zone_account(merchant.zone_id, "bank_nodal"),
                codes.merchant_wallet(merchant_id),
                amount_paise,
            )
        ],
        zone_code=merchant.zone_id,
        event_at=now,
        actor_id=actor_id,
        memo=reason,
    )
    wallet.recover_merchant_debt(
        merchant_id=merchant_id,
        reference=f"merchant_debt_recovery:{reference}",
        zone_code=merchant.zone_id,
        event_at=now,
    )
    accounts.record(
        action="merchant.topped-up",
        object_type="merchant",
        object_id=str(merchant_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"amount": rupees(amount_paise), "reference": reference},
    )
    return journal_id


@transaction.atomic(durable=True)
def fund_reserve(
    *,
    zone_code: str,
    amount_paise: int,
    reference: str,
    actor_id: UUID | None,
    reason: str,
    now: datetime,
) -> UUID:
    """
    Put the platform's own money into custody, where it stands in for debts; return the journal's id.

    `reference` is the bank's (UTR) and counts once.

    Raises:
        UnknownZone, AmountNotPositive, ReasonRequired, AlreadyPosted
    """
    require(reason)
    require(reference)
    if amount_paise <= 0:
        raise AmountNotPositive
    if not Zone.objects.filter(pk=zone_code).exists():
        raise UnknownZone
    reserve = codes.zone_account(zone_code, "reserve")
    # A zone that was opened before there was such an account.
    wallet.open_accounts(codes=[reserve])
    journal_id = wallet.post(
        kind="reserve_funding",
        reference=f"reserve_funding:{reference}",
        legs=[wallet.Leg(codes.zone_account(zone_code, "bank_nodal"), reserve, amount_paise)],
        zone_code=zone_code,
        event_at=now,
        actor_id=actor_id,
        memo=reason,
    )
    accounts.record(
        action="zone.reserve-funded",
        object_type="zone",
        object_id=zone_code,
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={"amount": rupees(amount_paise), "reference": reference},
    )
    return journal_id


@transaction.atomic(durable=True)
def freeze_wallet(*, merchant_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> None:
    """
    Stop every debit of the merchant's money: bookings and scans are refused until it is unfrozen.

    Raises:
        UnknownMerchant, ReasonRequired
    """
    _set_freeze(merchant_id, frozen=True, actor_id=actor_id, reason=reason, now=now)


@transaction.atomic(durable=True)
def unfreeze_wallet(
    *, merchant_id: UUID, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    """
    Let the merchant's money move again.

    Raises:
        UnknownMerchant, ReasonRequired
    """
    _set_freeze(merchant_id, frozen=False, actor_id=actor_id, reason=reason, now=now)


def _set_freeze(
    merchant_id: UUID, *, frozen: bool, actor_id: UUID | None, reason: str, now: datetime
) -> None:
    require(reason)
    selectors.merchant(merchant_id=merchant_id)
    money = [codes.merchant_wallet(merchant_id), codes.merchant_held(merchant_id)]
    if frozen:
        wallet.freeze(codes=money, at=now)
    else:
        wallet.unfreeze(codes=money)
    accounts.record(
        action="merchant.wallet-frozen" if frozen else "merchant.wallet-unfrozen",
        object_type="merchant",
        object_id=str(merchant_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"frozen": not frozen},
        after={"frozen": frozen},
    )
