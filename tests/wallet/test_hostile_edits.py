"""What is written stays written: no edit, no deletion and no row of the sender's own making."""

import pytest
from django.db import connection, transaction

from tests.wallet.books import KEPT
from tests.wallet.hostile import (
    LEDGER,
    Books,
    commit,
    make_books,
    posting,
    refusal_of,
    rows,
)

pytestmark = pytest.mark.django_db

# Any column will do: these tables take no UPDATE at all.
A_COLUMN = {
    "wallet_hold": "amount_paise",
    "wallet_journal": "memo",
    "wallet_transfer": "amount_paise",
}
APPENDS = [f"UPDATE {table} SET {column} = {column}" for table, column in A_COLUMN.items()]
# The chart is its owner's to change, by migrations (test_hostile_serving.py).
WRITTEN = [table for table in LEDGER if table not in KEPT]
DELETES = [f"DELETE FROM {table}" for table in WRITTEN]
TRUNCATES = [f"TRUNCATE {table} CASCADE" for table in WRITTEN]

ACCOUNT_EDITS = {
    "balance": "balance_paise = balance_paise + 1",
    "version": "version = version + 1",
    "balance and version together": "balance_paise = balance_paise + 1, version = version + 1",
    "kind": "kind = 'merchant_refunding'",
    "code": "code = code || 'x'",
    "party": "party = 'merchant:other'",
    "zone": "zone_code = 'BLR'",
    "normal side": "normal_side = 'D'",
    "whether a balance is kept": "keeps_balance = false",
    "whether it may be overdrawn": "may_overdraw = true",
    "when it was opened": "opened_at = '2000-01-01'",
    "id": "id = -1",
}

UNKNOWN_MERCHANT = "merchant:01a206d3-4047-77d4-91ad-df16cee010f1"
OPENINGS = {
    "with money": (f"(code, balance_paise) VALUES ('{UNKNOWN_MERCHANT}:wallet', 1)", "UM005"),
    "with a version": (f"(code, version) VALUES ('{UNKNOWN_MERCHANT}:wallet', 1)", "UM005"),
    "frozen": (f"(code, frozen_at) VALUES ('{UNKNOWN_MERCHANT}:wallet', now())", "UM005"),
    "as another kind": (f"(code, kind) VALUES ('{UNKNOWN_MERCHANT}:wallet', 'cpt')", "UM005"),
    "on the other side": (
        f"(code, normal_side) VALUES ('{UNKNOWN_MERCHANT}:wallet', 'D')",
        "UM005",
    ),
    "without a kept balance": (
        f"(code, keeps_balance) VALUES ('{UNKNOWN_MERCHANT}:wallet', false)",
        "UM005",
    ),
    "free to overdraw": (
        f"(code, may_overdraw) VALUES ('{UNKNOWN_MERCHANT}:wallet', true)",
        "UM005",
    ),
    "in a zone that is not its own": (
        f"(code, zone_code) VALUES ('{UNKNOWN_MERCHANT}:wallet', 'MNP')",
        "UM004",
    ),
    "outside the chart": ("(code) VALUES ('zone:MNP:slush_fund')", "UM004"),
    "without a code": ("(code) VALUES (NULL)", "UM004"),
    "twice": ("(code) VALUES (%(wallet)s)", "wallet_account_code_once"),
}


@pytest.fixture
def books() -> Books:
    return make_books()


@pytest.mark.parametrize("statement", [*APPENDS, *DELETES, *TRUNCATES])
def test_no_table_of_the_ledger_is_rewritten(books: Books, statement: str) -> None:
    before = rows()

    answer = refusal_of(statement, books.names)

    operation, _, _ = statement.partition(" ")
    table = next(word for word in statement.split() if word.startswith("wallet_"))
    assert f"{operation} of {table} is refused" in answer
    assert rows() == before


@pytest.mark.parametrize("edit", ACCOUNT_EDITS.values(), ids=ACCOUNT_EDITS.keys())
def test_an_accounts_facts_are_not_edited(books: Books, edit: str) -> None:
    before = rows()

    answer = refusal_of(f"UPDATE wallet_account SET {edit} WHERE code = %(wallet)s", books.names)

    assert "UPDATE of wallet_account is refused" in answer
    assert rows() == before


@pytest.mark.parametrize(("values", "refusal"), OPENINGS.values(), ids=OPENINGS.keys())
def test_an_account_opens_empty_and_as_the_chart_says(
    books: Books, values: str, refusal: str
) -> None:
    before = rows()

    answer = refusal_of(f"INSERT INTO wallet_account {values}", books.names)

    assert refusal in answer
    assert rows() == before


def test_an_account_that_tells_its_own_facts_is_believed_none() -> None:
    """Each fact there and true but the money: without the guard nothing else would refuse it."""
    values = (
        "(code, kind, party, normal_side, keeps_balance, may_overdraw, balance_paise, version,"
        f" opened_at) VALUES ('{UNKNOWN_MERCHANT}:wallet', 'merchant_wallet', '{UNKNOWN_MERCHANT}',"
        " 'C', true, false, 1, 1, now())"
    )

    assert "UM005" in refusal_of(f"INSERT INTO wallet_account {values}", {})


