"""
How much a payee may take out now, and why not more (product rule 2.8).

The one place for the limits: what the wallet's page shows is what a request is held to, under the payee's
lock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, Sum

from apps.accounts import selectors as accounts
from apps.merchants import selectors as merchants
from apps.merchants.errors import UnknownZone
from apps.payments.machine import RETURNED, State
from apps.payments.models import FundAccount, KycLevel, Payout, WalletPolicy
from apps.wallet import codes
from apps.wallet import selectors as wallet
from uma.kernel import zones

INDIA = "Asia/Kolkata"
Who = WalletPolicy.Who
_TIERS = (Who.TIER_0, Who.TIER_1, Who.TIER_2)
# Money that comes back has waited its day already.
_OWN_MONEY = ("withdrawal_back", "refund_back", "payout_reversal", "cap_release")
# What alone is reason enough that nothing goes out.
_BLOCKS = frozenset({"kyc_level", "payouts_paused", "owed", "payouts_a_day", "frozen"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not everything: a stable code, until when, and the paise that it keeps back or leaves."""

    code: str
    until: datetime | None = None
    amount_paise: int | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be taken out at once, in paise, between which bounds, and what keeps it from being more."""

    withdrawable_paise: int
    least_paise: int
    most_paise: int
    reasons: tuple[Reason, ...]

    def reason(self, code: str) -> Reason | None:
        return next((reason for reason in self.reasons if reason.code == code), None)


@dataclass(frozen=True, slots=True)
class _Payee:
    """Whose money, where, and what may be said of both kinds of payee alike."""

    mine: Q
    wallet: str
    debt: str
    timezone: str
    policy: WalletPolicy
    # Whose sign-in asks.
    actor_id: UUID


def kyc_level(*, person_id: UUID, now: datetime) -> int:
    """Return how well a person is known: 0, 1 or 2."""
    rows = KycLevel.objects.filter(person_id=person_id, effective_from__lte=now)
    found = rows.order_by("-effective_from", "-pk").values_list("level", flat=True).first()
    return found or 0


def wallet_policy(*, who: str, now: datetime) -> WalletPolicy:
    """Return the limits in force for this kind of payee."""
    rows = WalletPolicy.objects.filter(who=who, effective_from__lte=now)
    found = rows.order_by("-effective_from").first()
    assert found is not None, "the first limits come with the migration"
    return found


def rider_policy(*, person_id: UUID, now: datetime) -> WalletPolicy:
    """Return the limits of a rider's wallet, by how well the rider is known."""
    return wallet_policy(who=_TIERS[kyc_level(person_id=person_id, now=now)], now=now)


def rider_allowance(*, person_id: UUID, now: datetime) -> Allowance:
    """
    Return what a rider may withdraw.

    Raises:
        UnknownPerson
    """
    person = accounts.person(user_id=person_id)
    payee = _Payee(
        mine=Q(person_id=person_id),
        wallet=codes.rider_wallet(person_id),
        debt=codes.rider_receivable(person_id),
        timezone=clock_of(person.zone_code),
        policy=rider_policy(person_id=person_id, now=now),
        actor_id=person_id,
    )
    return _allowance(payee, now=now)


def clock_of(zone_code: str) -> str:
    """Return the time zone of a zone's clock; India's where no zone is open yet."""
    try:
        return merchants.zone(code=zone_code).timezone
    except UnknownZone:
        # A person may live where no zone is open yet.
        return INDIA


def money_zone(*, person_id: UUID) -> str:
    """
    Return the zone in whose books a rider's money moves; where it moved last, for who has no home zone.

    Raises:
        UnknownPerson
    """
    # Whoever signed in by phone alone has none.
    home = accounts.person(user_id=person_id).zone_code
    return home or wallet.zone_of_last(code=codes.rider_wallet(person_id))


