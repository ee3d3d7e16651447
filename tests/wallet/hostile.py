"""Raw SQL at the ledger's tables, beneath the one writer, and what the database answered."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from apps.wallet.services import Leg
from tests.wallet.scenes import (
    HOLD_PAISE,
    capture,
    hold,
    make_merchant,
    make_rider,
    open_zone,
    platform,
    top_up,
    worked_legs,
)
from uma.kernel.ids import new_id

LEDGER = (
    "wallet_account",
    "wallet_account_kind",
    "wallet_hold",
    "wallet_journal",
    "wallet_posting_rule",
    "wallet_transfer",
)


@dataclass(frozen=True)
class Books:
    """Two merchants and two riders in the middle of their business; statements use the names."""

    names: dict[str, str | UUID]


def make_books() -> Books:
    """
    Return books with money everywhere: in wallets, in open holds, in what captures left unused.

    `rest`, `rest_too` and the other merchant's `foreign_rest` left 1800 paise, `no_rest` nothing.
    """
    one, other = make_merchant(), make_merchant()
    rider, stranger = make_rider(), make_rider()
    open_zone("BLR")
    top_up(one, 10 * HOLD_PAISE)
    topped_up = top_up(other, 10 * HOLD_PAISE)
    rest, rest_too, no_rest, foreign_rest = hold(one), hold(one), hold(one, 500), hold(other)
    handshake = capture(rest, worked_legs(one, rider))
    capture(rest_too, worked_legs(one, rider))
    capture(no_rest, [Leg(one.held, rider.wallet, 500)])
    capture(foreign_rest, worked_legs(other, stranger))
    names: dict[str, str | UUID] = {
        "wallet": one.wallet,
        "held": one.held,
        "released": one.released,
        "other_wallet": other.wallet,
        "other_held": other.held,
        "other_released": other.released,
        "rider": rider.wallet,
        "parked": rider.parked,
        "receivable": rider.receivable,
        "stranger": stranger.wallet,
        "stranger_parked": stranger.parked,
        "bank": platform("bank_nodal"),
        "cpt": platform("cpt"),
        "goodwill": platform("goodwill"),
        "foreign_bank": "zone:BLR:bank_nodal",
        "open_hold": hold(one),
        "other_open_hold": hold(other),
        "rest": rest,
        "rest_too": rest_too,
        "no_rest": no_rest,
        "foreign_rest": foreign_rest,
        "handshake": handshake,
        "topup": topped_up,
        "unknown": new_id(),
    }
    # As after a commit: nothing is left to be checked.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return Books(names)


def posting(
    kind: str,
    *legs: tuple[str, str, object],
    hold: str = "",
    reverses: str = "",
    sweeps: str = "",
    zone: str = "MNP",
    at_once: bool = True,
) -> str:
    """Return the INSERTs of one journal and its transfers; names stand for accounts and ids."""
    journal = new_id()
    rows = [
        f"(gen_random_uuid(), '{journal}', {account(debit)}, {account(credit)}, {amount})"
        for debit, credit, amount in legs
    ]
    into = (
        "INSERT INTO public.wallet_transfer"
        " (id, journal_id, debit_account_id, credit_account_id, amount_paise) VALUES "
    )
    transfers = [into + ", ".join(rows)] if at_once else [into + row for row in rows]
    return "; ".join([_journal(journal, kind, hold, reverses, sweeps, zone), *transfers])


def _journal(journal: UUID, kind: str, hold: str, reverses: str, sweeps: str, zone: str) -> str:
    def named(name: str) -> str:
        return f"%({name})s::uuid" if name else "NULL"

    swept = ", ".join(named(name) for name in sweeps.split())
    return (
        "INSERT INTO public.wallet_journal"
        " (id, kind, reference, zone_code, event_at, hold_id, reverses_id, swept_hold_ids)"
        f" VALUES ('{journal}', '{kind}', '{journal}', '{zone}', now(), {named(hold)},"
        f" {named(reverses)}, {f'ARRAY[{swept}]' if sweeps else 'NULL'})"
    )


def account(name: str) -> str:
    """Return the SQL of an account's id; a name that is SQL already stays."""
    if not name.isidentifier() or name == "NULL":
        return name
    return f"(SELECT id FROM public.wallet_account WHERE code = %({name})s)"


def rows() -> dict[str, list[str]]:
    """Return every row of the ledger as text."""
    with connection.cursor() as cursor:
        found: dict[str, list[str]] = {}
        for table in LEDGER:
            cursor.execute(f"SELECT t::text FROM public.{table} t ORDER BY 1")
            found[table] = [row for (row,) in cursor.fetchall()]
        return found


def refusal_of(statement: str, names: dict[str, str | UUID]) -> str:
    """Send the statement as a transaction of its own and return how it was refused."""
    with pytest.raises(DatabaseError) as refused:
        commit(statement, names)
    # Any: psycopg's diagnostics hang on the cause.
    diag: Any = getattr(refused.value.__cause__, "diag", None)
    assert diag is not None
    return f"{diag.sqlstate} {diag.constraint_name or ''} {diag.message_primary}"


def commit(statement: str, names: dict[str, str | UUID]) -> None:
    """Send the statement, and have checked what a commit would check."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, names)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
