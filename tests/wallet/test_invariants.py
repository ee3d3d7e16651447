"""What goes round the guards is found: each check names exactly the row that was tampered with."""

from dataclasses import dataclass

import pytest
from django.db import connection

from apps.wallet import installed, invariants
from tests.wallet.hostile import Books, commit, make_books, posting
from tests.wallet.scenes import HOLD_PAISE

pytestmark = [pytest.mark.django_db, pytest.mark.spoils_the_books]

A_TRANSFER = (
    "(SELECT t.id FROM wallet_transfer t WHERE t.journal_id = %(handshake)s"
    " AND t.credit_account_id = (SELECT id FROM wallet_account WHERE code = %({})s))"
)
TO_RIDER = A_TRANSFER.format("rider")
TO_FEE = A_TRANSFER.format("cpt")
THE_SWEEP = "(SELECT id FROM wallet_journal WHERE kind = 'release_sweep')"
TOP_UP = "(SELECT id FROM wallet_transfer WHERE journal_id = %(topup)s)"


@dataclass(frozen=True)
class Tampering:
    """
    SQL sent behind the guards, and what the check must say: a row (as SQL) and words about it.

    `before` is ordinary business that the tampering needs.
    """

    check: str
    sql: str
    row: str
    detail: str
    before: str = "SELECT 1"


