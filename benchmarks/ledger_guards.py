"""
What the ledger's guards cost: a scan's six legs through `wallet_post` against the same rows, unguarded.

The control inserts the same journal, transfers and balances into tables with the same columns, indexes
and CHECKs, without triggers, rules or look-ups. Run: `DATABASE_URL=… python -m benchmarks.ledger_guards`; it makes a
database of its own and drops it. Time is the processor time of the database's process.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psutil
import psycopg

SCRATCH = "uma_ledger_guards"
ROUNDS, SCANS, MERCHANTS = 5, 1000, 20
# Riders who do not take part: a plan that reads whole tables shows.
BYSTANDERS = 20_000
HOLD_PAISE = 23260
# The worked example of product rule 2.6; the first leg reaches the rider, the last the merchant.
AMOUNTS = {
    "rider": 13200, "cpt": 2000, "cpa": 5000, "gst_cgst": 630, "gst_sgst": 630, "released": 1800,
}  # fmt: skip

CONTROL = """
CREATE SCHEMA control;
CREATE TABLE control.journal (LIKE wallet_journal INCLUDING ALL);
CREATE TABLE control.transfer (LIKE wallet_transfer INCLUDING ALL);
CREATE TABLE control.hold (LIKE wallet_hold INCLUDING ALL);
CREATE TABLE control.account (LIKE wallet_account INCLUDING ALL);
CREATE FUNCTION control.post(p_journal uuid, p_hold uuid, p_transfers uuid[], p_held bigint,
                             p_credits bigint[], p_amounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    left_paise bigint;
    left_version bigint;
BEGIN
    INSERT INTO control.journal (id, kind, reference, zone_code, event_at, created_at, created_xid, hold_id)
    VALUES (p_journal, 'handshake', 'handshake:' || p_hold, 'BNC', now(), now(), pg_current_xact_id(), p_hold);
    UPDATE control.account SET balance_paise = balance_paise + p_amounts[1], version = version + 1
     WHERE id = p_credits[1] RETURNING balance_paise, version INTO left_paise, left_version;
    INSERT INTO control.transfer (id, journal_id, debit_account_id, credit_account_id, amount_paise,
                                  credit_after_paise, credit_version)
    SELECT leg.id, p_journal, p_held, leg.credit, leg.amount,
           CASE leg.credit WHEN p_credits[1] THEN left_paise END,
           CASE leg.credit WHEN p_credits[1] THEN left_version END
      FROM unnest(p_transfers, p_credits, p_amounts) AS leg (id, credit, amount);
    UPDATE control.hold SET state = 'CAPTURED', captured_paise = amount_paise - p_amounts[6],
                            released_paise = p_amounts[6], resolved_journal_id = p_journal
     WHERE id = p_hold;
END $$;
"""

POST = "SELECT wallet_post(%s, %s, %s, 'BNC', now(), NULL, %s, NULL, '', %s::jsonb)"


class Ledger:
    """A migrated scratch database with one zone, merchants, riders and the control's tables."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.process = psutil.Process(self.connection.info.backend_pid)
        self.merchants = [uuid4() for _ in range(MERCHANTS)]
        self.riders = [uuid4() for _ in range(SCANS)]
        codes = [f"zone:BNC:{kind}" for kind in ("bank_nodal", *list(AMOUNTS)[1:-1])]
        codes += [
            f"merchant:{m}:{p}" for m in self.merchants for p in ("wallet", "held", "released")
        ]
        codes += [f"rider:{rider}:wallet" for rider in self.riders]
        codes += [f"rider:{uuid4()}:wallet" for _ in range(BYSTANDERS)]
        self.run("INSERT INTO wallet_account (code) SELECT unnest(%s::text[])", codes)
        for merchant in self.merchants:
            self.post("topup", f"topup:{merchant}", None,
                      [["zone:BNC:bank_nodal", f"merchant:{merchant}:wallet", 10**9]])  # fmt: skip
        self.connection.execute(CONTROL.encode())
        self.run("INSERT INTO control.account SELECT * FROM wallet_account")
        rows = self.connection.execute("SELECT code, id FROM wallet_account").fetchall()
        self.ids: dict[str, int] = dict(rows)

    def run(self, query: str, *values: object) -> None:
        self.connection.execute(query.encode(), values, prepare=True)

    def post(self, kind: str, reference: str, hold: UUID | None, legs: list[list[object]]) -> None:
        rows = json.dumps([[str(uuid4()), *leg] for leg in legs])
        self.run(POST, uuid4(), kind, reference, hold, rows)

    def place_holds(self) -> list[UUID]:
        """Open a hold for every scan of a round, in the ledger and in the control."""
        holds = [uuid4() for _ in self.riders]
        for hold, merchant in zip(holds, self.payers(), strict=True):
            purse = f"merchant:{merchant}"
            self.post(
                "hold", f"hold:{hold}", hold, [[f"{purse}:wallet", f"{purse}:held", HOLD_PAISE]]
            )
        self.run("INSERT INTO control.hold SELECT * FROM wallet_hold WHERE state = 'OPEN'")
        self.connection.execute("ANALYZE")
        return holds

    def payers(self) -> list[UUID]:
        return [self.merchants[scan % MERCHANTS] for scan in range(SCANS)]

    def credits(self, rider: UUID, merchant: UUID) -> list[str]:
        ends = {"rider": f"rider:{rider}:wallet", "released": f"merchant:{merchant}:released"}
        return [ends.get(name, f"zone:BNC:{name}") for name in AMOUNTS]

    def scan_guarded(self, hold: UUID, rider: UUID, merchant: UUID) -> None:
        held = f"merchant:{merchant}:held"
        into = zip(self.credits(rider, merchant), AMOUNTS.values(), strict=True)
        self.post(
            "handshake", f"handshake:{hold}", hold, [[held, code, paise] for code, paise in into]
        )

    def scan_bare(self, hold: UUID, rider: UUID, merchant: UUID) -> None:
        credits_ = [self.ids[code] for code in self.credits(rider, merchant)]
        self.run(
            "SELECT control.post(%s, %s, %s, %s, %s, %s)",
            uuid4(), hold, [uuid4() for _ in credits_], self.ids[f"merchant:{merchant}:held"],
            credits_, list(AMOUNTS.values()),
        )  # fmt: skip

    def cpu_us(self, scan: Callable[[UUID, UUID, UUID], None], holds: list[UUID]) -> float:
        """Return the processor time in µs that the database spent on one of these scans."""
        before = self.process.cpu_times()
        for hold, rider, merchant in zip(holds, self.riders, self.payers(), strict=True):
            scan(hold, rider, merchant)
        after = self.process.cpu_times()
        return (after.user + after.system - before.user - before.system) * 1e6 / SCANS


def measure(ledger: Ledger) -> None:
    guarded, bare = [], []
    # The first round fills caches and plans.
    for number in range(ROUNDS + 1):
        holds = ledger.place_holds()
        pair = (ledger.cpu_us(ledger.scan_guarded, holds), ledger.cpu_us(ledger.scan_bare, holds))
        if number:
            guarded.append(pair[0])
            bare.append(pair[1])
    one, other = statistics.median(guarded), statistics.median(bare)
    print(f"A scan's posting, {ROUNDS} rounds of {SCANS} in turn, medians of processor time in µs")
    print(
        f"through wallet_post {one:.0f}, the same rows unguarded {other:.0f}: {one / other:.2f} times"
    )


def main() -> None:
    url = os.environ["DATABASE_URL"]
    scratch = urlsplit(url)._replace(path=f"/{SCRATCH}").geturl()
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {SCRATCH}".encode())
        server.execute(f"CREATE DATABASE {SCRATCH}".encode())
        try:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0"],
                env=os.environ | {"DATABASE_URL": scratch, "UMA_DEBUG": "1"},
                check=True,
            )
            ledger = Ledger(scratch)
            try:
                measure(ledger)
            finally:
                ledger.connection.close()
        finally:
            server.execute(f"DROP DATABASE {SCRATCH}".encode())


if __name__ == "__main__":
    main()
