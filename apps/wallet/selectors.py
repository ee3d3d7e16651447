"""Reads of the ledger: balances, statements and what a journal moved."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum

from apps.wallet import codes as account_codes
from apps.wallet.custody import Custody, custody
from apps.wallet.flows import (
    Flow,
    ReversalJournal,
    journal_flows,
    merchant_flows,
    reversal_journals,
)
from apps.wallet.invariants import Check, Violation, checks, find_drift
from apps.wallet.models import Account, Hold, Journal, Transfer
from apps.wallet.recent import recent_checks
from apps.wallet.root import root
from apps.wallet.statements import (
    Statement,
    StatementLine,
    statement,
    statement_between,
    unknown,
)
from apps.wallet.wordings import PARTS, WORDINGS

__all__ = [
    "PARTS",
    "WORDINGS",
    "Check",
    "Custody",
    "Flow",
    "Movement",
    "Purse",
    "ReversalJournal",
    "Statement",
    "StatementLine",
    "TransferRow",
    "Violation",
    "balance_as_of",
    "balance_paise",
    "balances_paise",
    "checks",
    "credited_paise",
    "custody",
    "event_of",
    "find_drift",
    "held_paise",
    "in_debt",
    "is_frozen",
    "journal_flows",
    "journal_transfers",
    "kept_over_limit",
    "last_moved",
    "merchant_flows",
    "moved_paise",
    "movements",
    "posted",
    "purses",
    "recent_checks",
    "released_paise",
    "reversal_journals",
    "riders_with_money",
    "root",
    "statement",
    "statement_between",
    "total_paise",
    "transfers_of",
    "zone_of_last",
]


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One movement as it was posted, by account codes."""

    id: UUID
    debit: str
    credit: str
    amount_paise: int
    credit_kind: str


def balance_paise(*, code: str) -> int:
    """
    Return an account's balance in paise, positive on its normal side.

    Raises:
        UnknownAccount
    """
    return balances_paise(codes=[code])[code]


def balances_paise(*, codes: Sequence[str], unopened: bool = False) -> dict[str, int]:
    """
    Return the balances of accounts by code; those without a kept balance are summed.

    With `unopened`, accounts that nobody has opened yet are empty instead of unknown.

    Raises:
        UnknownAccount
    """
    accounts = list(Account.objects.filter(code__in=codes))
    balances = {
        account.code: account.balance_paise for account in accounts if account.keeps_balance
    }
    if summed := [account for account in accounts if not account.keeps_balance]:
        balances |= _sums_paise(summed)
    for code in codes:
        if code not in balances:
            if not unopened:
                raise unknown(code)
            balances[code] = 0
    return balances


def held_paise(*, merchant_id: UUID) -> int:
    """Return what is set aside for a merchant's live bookings: the sum of the open holds."""
    held = account_codes.merchant_held(merchant_id)
    found: int | None = Hold.objects.filter(
        held_account__code=held, state=Hold.State.OPEN
    ).aggregate(total=Sum("amount_paise"))["total"]
    return found or 0


def released_paise(*, merchant_id: UUID) -> int:
    """Return what visits left unused and no sweep has returned yet: seconds' worth of visits."""
    found: int | None = Hold.objects.filter(
        wallet_account__code=account_codes.merchant_wallet(merchant_id),
        state=Hold.State.CAPTURED,
        released_paise__gt=0,
        swept_journal__isnull=True,
    ).aggregate(total=Sum("released_paise"))["total"]
    return found or 0


def is_frozen(*, code: str) -> bool:
    """
    Tell whether debits of an account are refused.

    Raises:
        UnknownAccount
    """
    return _account(code).frozen_at is not None


@dataclass(frozen=True, slots=True)
class Purse:
    """What can be spent from an account that keeps its balance, and whether debits are refused."""

    balance_paise: int
    frozen: bool


def purses(*, codes: Sequence[str]) -> dict[str, Purse]:
    """Return the purses behind these codes in one statement; unknown codes are missing."""
    rows = Account.objects.filter(code__in=codes, keeps_balance=True)
    return {
        code: Purse(balance_paise, frozen_at is not None)
        for code, balance_paise, frozen_at in rows.values_list("code", "balance_paise", "frozen_at")
    }