TAMPERINGS = {
    "a wallet made richer": Tampering(
        "balances",
        "UPDATE wallet_account SET balance_paise = balance_paise + 1 WHERE code = %(wallet)s",
        "%(wallet)s",
        "transfers say",
    ),
    "a version skipped": Tampering(
        "balances",
        "UPDATE wallet_account SET version = version + 1 WHERE code = %(rider)s",
        "%(rider)s",
        "at version 4",
    ),
    "a transfer deleted": Tampering(
        "balances",
        f"DELETE FROM wallet_transfer WHERE id = {TO_RIDER}",
        "%(rider)s",
        "transfers say 13700 at 2",
    ),
    "a recorded balance rewritten": Tampering(
        "chains",
        f"UPDATE wallet_transfer SET credit_after_paise = 1 WHERE id = {TOP_UP}",
        TOP_UP,
        "version 1 leaves 1 paise",
    ),
    "a balance recorded where none is kept": Tampering(
        "unkept balances",
        f"UPDATE wallet_transfer SET credit_version = 7 WHERE id = {TO_FEE}",
        TO_FEE,
        "version 7 is recorded",
    ),
    "a journal emptied": Tampering(
        "empty journals",
        "DELETE FROM wallet_transfer WHERE journal_id = %(topup)s",
        "%(topup)s",
        "has no transfer",
    ),
    "a journal deleted": Tampering(
        "orphans",
        "DELETE FROM wallet_journal WHERE id = %(topup)s",
        TOP_UP,
        "transfer without its journal",
    ),
    "a transfer to an account that is gone": Tampering(
        "orphans",
        f"UPDATE wallet_transfer SET credit_account_id = -1 WHERE id = {TO_FEE}",
        TO_FEE,
        "one of its accounts",
    ),
    "a reversal of nothing": Tampering(
        "orphans",
        "UPDATE wallet_journal SET reverses_id = %(unknown)s WHERE id = %(topup)s",
        "%(topup)s",
        "reverses a journal that is not there",
    ),
    "a hold of no account": Tampering(
        "orphans",
        "UPDATE wallet_hold SET held_account_id = -1 WHERE id = %(open_hold)s",
        "%(open_hold)s",
        "hold without its accounts",
    ),
    "a hold without the journal that opened it": Tampering(
        "orphans",
        "UPDATE wallet_hold SET opened_journal_id = %(unknown)s WHERE id = %(open_hold)s",
        "%(open_hold)s",
        "its journals",
    ),
    "money made out of nothing": Tampering(
        "zero sum",
        "UPDATE wallet_account SET balance_paise = balance_paise + 9 WHERE code = %(parked)s",
        "'ledger'",
        "differ by -9 paise",
    ),
    "a journal moved to another zone": Tampering(
        "zones",
        "UPDATE wallet_journal SET zone_code = 'BLR' WHERE id = %(topup)s",
        TOP_UP,
        "in a journal of zone BLR",
    ),
    "an account against the chart": Tampering(
        "overdrawn",
        "UPDATE wallet_account SET may_overdraw = true WHERE code = %(rider)s",
        "%(rider)s",
        "chart of accounts",
    ),
    "an overdrawn wallet": Tampering(
        "overdrawn",
        "ALTER TABLE wallet_account DROP CONSTRAINT wallet_account_not_overdrawn;"
        " UPDATE wallet_account SET balance_paise = -5 WHERE code = %(wallet)s",
        "%(wallet)s",
        "holds -5 paise",
    ),
    "a transfer above its rule's cap": Tampering(
        "amounts",
        f"UPDATE wallet_transfer SET amount_paise = 10000001 WHERE id = {TO_FEE}",
        TO_FEE,
        "allowed are 1 to 10000000",
    ),
    "a movement that no rule allows": Tampering(
        "posting rules",
        "UPDATE wallet_transfer SET debit_account_id ="
        f" (SELECT id FROM wallet_account WHERE code = %(goodwill)s) WHERE id = {TOP_UP}",
        TOP_UP,
        "topup: zone:MNP:goodwill",
    ),
    "a reversal that took too much": Tampering(
        "reversals",
        f"UPDATE wallet_transfer SET amount_paise = 13199 WHERE id = {TO_RIDER}",
        "%(handshake)s",
        "posted 13199 paise, reversed -13200",
        before=posting("handshake_reversal", ("rider", "wallet", 13200), reverses="handshake"),
    ),
    "a hold made larger": Tampering(
        "holds",
        "UPDATE wallet_hold SET amount_paise = amount_paise + 1 WHERE id = %(open_hold)s",
        "%(open_hold)s",
        f"opened with {HOLD_PAISE}",
    ),
    "a captured hold that is open again": Tampering(
        "holds",
        "UPDATE wallet_hold SET state = 'OPEN', captured_paise = 0, released_paise = 0,"
        " resolved_journal_id = NULL WHERE id = %(rest)s",
        "%(handshake)s",
        "which it did not resolve",
    ),
    "a hold resolved by nobody": Tampering(
        "held money",
        "UPDATE wallet_hold SET state = 'RELEASED', released_paise = amount_paise,"
        " resolved_journal_id = opened_journal_id WHERE id = %(open_hold)s",
        "%(held)s",
        f"transfers say {HOLD_PAISE} paise, holds say 0",
    ),
    "a capture marked as swept": Tampering(
        "held money",
        "UPDATE wallet_hold SET swept_journal_id = resolved_journal_id WHERE id = %(rest)s",
        "%(released)s",
        "transfers say 3600 paise, holds say 1800",
    ),
    "a sweep of more than its holds left": Tampering(
        "sweeps",
        f"UPDATE wallet_transfer SET amount_paise = 1801 WHERE journal_id = {THE_SWEEP}",
        THE_SWEEP,
        "moved 1801 paise, its holds left 1800",
        before=posting("release_sweep", ("released", "wallet", 1800), sweeps="rest"),
    ),
    "more owed than the banks hold": Tampering(
        "custody",
        "SELECT 1",
        "'ledger'",
        "short, of which debts explain 0",
        before=posting("goodwill", ("goodwill", "rider", 10**7)),
    ),
    "a guard dropped": Tampering(
        "guards",
        "DROP TRIGGER pgtrigger_wallet_transfer_moves_f4159 ON wallet_transfer",
        "'pgtrigger_wallet_transfer_moves_f4159'",
        "is absent",
    ),
    "a guard switched off": Tampering(
        "guards",
        "ALTER TABLE wallet_hold DISABLE TRIGGER pgtrigger_wallet_hold_stays_92fed",
        "'pgtrigger_wallet_hold_stays_92fed'",
        "is switched off",
    ),
    "a guard that runs another function": Tampering(
        "guards",
        "CREATE OR REPLACE TRIGGER pgtrigger_wallet_transfer_moves_f4159 BEFORE INSERT ON"
        " wallet_transfer FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "'pgtrigger_wallet_transfer_moves_f4159'",
        "another",
    ),
    "a guard's function rewritten": Tampering(
        "guards",
        "CREATE OR REPLACE FUNCTION wallet_transfer_move() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'",
        "'wallet_transfer_move()'",
        "is not the function on record",
    ),
    "a guard's function that looks elsewhere": Tampering(
        "guards",
        "ALTER FUNCTION wallet_transfer_move() RESET ALL",
        "'wallet_transfer_move()'",
        "is not the function on record",
    ),
    "a function of the ledger that is gone": Tampering(
        "guards",
        "DROP FUNCTION wallet_lock(jsonb)",
        "'wallet_lock(jsonb)'",
        "is absent",
    ),
    "a function of somebody's own": Tampering(
        "guards",
        "CREATE FUNCTION wallet_gift() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "'wallet_gift()'",
        "is not on record",
    ),
    "a trigger of somebody's own": Tampering(
        "guards",
        "CREATE TRIGGER gift BEFORE INSERT ON wallet_transfer FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "'gift'",
        "is not declared",
    ),
    "a currency beside the one": Tampering(
        "one currency",
        "ALTER TABLE wallet_account ADD COLUMN currency text DEFAULT 'USD'",
        "'wallet_account.currency'",
        "names a currency",
    ),
    "an amount that is no whole paise": Tampering(
        "one currency",
        "ALTER TABLE payments_payout ADD COLUMN bonus_paise numeric",
        "'payments_payout.bonus_paise'",
        "holds money as numeric",
    ),
    "what every refusal runs, made to refuse nothing": Tampering(
        "guards",
        "CREATE OR REPLACE FUNCTION uma_refuse() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "'uma_refuse()'",
        "is not the function on record",
    ),
    "a guard that runs something else": Tampering(
        "guards",
        "COMMENT ON TRIGGER pgtrigger_wallet_hold_stays_92fed ON wallet_hold IS 'another'",
        "'pgtrigger_wallet_hold_stays_92fed'",
        "another",
    ),
}


