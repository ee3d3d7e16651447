"""A statement reads its own lines alone, whatever the planner believes of the tables: pages are counted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.wallet import selectors, statements
from apps.wallet.selectors import Statement
from tests.wallet.scenes import NOON, make_merchant, platform

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MANY = 1_500
# What statistics may say: nothing yet; empty, when nothing but rows of failed or unfinished transactions was
# there; and a size that the tables do not have.
BELIEFS = {"nothing": (0, -1), "empty": (100, 0), "huge": (1_000_000, 50_000_000)}


_JOURNALS = """
    INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at, created_at, created_xid, memo)
    SELECT md5(%(wallet)s || n)::uuid, 'topup', %(wallet)s || n, 'MNP', at, at, pg_current_xact_id(), ''
      FROM generate_series(1, %(count)s) n,
           LATERAL (SELECT %(noon)s::timestamptz + (n - 1) * interval '1 hour' AS at) moment
"""
_TRANSFERS = """
    INSERT INTO wallet_transfer (id, journal_id, debit_account_id, credit_account_id, amount_paise,
                                 credit_after_paise, credit_version)
    SELECT md5('t' || %(wallet)s || n)::uuid, md5(%(wallet)s || n)::uuid, bank.id, mine.id, 1, n, n
      FROM generate_series(1, %(count)s) n, wallet_account bank, wallet_account mine
     WHERE bank.code = %(bank)s AND mine.code = %(wallet)s
"""


def write(wallet: str, count: int) -> None:
    """Give a new wallet so many movements of a paisa, an hour apart, beginning at noon."""
    bank = platform("bank_nodal")
    facts: dict[str, Any] = {
        "wallet": wallet,
        "count": count,
        "noon": NOON,
        "bank": bank,
    }  # SQL values
    with connection.cursor() as cursor:
        # Behind the guards' back, because it is quick.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(_JOURNALS, facts)
        cursor.execute(_TRANSFERS, facts)
        cursor.execute(
            "UPDATE wallet_account SET balance_paise = %(count)s, version = %(count)s"
            " WHERE code = %(wallet)s",
            facts,
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


@contextmanager
def believing(pages: int, rows: int) -> Iterator[None]:
    """Tell the planner this of the ledger's tables, for a while."""
    point = transaction.savepoint()
    with connection.cursor() as cursor:
        # What other tests wrote and took back left empty pages, which are none of the statement's.
        cursor.execute("REINDEX TABLE wallet_account")
        cursor.execute("REINDEX TABLE wallet_journal")
        cursor.execute("REINDEX TABLE wallet_transfer")
        cursor.execute(
            "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = ANY(ARRAY["
            " 'wallet_account', 'wallet_journal', 'wallet_transfer']::regclass[])",
            [pages, rows],
        )
    yield
    transaction.savepoint_rollback(point)


def pages_read(queries: CaptureQueriesContext) -> list[int]:
    """Return how many pages each of the ledger's statements touches, in their order."""
    found = []
    for query in queries.captured_queries:
        if "wallet_journal" not in query["sql"]:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query['sql']}")
            ((told,),) = cursor.fetchall()
        plan: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
        found.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    return found


@pytest.fixture
def wallet() -> str:
    """A wallet with a long history, in a ledger where others have as much."""
    wallets = [make_merchant().wallet for _ in range(2)]
    for one in wallets:
        write(one, MANY)
    return wallets[0]


def ten_lines(wallet: str) -> Statement:
    return selectors.statement_between(
        code=wallet, since=NOON + 700 * HOUR, until=NOON + 710 * HOUR
    )


@pytest.mark.parametrize(("pages", "rows"), BELIEFS.values(), ids=BELIEFS)
def test_a_period_in_a_long_history_is_found_step_by_step(
    wallet: str, pages: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SHORT", 100)

    with believing(pages, rows):
        with CaptureQueriesContext(connection) as queries:
            period = ten_lines(wallet)
        search, lines = pages_read(queries)

    assert (period.opening_paise, len(period.lines)) == (700, 10)
    # Two edges, eleven halvings of 1,500, and at each three indexes of two pages and the rows behind two of them.
    assert search < 2 * 11 * 10
    # The ten, and what is stamped up to two hours before and twenty-five behind them; neither reads 1,500.
    assert lines < 37 * 10


@pytest.mark.parametrize(("pages", "rows"), BELIEFS.values(), ids=BELIEFS)
def test_a_short_history_is_read_without_a_search(pages: int, rows: int) -> None:
    short, long = (make_merchant().wallet for _ in range(2))
    write(long, MANY)
    write(short, 12)

    with believing(pages, rows):
        with CaptureQueriesContext(connection) as queries:
            period = selectors.statement_between(
                code=short, since=NOON + 2 * HOUR, until=NOON + 5 * HOUR
            )
        (lines,) = pages_read(queries)

    assert (period.opening_paise, len(period.lines), period.closing_paise) == (2, 3, 5)
    assert lines < 12 * 10


@pytest.mark.parametrize(("pages", "rows"), BELIEFS.values(), ids=BELIEFS)
def test_a_page_is_read_from_its_first_line_to_its_last(wallet: str, pages: int, rows: int) -> None:
    with believing(pages, rows):
        with CaptureQueriesContext(connection) as queries:
            page = selectors.statement(code=wallet, limit=20, before_version=700)
        (lines,) = pages_read(queries)

    assert [line.version for line in page] == list(range(699, 679, -1))
    assert lines < 20 * 10


@pytest.mark.parametrize("end", ["since", "until"])
@pytest.mark.parametrize(("pages", "rows"), BELIEFS.values(), ids=BELIEFS)
def test_a_page_of_a_period_reads_the_period_and_no_more(
    wallet: str, pages: int, rows: int, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "SHORT", 100)
    since = NOON + 1_480 * HOUR if end == "since" else None
    until = NOON + 300 * HOUR if end == "until" else None

    with believing(pages, rows):
        with CaptureQueriesContext(connection) as queries:
            page = selectors.statement(code=wallet, limit=25, since=since, until=until)
        search, lines, odd = pages_read(queries)

    newest, oldest = (1_500, 1_480) if end == "since" else (300, 275)
    assert [line.version for line in page] == list(range(newest, oldest, -1))
    assert search < 2 * 11 * 10
    # The page, and what is stamped up to two hours before and twenty-five behind; neither reads 1,500.
    assert lines < 52 * 10
    assert odd < 30


@pytest.mark.parametrize(("pages", "rows"), BELIEFS.values(), ids=BELIEFS)
def test_a_page_of_some_kinds_looks_at_each_line_once(wallet: str, pages: int, rows: int) -> None:
    with believing(pages, rows):
        with CaptureQueriesContext(connection) as queries:
            page = selectors.statement(code=wallet, limit=20, kinds=["goodwill"])
        (lines,) = pages_read(queries)

    assert page == []
    assert lines < MANY * 10
