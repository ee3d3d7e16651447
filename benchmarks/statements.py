"""A month of an account with a million lines beside that of one with a thousand."""

import time
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from apps.wallet import codes
from apps.wallet import selectors as wallet
from apps.wallet import services as posting
from benchmarks.data import ZONE
from benchmarks.figures import percentile
from benchmarks.scans import BrokenBenchError
from uma.kernel.ids import new_id

MONTH = timedelta(days=30)
# Both accounts have these in the month that is read, so only what lies before it differs.
LINES = 1_000
_YEARS = timedelta(days=3 * 365)
_PAISE = 100
_JOURNALS = """
    INSERT INTO wallet_journal (id, kind, reference, zone_code, event_at, created_at, created_xid, memo)
    SELECT md5(%(wallet)s || n)::uuid, 'goodwill', %(wallet)s || n, %(zone)s, at - interval '1 second', at,
           pg_current_xact_id(), ''
      FROM generate_series(1, %(lines)s::int) AS n,
           LATERAL (SELECT CASE WHEN n <= %(old)s::int
                       THEN %(since)s::timestamptz - %(years)s::interval * (1 - n::float / %(old)s::int)
                       ELSE %(since)s::timestamptz
                            + %(month)s::interval * ((n - %(old)s::int)::float / (%(recent)s::int + 1))
                    END - interval '1 second' AS at) AS moment
"""
_TRANSFERS = """
    INSERT INTO wallet_transfer (id, journal_id, debit_account_id, credit_account_id, amount_paise,
                                 credit_after_paise, credit_version)
    SELECT md5('t' || %(wallet)s || n)::uuid, md5(%(wallet)s || n)::uuid,
           (SELECT id FROM wallet_account WHERE code = %(giver)s),
           (SELECT id FROM wallet_account WHERE code = %(wallet)s),
           %(paise)s, n::bigint * %(paise)s, n
      FROM generate_series(1, %(lines)s::int) AS n
"""


def fill(connection: "psycopg.Connection[object]", *, lines: int, now: datetime) -> str:
    """Give a new rider's wallet so many lines behind the guards' back; return its code."""
    rider: UUID = new_id()
    code, giver = codes.rider_wallet(rider), codes.zone_account(ZONE, "goodwill")
    posting.open_accounts(codes=[*codes.rider_accounts(rider), giver])
    facts = {
        "wallet": code, "giver": giver, "zone": ZONE, "paise": _PAISE, "lines": lines,
        "old": max(lines - LINES, 1), "recent": LINES, "since": now - MONTH, "years": _YEARS,
        "month": MONTH,
    }  # fmt: skip
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(_JOURNALS, facts)
        connection.execute(_TRANSFERS, facts)
        connection.execute(
            "UPDATE wallet_account SET balance_paise = %s, version = %s WHERE code = %s",
            [lines * _PAISE, lines, code],
        )
    connection.execute("VACUUM (ANALYZE) wallet_journal, wallet_transfer")
    return code


def p95_ms(code: str, *, lines: int, looks: int, now: datetime) -> float:
    """Return the p95 of reading the last month's statement and the newest page, one after the other."""
    took: list[float] = []
    for _ in range(looks):
        began = time.perf_counter()
        period = wallet.statement_between(code=code, since=now - MONTH, until=now)
        page = wallet.statement(code=code, limit=50)
        took.append((time.perf_counter() - began) * 1_000)
        if period.closing_paise != lines * _PAISE or page[0].version != lines:
            raise BrokenBenchError(f"{period.closing_paise} after {page[0].version} lines")
    return percentile(took, 95)
