"""
What of a rider's money is over the wallet's limits (product rule 2.8), and what brings it back.

A wallet has a most that it may hold and a most that it may be credited in a month of its zone; beyond
either the money is set apart, still the rider's (decisions/0040).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.accounts import selectors as accounts
from apps.payments.models import WalletPolicy
from apps.payments.selectors.allowance import Reason, clock_of, kyc_level, rider_policy
from apps.wallet import codes
from apps.wallet import selectors as wallet
from uma.kernel import zones

# What adds to a wallet for good, what takes that back, and what came and went over the limit: money that
# comes back from a bank or from a dispute was counted when it first came.
_CREDITS = (
    "handshake", "handshake_reversal", "reward", "reward_clawback", "goodwill", "unpark",
    "debt_recovery", "cap_hold", "cap_release", "tat_compensation", "adjustment",
)  # fmt: skip
_BEST_KNOWN = 2
# More than a month, so that the first day of any month lies within.
_MONTH = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class OverLimit:
    """What is set apart, in paise; why, and what the rider can do: `withdraw`, `raise_kyc`, `wait`."""

    amount_paise: int
    reasons: tuple[Reason, ...]
    what_helps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a wallet stands against its limits; each of them in paise, None without that limit."""

    over_balance_paise: int | None
    over_month_paise: int | None
    set_apart_paise: int
    in_wallet_paise: int
    next_month: datetime

    @property
    def to_move_paise(self) -> int:
        """What has to be set apart; below nought, what may come back."""
        over = [
            paise for paise in (self.over_balance_paise, self.over_month_paise) if paise is not None
        ]
        due = max(over, default=-self.set_apart_paise)
        return max(min(due, self.in_wallet_paise), -self.set_apart_paise)


def standing(*, person_id: UUID, now: datetime) -> Standing:
    """
    Return how far a rider's wallet is over or under its limits, by its balances as they are now.

    What the rider owes is not counted: it is paid from what comes back.

    Raises:
        UnknownPerson
    """
    person = accounts.person(user_id=person_id)
    policy: WalletPolicy = rider_policy(person_id=person_id, now=now)
    pocket, apart = codes.rider_wallet(person_id), codes.rider_over_limit(person_id)
    debt = codes.rider_receivable(person_id)
    paise = wallet.balances_paise(codes=[pocket, apart, debt], unopened=True)
    day = zones.day_of(now, timezone := clock_of(person.zone_code))
    month = zones.midnight(day.replace(day=1), timezone)
    most, most_a_month = policy.max_balance_paise, policy.max_credit_month_paise
    over_month = None
    if most_a_month is not None:
        came = wallet.moved_paise(code=pocket, since=month, kinds=_CREDITS)
        over_month = came - paise[debt] - most_a_month
    return Standing(
        None if most is None else paise[pocket] - paise[debt] - most,
        over_month,
        paise[apart],
        paise[pocket],
        zones.midnight((day.replace(day=1) + _MONTH).replace(day=1), timezone),
    )


def over_limit(*, person_id: UUID, now: datetime) -> OverLimit:
    """
    Return what a rider has over the wallet's limits, and how it comes back.

    Raises:
        UnknownPerson
    """
    found = standing(person_id=person_id, now=now)
    apart = found.set_apart_paise
    if not apart:
        return OverLimit(0, (), ())
    reasons: list[Reason] = []
    helps: list[str] = []
    if found.over_balance_paise is not None and found.over_balance_paise + apart > 0:
        reasons.append(Reason("balance_limit", amount_paise=found.over_balance_paise + apart))
        helps.append("withdraw")
    if found.over_month_paise is not None and found.over_month_paise + apart > 0:
        over = min(found.over_month_paise + apart, apart)
        reasons.append(Reason("month_credit_limit", until=found.next_month, amount_paise=over))
        helps.append("wait")
    if reasons and kyc_level(person_id=person_id, now=now) < _BEST_KNOWN:
        helps.append("raise_kyc")
    return OverLimit(apart, tuple(reasons), tuple(helps))


def riders_to_look_at(*, after: str, limit: int, now: datetime) -> list[str]:
    """Return riders whose wallets may have to move, as parties behind `after` in their order."""
    limits = [
        paise
        for who in (WalletPolicy.Who.TIER_0, WalletPolicy.Who.TIER_1, WalletPolicy.Who.TIER_2)
        for policy in WalletPolicy.objects.filter(who=who, effective_from__lte=now).order_by(
            "-effective_from"
        )[:1]
        for paise in (policy.max_balance_paise, policy.max_credit_month_paise)
        if paise is not None
    ]
    # Whoever holds less and was credited more has withdrawn: the visit's follow-up looked at that credit.
    lowest = min(limits, default=10**18)
    return wallet.kept_over_limit(above_paise=lowest, after=after, limit=limit)
