"""A ledger of ten million entries, so that scans can be measured with a long past behind them."""

from datetime import datetime, timedelta

import psycopg

from apps.wallet import codes
from apps.wallet import services as posting
from benchmarks.data import ZONE
from benchmarks.scans import BrokenBenchError
from uma.kernel.ids import new_id

RIDERS = 5_000
# As many as a scan has, so that there are as many journals to a transfer as elsewhere.
_LEGS = 6
_PAISE = 100
_PAST = timedelta(days=365)
_JOURNALS = """
    CREATE TEMP TABLE grown ON COMMIT DROP AS
    SELECT n, uuidv7(-%(past)s::interval * (1 - n::float / %(journals)s::int)) AS id,
           %(now)s::timestamptz - %(past)s::interval * (1 - n::float / %(journals)s::int) AS at
      FROM generate_series(1, %(journals)s::int) AS n;
    INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at, created_at, created_xid, memo)
    SELECT id, 'goodwill', 'grown:' || id, %(zone)s, at, at, pg_current_xact_id(), '' FROM grown ORDER BY n
"""
# Neighbours belong to different riders, as in a city that is awake.
_TRANSFERS = """
    INSERT INTO wallet_transfer (id, journal_id, debit_account_id, credit_account_id, amount_paise,
                                 credit_after_paise, credit_version)
    SELECT uuidv7(g.at - %(now)s::timestamptz), g.id,
           (SELECT id FROM wallet_account WHERE code = %(giver)s), w.id, %(paise)s,
           %(paise)s * (line.k / %(riders)s::int + 1), line.k / %(riders)s::int + 1
      FROM grown g
     CROSS JOIN generate_series(0, %(legs)s::int - 1) AS leg
     CROSS JOIN LATERAL (SELECT ((g.n - 1) * %(legs)s::int + leg)::bigint AS k) AS line
      JOIN wallets w ON w.place = line.k %% %(riders)s::int
     ORDER BY line.k
"""
_WALLETS = """
    CREATE TEMP TABLE wallets ON COMMIT DROP AS
    SELECT id, (row_number() OVER (ORDER BY id) - 1)::int AS place
      FROM wallet_account WHERE code = ANY (%(wallets)s::text[])
"""
_BALANCES = """
    UPDATE wallet_account a SET balance_paise = %(paise)s * l.lines, version = l.lines
      FROM (SELECT w.id, count(t.id) AS lines FROM wallets w
              JOIN wallet_transfer t ON t.credit_account_id = w.id GROUP BY w.id) l
     WHERE a.id = l.id
"""
_COUNT = "SELECT 2 * count(*) FROM wallet_transfer"


def entries(connection: "psycopg.Connection[tuple[int, ...]]") -> int:
    """Return how many entries the ledger has."""
    row = connection.execute(_COUNT).fetchone()
    assert row is not None
    return row[0]


def fill(connection: "psycopg.Connection[tuple[int, ...]]", *, wanted: int, now: datetime) -> None:
    """
    Give riders of their own so much past, behind the guards' back, that the ledger has `wanted` entries.

    Raises:
        BrokenBenchError: the ledger has fewer afterwards
    """
    missing = wanted - entries(connection)
    people = [new_id() for _ in range(RIDERS)]
    giver = codes.zone_account(ZONE, "goodwill")
    posting.open_accounts(codes=[giver, *(codes.rider_wallet(one) for one in people)])
    facts = {
        "wallets": [codes.rider_wallet(one) for one in people], "giver": giver, "zone": ZONE,
        "paise": _PAISE, "riders": RIDERS, "legs": _LEGS, "past": _PAST, "now": now,
        "journals": -(-missing // (2 * _LEGS)),
    }  # fmt: skip
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL statement_timeout = 0")
        for statement in (*_JOURNALS.split(";"), _WALLETS, _TRANSFERS, _BALANCES):
            # Bound here: what makes a table takes no parameters from outside.
            psycopg.ClientCursor(connection).execute(statement, facts)
    connection.execute("VACUUM (ANALYZE) wallet_journal, wallet_transfer, wallet_account")
    connection.execute("CHECKPOINT")
    if (found := entries(connection)) < wanted:
        raise BrokenBenchError(f"{found} entries instead of {wanted}")
