"""From samples to the figures of the goals."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.figures import Figure, ratios, varies_too_much
from benchmarks.session import Samples


@dataclass(frozen=True, slots=True)
class _Quotient:
    """A goal whose figure is one sample over another of the same repetition."""

    name: str
    above: str
    below: str
    goal: str
    meaning: str


_QUOTIENTS = (
    _Quotient(
        "P1",
        "spread",
        "limit",
        "≥ 0.40",
        "scans/s over HTTP at 32 clients ÷ the best pgbench rate of the same work",
    ),
    _Quotient(
        "P1 cpu",
        "limit_cpu",
        "whole_cpu",
        "-",
        "CPU time per visit: pgbench's PostgreSQL, with its first plans ÷ web server and PostgreSQL",
    ),
    _Quotient("P2", "hot", "spread", "≥ 0.90", "scans/s at one busy merchant ÷ spread over many"),
    _Quotient(
        "P3",
        "spread",
        "control",
        "≥ 8",
        "scans/s ÷ those of the straightforward DRF and ORM version",
    ),
    _Quotient(
        "P4",
        "spread",
        "hordak",
        "≥ 10",
        "scans/s ÷ those of the straightforward version whose books django-hordak keeps",
    ),
    _Quotient(
        "P5",
        "p99",
        "locking_p99",
        "≤ 1.5",
        "p99 of a scan over HTTP ÷ p99 of pgbench that locks the merchant at the scan",
    ),
    _Quotient(
        "P5 hot",
        "hot_p99",
        "locking_hot_p99",
        "≤ 0.33",
        "the same where both have one busy merchant",
    ),
    _Quotient("P7", "sold_hot", "sold", "≥ 0.5", "bookings/s on one campaign ÷ spread over many"),
    _Quotient(
        "P8",
        "search",
        "search_sql",
        "≤ 5",
        "p95 of the nearest 50 over HTTP ÷ p95 of the same searches' statements",
    ),
    _Quotient(
        "P9",
        "taken",
        "acked",
        "≥ 0.18",
        "callbacks/s proved, kept durably and acknowledged ÷ only acknowledged",
    ),
    _Quotient(
        "P9 p99", "taken_p99", "acked_p99", "-", "p99 of their acknowledgement, the same way"
    ),
    _Quotient(
        "storm",
        "storm_p99",
        "quiet_p99",
        "≤ 1.5",
        "p99 of a scan while callbacks pour in ÷ p99 in quiet",
    ),
    _Quotient(
        "P10",
        "exported",
        "copied",
        "≥ 0.5",
        "rows/s of an export of a million visits, digests and gzip included ÷ psql's COPY of the bare table",
    ),
    _Quotient(
        "P10 query",
        "exported",
        "copied_query",
        "-",
        "the same ÷ psql's COPY of the export's own columns",
    ),
    _Quotient(
        "P11",
        "looked_many",
        "looked_few",
        "≤ 1.5",
        "p95 of the dashboard's figures with a million visits in a year ÷ with a thousand",
    ),
    _Quotient(
        "P11 page",
        "opened_many",
        "opened_few",
        "≤ 1.5",
        "the same of the business app's page, with alerts, check-ins, paces and refusals",
    ),
    _Quotient(
        "P12",
        "grown",
        "young",
        "≥ 0.9",
        "scans/s ÷ the straightforward version's, with 10 M entries in the ledger ÷ with the first runs' few",
    ),
    _Quotient(
        "statement",
        "read_many",
        "read_few",
        "≤ 1.5",
        "p95 of a month's statement of an account with a million lines before it ÷ with a thousand",
    ),
    _Quotient(
        "web_cpu",
        "cpu",
        "control_cpu",
        "-",
        "CPU time of the web server per visit ÷ the straightforward version's",
    ),
    _Quotient(
        "postgres_cpu",
        "postgres_cpu",
        "control_postgres_cpu",
        "-",
        "CPU time of PostgreSQL per visit ÷ the straightforward version's",
    ),
)
_COUNTS = (
    ("P6", "trips", "≤ 4", "round trips to PostgreSQL per handshake, counted on the wire"),
    ("statements", "statements", "-", "statements per handshake, BEGIN and COMMIT among them"),
    (
        "P13",
        "memory",
        "≤ 1.1",
        "memory of the web server's processes after 100,000 requests ÷ after 1,000",
    ),
    (
        "P9 ms",
        "taken_p99",
        "< 150",
        "p99 of a callback kept and acknowledged, in ms on this machine",
    ),
    (
        "P11 ms",
        "looked_many",
        "< 200",
        "p95 of the dashboard's figures with a million visits, in ms on this machine",
    ),
    (
        "P11 page ms",
        "opened_many",
        "< 200",
        "p95 of the business app's page with a million visits, in ms on this machine",
    ),
    ("export_mb", "export_mb", "< 200", "MB of memory of the worker that exports a million visits"),
    ("wal_kb", "wal_kb", "≤ 4.0", "kB of WAL per handshake, repeats and page images included"),
)


def figures(samples: Samples) -> Iterator[Figure]:
    """Yield what was measured, the ratios first."""
    void = varies_too_much(samples["limit"])
    for one in _QUOTIENTS:
        values = ratios(samples[one.above], samples[one.below])
        yield Figure(one.name, one.meaning, one.goal, values, void)
    for name, sample, goal, meaning in _COUNTS:
        yield Figure(name, meaning, goal, tuple(samples[sample]))
