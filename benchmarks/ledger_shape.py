"""
What a posting of six legs costs, by the ledger's shape: transfers under a view, or entries stored.

Both have the same accounts, the same journals and a trigger that moves kept balances; the checks that
either would make alike are left out. Run: `DATABASE_URL=… python -m benchmarks.ledger_shape`; it works in a
schema of its own and drops it. Time is the processor time of the database's process, so that what else
the machine does matters little.
"""

import os
import statistics
from dataclasses import dataclass

import psutil
import psycopg

ROUNDS, POSTINGS, LEGS = 7, 5000, 6
RIDERS = POSTINGS
PAGE = 20

TABLES = """
DROP SCHEMA IF EXISTS ledger_shape CASCADE;
CREATE SCHEMA ledger_shape;
SET search_path = ledger_shape;
CREATE TABLE account (id bigint PRIMARY KEY, keeps_balance boolean NOT NULL,
                      balance_paise bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0)
    WITH (fillfactor = 80);
CREATE TABLE journal (id uuid PRIMARY KEY, reference text NOT NULL UNIQUE, event_at timestamptz NOT NULL);
CREATE TABLE transfer (id uuid PRIMARY KEY, journal_id uuid NOT NULL,
    debit_account_id bigint NOT NULL, credit_account_id bigint NOT NULL,
    amount_paise bigint NOT NULL CHECK (amount_paise >= 1),
    debit_after_paise bigint, debit_version bigint, credit_after_paise bigint, credit_version bigint);
CREATE INDEX ON transfer (journal_id);
CREATE INDEX ON transfer (debit_account_id, debit_version);
CREATE INDEX ON transfer (credit_account_id, credit_version);
CREATE TABLE entry (transfer_id uuid NOT NULL, side char NOT NULL, journal_id uuid NOT NULL,
    account_id bigint NOT NULL, amount_paise bigint NOT NULL CHECK (amount_paise >= 1),
    after_paise bigint, version bigint, PRIMARY KEY (transfer_id, side));
CREATE INDEX ON entry (journal_id);
CREATE UNIQUE INDEX ON entry (account_id, version);
CREATE VIEW seen AS
    SELECT id AS transfer_id, journal_id, debit_account_id AS account_id, 'D' AS side, amount_paise,
           debit_after_paise AS after_paise, debit_version AS version FROM transfer
    UNION ALL
    SELECT id, journal_id, credit_account_id, 'C', amount_paise, credit_after_paise, credit_version
      FROM transfer;
-- Account 1 is the merchant's held money, 2 to 6 are the platform's: none keeps a balance. Then the riders.
INSERT INTO account (id, keeps_balance) SELECT n, n > 6 FROM generate_series(1, 6 + {riders}) n;
"""

FUNCTIONS = """
CREATE FUNCTION move(p_account bigint, p_delta bigint, OUT after_paise bigint, OUT version bigint)
LANGUAGE sql AS $$
    UPDATE account a SET balance_paise = a.balance_paise + p_delta, version = a.version + 1
     WHERE a.id = p_account AND a.keeps_balance RETURNING a.balance_paise, a.version
$$;
CREATE FUNCTION transfer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE f record;
BEGIN
    SELECT d.keeps_balance AS debit, c.keeps_balance AS credit INTO f
      FROM account d, account c WHERE d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id;
    IF f.debit THEN
        SELECT m.after_paise, m.version INTO NEW.debit_after_paise, NEW.debit_version
          FROM move(NEW.debit_account_id, -NEW.amount_paise) m;
    END IF;
    IF f.credit THEN
        SELECT m.after_paise, m.version INTO NEW.credit_after_paise, NEW.credit_version
          FROM move(NEW.credit_account_id, NEW.amount_paise) m;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION entry_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept boolean;
BEGIN
    SELECT a.keeps_balance INTO kept FROM account a WHERE a.id = NEW.account_id;
    IF kept THEN
        SELECT m.after_paise, m.version INTO NEW.after_paise, NEW.version
          FROM move(NEW.account_id,
                    CASE NEW.side WHEN 'C' THEN NEW.amount_paise ELSE -NEW.amount_paise END) m;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION transfer_moves();
CREATE TRIGGER moves BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_moves();
-- A scan: cashback to one rider, then five legs to the platform.
CREATE FUNCTION post_transfers(p_rider bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE journal uuid := uuidv7();
BEGIN
    INSERT INTO journal VALUES (journal, journal::text, now());
    INSERT INTO transfer (id, journal_id, debit_account_id, credit_account_id, amount_paise)
    SELECT uuidv7(), journal, 1, CASE leg WHEN 1 THEN p_rider ELSE leg END, 100 * leg
      FROM generate_series(1, {legs}) leg;
END $$;
CREATE FUNCTION post_entries(p_rider bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE journal uuid := uuidv7();
BEGIN
    INSERT INTO journal VALUES (journal, journal::text, now());
    INSERT INTO entry (transfer_id, side, journal_id, account_id, amount_paise)
    SELECT legs.id, sides.side, journal,
           CASE WHEN sides.side = 'D' THEN 1 WHEN legs.leg = 1 THEN p_rider ELSE legs.leg END,
           100 * legs.leg
      FROM (SELECT uuidv7() AS id, leg FROM generate_series(1, {legs}) leg) legs
     CROSS JOIN (VALUES ('D'), ('C')) AS sides (side);
END $$;
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one posting cost: processor time in microseconds and write-ahead log in bytes."""

    cpu_us: float
    wal_bytes: float