def in_debt(*, limit: int) -> list[tuple[UUID, int, int]]:
    """Return merchants that owe and could pay: (merchant id, owed, what is in the wallet), in paise."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split_part(d.code, ':', 3)::uuid, d.balance_paise, w.balance_paise"
            "  FROM wallet_account d"
            "  JOIN wallet_account w"
            "    ON w.code = 'merchant:' || split_part(d.code, ':', 3) || ':wallet'"
            " WHERE d.kind = 'receivable_merchant' AND d.balance_paise > 0"
            "   AND w.balance_paise > 0 AND w.frozen_at IS NULL"
            " ORDER BY d.code LIMIT %s",
            [limit],
        )
        return [(key, owed, there) for key, owed, there in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Movement:
    """What one journal did to the accounts of one kind in its zone; positive when they grew."""

    journal_id: UUID
    kind: str
    reference: str
    zone_code: str
    delta_paise: int
    event_at: datetime


def movements(*, account_kind: str) -> list[Movement]:
    """Return every journal that touched accounts of this kind, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id, j.kind, j.reference, j.zone_code,"
            "       sum(CASE WHEN e.side = a.normal_side THEN e.amount_paise"
            "                ELSE -e.amount_paise END)::bigint, j.event_at"
            "  FROM wallet_entry e"
            "  JOIN wallet_account a ON a.id = e.account_id"
            "  JOIN wallet_journal j ON j.id = e.journal_id"
            " WHERE a.kind = %s GROUP BY j.id ORDER BY j.event_at, j.id",
            [account_kind],
        )
        return [Movement(*row) for row in cursor.fetchall()]


def total_paise(*, account_kind: str) -> int:
    """Return the sum of all accounts of one kind, from their transfers, on their normal side."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(CASE WHEN e.side = a.normal_side THEN e.amount_paise"
            "                         ELSE -e.amount_paise END), 0)::bigint"
            "  FROM wallet_entry e JOIN wallet_account a ON a.id = e.account_id WHERE a.kind = %s",
            [account_kind],
        )
        (found,) = cursor.fetchone()
        return int(found)


def balance_as_of(*, code: str, at: datetime) -> int:
    """
    Return the balance in paise that the events before `at` made, from the transfers alone.

    Raises:
        UnknownAccount
    """
    return _sums_paise([_account(code)], before=at)[code]


def credited_paise(*, code: str, after: datetime, besides: Sequence[str] = ()) -> int:
    """Return what came into an account by events later than `after`, but for these kinds of journal."""
    rows = Transfer.objects.filter(credit_account__code=code, journal__event_at__gt=after)
    found: int | None = rows.exclude(journal__kind__in=besides).aggregate(
        total=Sum("amount_paise")
    )["total"]
    return found or 0


def moved_paise(*, code: str, since: datetime, kinds: Collection[str]) -> int:
    """
    Return by how much journals of these kinds changed an account by events from `since` on, in paise.

    What reverses an earlier event does not count: that one's time is over. Unopened accounts did not move.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(CASE WHEN e.side = a.normal_side THEN e.amount_paise"
            "                         ELSE -e.amount_paise END), 0)::bigint"
            "  FROM wallet_account a JOIN wallet_entry e ON e.account_id = a.id"
            "  JOIN wallet_journal j ON j.id = e.journal_id"
            "  LEFT JOIN wallet_journal o ON o.id = j.reverses_id"
            " WHERE a.code = %s AND j.kind = ANY(%s) AND j.event_at >= %s"
            "   AND (o.id IS NULL OR o.event_at >= %s)",
            [code, list(kinds), since, since],
        )
        (found,) = cursor.fetchone()
        return int(found)


