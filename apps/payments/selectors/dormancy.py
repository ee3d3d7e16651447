"""
Who has left money with us and was not seen for years (product rule 2.6, row 15; decisions/0053).

An act is a sign-in, the use of a session, a visit, a withdrawal, or having such money given back. What the
platform does to a wallet by itself is none.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from apps.accounts import selectors as accounts
from apps.payments.models import DormantWallet, WalletPolicy
from apps.payments.selectors.allowance import rider_policy, wallet_policy
from apps.wallet import codes
from apps.wallet import selectors as wallet
from uma.kernel import zones

ACTS = ("handshake", "withdrawal", "dormancy_back")
_TIERS = (WalletPolicy.Who.TIER_0, WalletPolicy.Who.TIER_1, WalletPolicy.Who.TIER_2)
# Shorter than any month: who may have to be told is looked at, and then counted on the calendar.
_MONTH = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Sleep:
    """Since when a rider did nothing, when the wallet is dormant, and from when on the rider is told."""

    last_act_at: datetime
    dormant_at: datetime
    warn_from: datetime
    warn_days: int


def sleep_of(*, person_id: UUID, clock: str, now: datetime) -> Sleep:
    """Return where a rider's wallet stands, by the limits in force and the zone's calendar."""
    policy = rider_policy(person_id=person_id, now=now)
    acted = last_acts(person_ids=[person_id])[person_id]
    last = zones.months_after(acted, policy.dormant_months, clock)
    # The whole of the last day is the rider's.
    dormant_at = zones.next_midnight(last, clock)
    warn_from = zones.days_after(dormant_at, -policy.dormant_warn_days, clock)
    return Sleep(acted, dormant_at, warn_from, policy.dormant_warn_days)


def last_acts(*, person_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return each rider's last act."""
    acted = accounts.last_seen(person_ids=person_ids)
    pockets = {codes.rider_wallet(person_id): person_id for person_id in person_ids}
    for code, at in wallet.last_moved(codes=list(pockets), kinds=ACTS).items():
        acted[pockets[code]] = max(at, acted[pockets[code]])
    return acted


def sleepers(*, now: datetime, batch: int) -> Iterator[UUID]:
    """Yield riders with money who have been away for so long that they may have to be told."""
    policies = [wallet_policy(who=who, now=now) for who in _TIERS]
    shortest = min(
        policy.dormant_months * _MONTH - timedelta(days=policy.dormant_warn_days)
        for policy in policies
    )
    before, after = now - shortest, ""
    while parties := wallet.riders_with_money(after=after, limit=batch):
        ids = [UUID(party.partition(":")[2]) for party in parties]
        away = [key for key, at in accounts.last_seen(person_ids=ids).items() if at < before]
        yield from (key for key, at in last_acts(person_ids=away).items() if at < before)
        after = parties[-1]


def unclaimed_paise(*, person_id: UUID) -> int:
    """Return what was set aside of a rider's dormant wallet and waits for the rider, in paise."""
    rows = DormantWallet.objects.filter(person_id=person_id, state=DormantWallet.State.MOVED)
    found: int | None = rows.aggregate(paise=Sum("amount_paise"))["paise"]
    return found or 0