class Ledger:
    """One connection to the two ledgers, and the process that serves it."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(TABLES.format(riders=RIDERS).encode())
        self.connection.execute(FUNCTIONS.format(legs=LEGS).encode())
        self.process = psutil.Process(self.connection.info.backend_pid)

    def number(self, query: str) -> float:
        row = self.connection.execute(query.encode()).fetchone()
        assert row is not None
        return float(row[0])

    def cpu_us(self) -> float:
        spent = self.process.cpu_times()
        return (spent.user + spent.system) * 1e6

    def wal_bytes(self) -> float:
        self.connection.execute("SELECT pg_stat_force_next_flush()")
        return self.number("SELECT wal_bytes FROM pg_stat_get_backend_wal(pg_backend_pid())")

    def post(self, function: str) -> Cost:
        """Post once for every rider, each in a transaction of its own as scans are."""
        cpu_us, wal_bytes = self.cpu_us(), self.wal_bytes()
        for rider in range(7, 7 + POSTINGS):
            self.connection.execute(f"SELECT {function}(%s)".encode(), [rider], prepare=True)
        return Cost((self.cpu_us() - cpu_us) / POSTINGS, (self.wal_bytes() - wal_bytes) / POSTINGS)

    def read_page(self, table: str) -> float:
        """Return the processor time in µs of one page of a rider's statement."""
        query = f"SELECT * FROM {table} WHERE account_id = %s ORDER BY version DESC LIMIT {PAGE}"
        cpu_us = self.cpu_us()
        for rider in range(7, 7 + POSTINGS):
            self.connection.execute(query.encode(), [rider], prepare=True).fetchall()
        return (self.cpu_us() - cpu_us) / POSTINGS

    def size(self, table: str) -> float:
        return self.number(f"SELECT pg_total_relation_size('{table}')") / self.postings(table)

    def postings(self, table: str) -> float:
        return self.number(f"SELECT count(DISTINCT journal_id) FROM {table}")


def main() -> None:
    ledger = Ledger(os.environ["DATABASE_URL"])
    try:
        measure(ledger)
    finally:
        ledger.connection.execute("DROP SCHEMA ledger_shape CASCADE")


def measure(ledger: Ledger) -> None:
    functions = ("post_transfers", "post_entries")
    # The first round fills caches and plans.
    for function in functions:
        ledger.post(function)
    rounds = [{function: ledger.post(function) for function in functions} for _ in range(ROUNDS)]
    view, stored = (
        Cost(
            statistics.median(one[function].cpu_us for one in rounds),
            statistics.median(one[function].wal_bytes for one in rounds),
        )
        for function in functions
    )
    sizes = [ledger.size(table) for table in ("transfer", "entry")]
    ledger.connection.execute("VACUUM ANALYZE")
    pages = [[ledger.read_page(table) for table in ("seen", "entry")] for _ in range(ROUNDS)]
    reads = [statistics.median(page[place] for page in pages) for place in (0, 1)]

    print(f"A posting of {LEGS} legs, {ROUNDS} rounds of {POSTINGS} in turn, medians")
    print(f"{'':34}{'view':>10}{'stored':>10}{'ratio':>8}")
    lines: list[tuple[str, float, float]] = [
        ("processor time of a posting, µs", view.cpu_us, stored.cpu_us),
        ("write-ahead log, bytes", view.wal_bytes, stored.wal_bytes),
        ("on disk with indexes, bytes", sizes[0], sizes[1]),
        (f"a page of {PAGE} lines, processor µs", reads[0], reads[1]),
    ]
    for name, one, other in lines:
        print(f"{name:34}{one:10.0f}{other:10.0f}{other / one:8.2f}")


if __name__ == "__main__":
    main()