@pytest.fixture
def books() -> Books:
    return make_books()


def tamper(books: Books, sql: str) -> None:
    """Send SQL as a superuser who switches the guards off would."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, books.names)
        cursor.execute("SET LOCAL session_replication_role = origin")


def value(books: Books, sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({sql})::text", books.names)
        (found,) = cursor.fetchone()
    return str(found)


def named(check: str) -> invariants.Check:
    return next(found for found in invariants.checks() if found.name == check)


def test_untouched_books_break_no_invariant(books: Books) -> None:
    assert books.names
    assert [violation for check in invariants.checks() for violation in check.find()] == []


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_a_check_names_the_row_that_was_tampered_with(books: Books, tampering: Tampering) -> None:
    commit(tampering.before, books.names)
    row = value(books, tampering.row)

    tamper(books, tampering.sql)

    (violation,) = named(tampering.check).find()
    assert violation.check == tampering.check
    assert violation.row == row
    assert tampering.detail in violation.detail


def test_the_functions_on_record_are_those_that_the_migrations_make() -> None:
    """Red after a migration that changes one: migrate a fresh database, then `manage.py record_functions`."""
    assert installed.functions() == installed.recorded()


def test_every_check_is_proved_by_a_tampering() -> None:
    proved = {tampering.check for tampering in TAMPERINGS.values()}

    assert proved == {check.name for check in invariants.checks()}