def kept_over_limit(*, above_paise: int, after: str, limit: int) -> list[str]:
    """
    Return riders who have money over the limit, or more than `above_paise` in the wallet, by party.

    In the order of their parties (`rider:<id>`), those behind `after`.
    """
    rich = Q(kind="rider_wallet", balance_paise__gt=above_paise)
    rows = Account.objects.filter(rich | Q(kind="rider_over_limit", balance_paise__gt=0))
    parties = rows.filter(party__gt=after).order_by("party").values_list("party", flat=True)
    return list(parties.distinct()[:limit])


def riders_with_money(*, after: str, limit: int) -> list[str]:
    """Return riders with something in the wallet, by party and in that order, those behind `after`."""
    rows = Account.objects.filter(kind="rider_wallet", balance_paise__gt=0, party__gt=after)
    return list(rows.order_by("party").values_list("party", flat=True)[:limit])


def last_moved(*, codes: Sequence[str], kinds: Collection[str]) -> dict[str, datetime]:
    """Return when the newest event of these kinds moved each account; those it never moved are missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.code, max(j.event_at)"
            "  FROM wallet_account a JOIN wallet_entry e ON e.account_id = a.id"
            "  JOIN wallet_journal j ON j.id = e.journal_id"
            " WHERE a.code = ANY(%s) AND j.kind = ANY(%s) GROUP BY 1",
            [list(codes), list(kinds)],
        )
        return dict(cursor.fetchall())


def event_of(*, journal_id: UUID) -> datetime:
    """Return when the event of a journal was."""
    found: datetime = Journal.objects.values_list("event_at", flat=True).get(pk=journal_id)
    return found


def posted(*, references: Collection[str]) -> set[str]:
    """Return those of these references that something was posted by."""
    rows = Journal.objects.filter(reference__in=references)
    return set(rows.values_list("reference", flat=True))


def zone_of_last(*, code: str) -> str:
    """Return the zone in which an account was moved last; empty when it never was in any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.zone_code FROM wallet_account a JOIN wallet_entry e ON e.account_id = a.id"
            "  JOIN wallet_journal j ON j.id = e.journal_id"
            # Setting money aside needs no account of a zone, and was once posted in none.
            " WHERE a.code = %s AND j.zone_code <> '' ORDER BY e.version DESC LIMIT 1",
            [code],
        )
        row = cursor.fetchone()
        return row[0] if row else ""


def journal_transfers(*, journal_id: UUID) -> list[TransferRow]:
    """Return a journal's movements in the order of their ids."""
    return transfers_of(journal_ids=[journal_id]).get(journal_id, [])


def transfers_of(*, journal_ids: Sequence[UUID]) -> dict[UUID, list[TransferRow]]:
    """Return the movements of these journals by journal, each in the order of their ids."""
    rows = (
        Transfer.objects.filter(journal_id__in=journal_ids)
        .order_by("pk")
        .values_list(
            "journal_id",
            "pk",
            "debit_account__code",
            "credit_account__code",
            "amount_paise",
            "credit_account__kind",
        )
    )
    found: dict[UUID, list[TransferRow]] = {}
    for journal_id, transfer_id, debit, credit, amount_paise, credit_kind in rows:
        row = TransferRow(transfer_id, debit, credit, amount_paise, credit_kind)
        found.setdefault(journal_id, []).append(row)
    return found


def _account(code: str) -> Account:
    account = Account.objects.filter(code=code).first()
    if account is None:
        raise unknown(code)
    return account


def _sums_paise(accounts: Sequence[Account], *, before: datetime | None = None) -> dict[str, int]:
    """Return balances by code, summed from the transfers whose events are before an instant (or ever)."""
    past = {} if before is None else {"journal__event_at__lt": before}
    debits, credits_ = (
        dict(
            Transfer.objects.filter(**{f"{side}_account__in": accounts}, **past)
            .values_list(f"{side}_account")
            .annotate(total=Sum("amount_paise"))
        )
        for side in ("debit", "credit")
    )
    sums = {}
    for account in accounts:
        debited = int(debits.get(account.pk, 0)) - int(credits_.get(account.pk, 0))
        sums[account.code] = debited if account.normal_side == "D" else -debited
    return sums