def merchant_allowance(*, merchant_id: UUID, actor_id: UUID, now: datetime) -> Allowance:
    """
    Return what a merchant may take out of its unused balance, asked for by one of its owners.

    Raises:
        UnknownMerchant
    """
    merchant = merchants.merchant(merchant_id=merchant_id)
    payee = _Payee(
        mine=Q(merchant_id=merchant_id),
        wallet=codes.merchant_wallet(merchant_id),
        debt=codes.merchant_receivable(merchant_id),
        timezone=merchant.zone.timezone,
        policy=wallet_policy(who=Who.MERCHANT, now=now),
        actor_id=actor_id,
    )
    return _allowance(payee, now=now)


def _allowance(payee: _Payee, *, now: datetime) -> Allowance:
    policy = payee.policy
    balances = wallet.balances_paise(codes=[payee.wallet, payee.debt], unopened=True)
    balance = balances[payee.wallet]
    reasons = tuple(_reasons(payee, balance, balances[payee.debt], now=now))
    left = min(
        [balance - _kept_back(reasons), policy.payout_max_paise]
        + [
            reason.amount_paise
            for reason in reasons
            if reason.code in {"day_limit", "month_limit"} and reason.amount_paise is not None
        ]
    )
    if left < policy.payout_min_paise or any(reason.code in _BLOCKS for reason in reasons):
        left = 0
    return Allowance(left, policy.payout_min_paise, policy.payout_max_paise, reasons)


def _kept_back(reasons: tuple[Reason, ...]) -> int:
    return sum(reason.amount_paise or 0 for reason in reasons if reason.code == "too_young")


def _reasons(
    payee: _Payee, balance_paise: int, owed_paise: int, *, now: datetime
) -> Iterator[Reason]:
    policy = payee.policy
    if not policy.payout_max_paise:
        yield Reason("kyc_level")
    pause = accounts.payout_cooling(user_id=payee.actor_id, now=now)
    if pause is not None:
        yield Reason("payouts_paused", until=pause.until)
    if owed_paise:
        yield Reason("owed", amount_paise=owed_paise)
    purse = wallet.purses(codes=[payee.wallet]).get(payee.wallet)
    if purse is not None and purse.frozen:
        yield Reason("frozen")
    if not _accounts(payee, now=now):
        yield Reason("no_account_yet")
    age = timedelta(hours=policy.credit_age_hours)
    young = wallet.credited_paise(code=payee.wallet, after=now - age, besides=_OWN_MONEY)
    # What was spent since came from the oldest.
    if kept := min(young, balance_paise):
        yield Reason("too_young", amount_paise=kept)
    yield from _used(payee, now=now)


def _accounts(payee: _Payee, *, now: datetime) -> bool:
    live = FundAccount.objects.filter(payee.mine, removed_at=None)
    return live.filter(verified_at__isnull=False, payable_from__lte=now).exists()


def _used(payee: _Payee, *, now: datetime) -> Iterator[Reason]:
    """Yield the limits of day and month that are narrower than the most at once."""
    policy = payee.policy
    day = zones.day_of(now, payee.timezone)
    today = zones.midnight(day, payee.timezone)
    month = zones.midnight(day.replace(day=1), payee.timezone)
    midnight = zones.next_midnight(now, payee.timezone)
    payouts = Payout.objects.filter(payee.mine)
    asked = payouts.filter(created_at__gte=today).exclude(state=State.CANCELLED)
    if asked.count() >= policy.payouts_a_day:
        yield Reason("payouts_a_day", until=midnight)
    for code, limit, since, until in (
        ("day_limit", policy.payout_day_paise, today, midnight),
        ("month_limit", policy.payout_month_paise, month, None),
    ):
        if limit is None:
            continue
        out = payouts.filter(created_at__gte=since).exclude(state__in=RETURNED)
        used: int = out.aggregate(paise=Sum("amount_paise"))["paise"] or 0
        if used or limit < policy.payout_max_paise:
            yield Reason(code, until=until, amount_paise=max(limit - used, 0))
