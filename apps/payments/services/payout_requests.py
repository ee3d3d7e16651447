"""
Asking for a payout, and changing one's mind: the money is set aside when the wish is recorded.

Everything that limits a payee is counted under the payee's lock, so that two requests at once are counted
one after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts import services as accounts
from apps.merchants import services as merchants
from apps.payments import selectors
from apps.payments.errors import (
    FundAccountNotPayable,
    KycLevelTooLow,
    NotWithdrawableYet,
    PayoutAmountNotAllowed,
    PayoutBlockedByDebt,
    PayoutLimitReached,
    PayoutNotCancellable,
    PayoutNotFound,
    PayoutsPaused,
    UnknownFundAccount,
)
from apps.payments.machine import CANCELLABLE, State
from apps.payments.models import FundAccount, Payout, WalletPolicy
from apps.payments.selectors import Allowance, Reason
from apps.payments.services.payout_steps import Source, hold, keep_step, lock_payout, step
from apps.wallet.errors import WalletFrozen
from uma.kernel.errors import DomainError
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.ids import new_id

Kind, Mode = Payout.Kind, Payout.Mode
# NPCI's limits of one payment.
UPI_MOST_PAISE, IMPS_MOST_PAISE = 1_00_000_00, 5_00_000_00


@dataclass(frozen=True, slots=True)
class Asked:
    """A payout, and whether the same request was answered before."""

    payout: Payout
    replayed: bool


@transaction.atomic(durable=True)
def request_withdrawal(
    *,
    person_id: UUID,
    amount_paise: int,
    fund_account_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> Asked:
    """
    Record a rider's wish to be paid and set the money aside; nothing is asked of Razorpay yet.

    A ban does not touch it: the money is the rider's.

    Raises:
        UnknownPerson, AccountClosed, UnknownFundAccount, FundAccountNotPayable, KycLevelTooLow,
        PayoutsPaused, PayoutBlockedByDebt, PayoutLimitReached, PayoutAmountNotAllowed,
        NotWithdrawableYet, InsufficientFunds, WalletFrozen, IdempotencyKeyReused
    """
    accounts.lock_payee(person_id=person_id)
    if earlier := _answered(person_id, key):
        return earlier
    account = _payable(Q(person_id=person_id), fund_account_id, now=now)
    allowance = selectors.rider_allowance(person_id=person_id, now=now)
    policy = selectors.rider_policy(person_id=person_id, now=now)
    _check(allowance, amount_paise)
    payout = Payout(
        id=new_id(),
        kind=Kind.WITHDRAWAL,
        person_id=person_id,
        # Whoever signed in by phone alone has no home: paid from where the money was earned.
        zone_code=selectors.money_zone(person_id=person_id),
        requested_by=person_id,
        amount_paise=amount_paise,
        fund_account=account,
        mode=_mode(account, amount_paise),
        bank=account.ifsc[:4].upper(),
    )
    return _begin(payout, _screened_for(payout, policy), key=key, now=now)


@transaction.atomic(durable=True)
def request_refund(
    *,
    merchant_id: UUID,
    amount_paise: int,
    fund_account_id: UUID,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> Asked:
    """
    Record an owner's wish to take unused balance out and set the money aside.

    Raises:
        UnknownMerchant, and what `request_withdrawal` raises about accounts, limits and money
    """
    merchant = merchants.lock_merchant(merchant_id)
    if earlier := _answered(actor_id, key):
        return earlier
    account = _payable(Q(merchant_id=merchant_id), fund_account_id, now=now)
    allowance = selectors.merchant_allowance(merchant_id=merchant_id, actor_id=actor_id, now=now)
    policy = selectors.wallet_policy(who=WalletPolicy.Who.MERCHANT, now=now)
    _check(allowance, amount_paise)
    payout = Payout(
        id=new_id(),
        kind=Kind.REFUND,
        merchant_id=merchant_id,
        zone_code=merchant.zone_id,
        requested_by=actor_id,
        amount_paise=amount_paise,
        fund_account=account,
        mode=_mode(account, amount_paise),
        bank=account.ifsc[:4].upper(),
    )
    return _begin(payout, _screened_for(payout, policy), key=key, now=now)


@transaction.atomic(durable=True)
def cancel_payout(
    *,
    payout_id: UUID,
    person_id: UUID | None,
    merchant_id: UUID | None,
    actor_id: UUID,
    now: datetime,
) -> Payout:
    """
    Take a payee's own payout back before it is sent; cancelled twice is cancelled once.

    Raises:
        PayoutNotFound: also for another payee's; PayoutNotCancellable
    """
    payout = lock_payout(payout_id=payout_id)
    if payout is None or (payout.person_id, payout.merchant_id) != (person_id, merchant_id):
        raise PayoutNotFound
    if payout.state in CANCELLABLE:
        step(payout, State.CANCELLED, source=Source.PAYEE, now=now, actor_id=actor_id)
    elif payout.state != State.CANCELLED:
        raise PayoutNotCancellable
    return payout


def _payable(mine: Q, fund_account_id: UUID, *, now: datetime) -> FundAccount:
    account = FundAccount.objects.filter(mine, pk=fund_account_id, removed_at=None).first()
    if account is None:
        raise UnknownFundAccount
    if account.verified_at is None:
        raise FundAccountNotPayable(until=None, verification=account.verification)
    if account.payable_from > now:
        raise FundAccountNotPayable(until=account.payable_from, verification=account.verification)
    return account


# What alone is reason enough, as a refusal.
_BLOCKED: dict[str, Callable[[Reason], DomainError]] = {
    "kyc_level": lambda _: KycLevelTooLow(),
    "payouts_paused": lambda why: PayoutsPaused(until=why.until),
    "owed": lambda why: PayoutBlockedByDebt(owed_paise=why.amount_paise or 0),
    "frozen": lambda _: WalletFrozen(),
    "payouts_a_day": lambda why: PayoutLimitReached(limit=why.code, left_paise=0, until=why.until),
}


def _check(allowance: Allowance, amount_paise: int) -> None:
    """Refuse with the first fact that stands against it."""
    for reason in allowance.reasons:
        if blocked := _BLOCKED.get(reason.code):
            raise blocked(reason)
    if not allowance.least_paise <= amount_paise <= allowance.most_paise:
        raise PayoutAmountNotAllowed(
            least_paise=allowance.least_paise, most_paise=allowance.most_paise
        )
    for code in ("day_limit", "month_limit"):
        limit = allowance.reason(code)
        left_paise = None if limit is None else limit.amount_paise
        if limit is not None and left_paise is not None and amount_paise > left_paise:
            raise PayoutLimitReached(limit=code, left_paise=left_paise, until=limit.until)
    if amount_paise > allowance.withdrawable_paise and allowance.reason("too_young"):
        raise NotWithdrawableYet(withdrawable_paise=allowance.withdrawable_paise)


def _mode(account: FundAccount, amount_paise: int) -> str:
    if account.kind == FundAccount.Kind.VPA:
        if amount_paise > UPI_MOST_PAISE:
            raise PayoutAmountNotAllowed(least_paise=1_00, most_paise=UPI_MOST_PAISE)
        return Mode.UPI
    return Mode.IMPS if amount_paise <= IMPS_MOST_PAISE else Mode.RTGS


def _screened_for(payout: Payout, policy: WalletPolicy) -> str:
    """Return why a person has to look at the payout first, or nothing."""
    above = policy.screen_above_paise
    if above is not None and payout.amount_paise > above:
        return "amount"
    return "shared_account" if selectors.is_shared(account=payout.fund_account) else ""


def _begin(
    payout: Payout, screened_for: str, *, key: IdempotencyKey | None, now: datetime
) -> Asked:
    payout.request_key = key.key if key else None
    payout.request_fingerprint = key.fingerprint if key else None
    payout.created_at = payout.status_changed_at = now
    payout.screened_for = screened_for
    payout.held_journal_id = hold(payout, now=now)
    payout.save(force_insert=True)
    keep_step(payout, "", source=Source.PAYEE, now=now, actor_id=payout.requested_by)
    after = State.SCREENING if screened_for else State.APPROVED
    step(payout, after, source=Source.RULE, now=now, note=screened_for)
    return Asked(payout, replayed=False)


def _answered(actor_id: UUID, key: IdempotencyKey | None) -> Asked | None:
    if key is None:
        return None
    found = Payout.objects.filter(requested_by=actor_id, request_key=key.key).first()
    if found is None:
        return None
    if bytes(found.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Asked(found, replayed=True)
