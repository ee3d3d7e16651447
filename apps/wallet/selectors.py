"""Reads of the ledger: balances, statements and what a journal moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from apps.wallet import codes as account_codes
from apps.wallet.errors import UnknownAccount
from apps.wallet.invariants import Check, Violation, checks, find_drift
from apps.wallet.models import Account, Hold, Transfer

__all__ = [
    "Check",
    "Purse",
    "StatementLine",
    "TransferRow",
    "Violation",
    "balance_as_of",
    "balance_paise",
    "balances_paise",
    "checks",
    "find_drift",
    "held_paise",
    "is_frozen",
    "journal_transfers",
    "purses",
    "statement",
    "statement_between",
    "transfers_of",
]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement of an account: `delta_paise` is signed, positive when the balance grows."""

    version: int
    transfer_id: UUID
    journal_id: UUID
    kind: str
    reference: str
    memo: str
    counter_code: str
    delta_paise: int
    balance_after_paise: int
    event_at: datetime

    @property
    def balance_before_paise(self) -> int:
        return self.balance_after_paise - self.delta_paise


@dataclass(frozen=True, slots=True)
class Statement:
    """A period of an account: opening + Σ deltas = closing."""

    opening_paise: int
    lines: list[StatementLine]
    closing_paise: int


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


def balances_paise(*, codes: Sequence[str]) -> dict[str, int]:
    """
    Return the balances of accounts by code; those without a kept balance are summed.

    Raises:
        UnknownAccount
    """
    balances = {
        account.code: account.balance_paise if account.keeps_balance else _sum_paise(account)
        for account in Account.objects.filter(code__in=codes)
    }
    for code in codes:
        if code not in balances:
            raise _unknown(code)
    return balances


def held_paise(*, merchant_id: UUID) -> int:
    """Return what is set aside for a merchant's live bookings: the sum of the open holds."""
    held = account_codes.merchant_held(merchant_id)
    found: int | None = Hold.objects.filter(
        held_account__code=held, state=Hold.State.OPEN
    ).aggregate(total=Sum("amount_paise"))["total"]
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


def statement(*, code: str, limit: int, before_version: int | None = None) -> list[StatementLine]:
    """
    Return an account's newest movements first, at most `limit`, older than `before_version`.

    Only for accounts that keep a balance: the others' movements have no order of their own.

    Raises:
        UnknownAccount
    """
    account = _account(code)
    assert account.keeps_balance
    return _lines(
        account,
        "AND e.version < coalesce(%s, 9223372036854775807) ORDER BY e.version DESC LIMIT %s",
        [before_version, limit],
    )


def statement_between(*, code: str, since: datetime, until: datetime) -> Statement:
    """
    Return a period's movements, oldest first, with the balances before and after: since ≤ event < until.

    Raises:
        UnknownAccount
    """
    account = _account(code)
    assert account.keeps_balance
    return Statement(
        opening_paise=_sum_paise(account, before=since),
        lines=_lines(
            account,
            "AND j.event_at >= %s AND j.event_at < %s ORDER BY e.version",
            [since, until],
        ),
        closing_paise=_sum_paise(account, before=until),
    )


def balance_as_of(*, code: str, at: datetime) -> int:
    """
    Return the balance in paise that the events before `at` made, from the transfers alone.

    Raises:
        UnknownAccount
    """
    return _sum_paise(_account(code), before=at)


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
        raise _unknown(code)
    return account


def _unknown(code: str) -> UnknownAccount:
    return UnknownAccount(f"There is no account {code}.", account=code)


def _sum_paise(account: Account, *, before: datetime | None = None) -> int:
    """Return the account's balance from its transfers whose events are before an instant (or ever)."""
    past = {} if before is None else {"journal__event_at__lt": before}
    sides = [
        Transfer.objects.filter(**{f"{side}_account": account}, **past).aggregate(
            total=Sum("amount_paise")
        )["total"]
        or 0
        for side in ("debit", "credit")
    ]
    debits, credits_ = int(sides[0]), int(sides[1])
    return debits - credits_ if account.normal_side == "D" else credits_ - debits


def _lines(account: Account, condition: str, arguments: list[object]) -> list[StatementLine]:
    # `condition` is one of two constants above; values travel as arguments.
    query = (
        "SELECT e.version, e.transfer_id, e.journal_id, j.kind, j.reference, j.memo, c.code,"  # noqa: S608
        "       CASE e.side WHEN %s THEN e.amount_paise ELSE -e.amount_paise END, e.after_paise,"
        "       j.event_at"
        "  FROM wallet_entry e"
        "  JOIN wallet_journal j ON j.id = e.journal_id"
        "  JOIN wallet_account c ON c.id = e.counter_account_id"
        f" WHERE e.account_id = %s {condition}"
    )
    with connection.cursor() as cursor:
        values: list[Any] = [account.normal_side, account.pk, *arguments]  # Any: SQL values
        cursor.execute(query, values)
        return [StatementLine(*row) for row in cursor.fetchall()]