def test_a_journal_that_tells_its_own_birth_is_not_believed() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at, memo, created_at,"
            " created_xid) VALUES (gen_random_uuid(), 'topup', 'x', 'MNP', now(), '', '2000-01-01',"
            " '1') RETURNING created_at > '2000-01-01', created_xid = pg_current_xact_id()"
        )
        stamped = cursor.fetchone()
        transaction.set_rollback(True)

    assert stamped == (True, True)


def test_an_upsert_does_not_edit_a_journal(books: Books) -> None:
    before = rows()
    statement = (
        "INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at)"
        " SELECT gen_random_uuid(), kind, reference, zone_code, event_at FROM wallet_journal"
        " WHERE id = %(topup)s ON CONFLICT (reference) DO UPDATE SET memo = 'edited'"
    )

    assert "UPDATE of wallet_journal is refused" in refusal_of(statement, books.names)
    assert rows() == before


@pytest.mark.parametrize(
    "statement", ["UPDATE wallet_entry SET amount_paise = 1", "DELETE FROM wallet_entry"]
)
def test_the_view_of_entries_is_only_read(books: Books, statement: str) -> None:
    before = rows()

    assert "wallet_entry" in refusal_of(statement, books.names)
    assert rows() == before


def test_a_merge_into_transfers_is_refused(books: Books) -> None:
    before = rows()
    statement = (
        "MERGE INTO wallet_transfer t USING wallet_transfer s ON t.id = s.id"
        " WHEN MATCHED THEN UPDATE SET amount_paise = 1"
    )

    assert "UPDATE of wallet_transfer is refused" in refusal_of(statement, books.names)
    assert rows() == before


CONSTRAINTS = {
    "an overdrawn wallet": (
        "UPDATE wallet_account SET balance_paise = -1 WHERE code = %(wallet)s",
        "wallet_account_not_overdrawn",
    ),
    "a balance where none is kept": (
        "UPDATE wallet_account SET balance_paise = 1 WHERE code = %(bank)s",
        "wallet_account_no_balance_unless_kept",
    ),
    "a kind that grows on no side": (
        "UPDATE wallet_account_kind SET normal_side = 'X'",
        "wallet_account_kind_side_known",
    ),
    "a kept balance that may be overdrawn": (
        "UPDATE wallet_account_kind SET may_overdraw = true WHERE kind = 'rider_wallet'",
        "wallet_account_kind_kept_balance_not_overdrawn",
    ),
    "a hold captured by nobody": (
        "UPDATE wallet_hold SET state = 'CAPTURED' WHERE id = %(open_hold)s",
        "wallet_hold_state_agrees",
    ),
    "a rule written twice": (
        (
            "INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise,"
            " same_party) VALUES ('topup', 'bank_nodal', 'merchant_wallet', 1, false)"
        ),
        "wallet_posting_rule_once",
    ),
}


@pytest.mark.parametrize(("statement", "constraint"), CONSTRAINTS.values(), ids=CONSTRAINTS.keys())
def test_behind_the_guards_the_constraints_still_refuse(
    books: Books, statement: str, constraint: str
) -> None:
    """A restore or a superuser passes the triggers; the tables themselves say no to these."""
    before = rows()
    behind = f"SET LOCAL session_replication_role = replica; {statement}"

    assert constraint in refusal_of(behind, books.names)
    assert rows() == before


@pytest.fixture
def committed(transactional_db: None) -> Books:  # noqa: ARG001 (so that the rows are committed)
    return make_books()


LATE = (
    "INSERT INTO wallet_transfer (id, journal_id, debit_account_id, credit_account_id,"
    " amount_paise) SELECT gen_random_uuid(), %(topup)s, debit_account_id, credit_account_id, 1"
    " FROM wallet_transfer WHERE journal_id = %(topup)s"
)


@pytest.mark.django_db(transaction=True)
def test_a_committed_journal_takes_no_further_transfer(committed: Books) -> None:
    before = rows()

    assert "already written" in refusal_of(LATE, committed.names)
    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_a_journal_cannot_be_dated_into_a_later_transaction(committed: Books) -> None:
    """Who could choose `created_xid` could prepare a journal and fill it after the books closed."""
    journal, _, transfer = posting("topup", ("bank", "wallet", 1)).partition("; ")
    forged = journal.replace("event_at,", "event_at, created_xid,", 1).replace(
        "now(),", "now(), (pg_current_xact_id()::text::bigint + 1)::text::xid8,", 1
    )
    commit(f"{forged}; {transfer}", committed.names)
    before = rows()

    assert "already written" in refusal_of(transfer, committed.names)
    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_an_empty_journal_is_refused_at_the_commit_itself(committed: Books) -> None:
    before = rows()
    journal = posting("topup").partition("; ")[0]

    with pytest.raises(Exception, match="moves nothing"), transaction.atomic():  # noqa: PT012
        with connection.cursor() as cursor:
            cursor.execute(journal, committed.names)
        reached_the_commit = True

    assert reached_the_commit
    assert rows() == before
