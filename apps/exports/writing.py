"""
How a dataset becomes a file: one snapshot, COPY, gzip, and a manifest that says what is in it.

PostgreSQL writes the CSV (RFC 4180, UTF-8, a heading line); Python passes blocks of it on to the digest and to
the compression, so memory stays the same however many rows there are.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import psycopg
from django.db import connection
from isal import isal_zlib

from apps.wallet import selectors as ledger
from uma.kernel.datasets import Dataset, Kind

# Between two blocks the worker says how far it is, which costs a commit: not too often.
BLOCK = 4 << 20
# The fastest level: the file travels once, and a slower one would halve the speed for a tenth of the size.
LEVEL = 1
_GZIP = 31
_TYPES = {
    Kind.CODE: "string",
    Kind.TEXT: "string",
    Kind.INTEGER: "integer",
    Kind.PAISE: "decimal",
    Kind.TIME: "datetime",
    Kind.FLAG: "boolean",
}
SPEC = "1"


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows of a dataset: of a zone or of all (empty), since ≤ time < until, by the desk's filters."""

    zone_code: str = ""
    since: datetime | None = None
    until: datetime | None = None
    filters: Mapping[str, str] | None = None

    def condition(self, dataset: Dataset) -> tuple[str, dict[str, Any]]:  # Any: SQL values
        """Return the SQL condition and its parameters."""
        parts, facts = ["TRUE"], dict[str, Any]()
        for name, sql in (
            ("zone_code", f"{dataset.zone} ="),
            ("since", f"{dataset.at} >="),
            ("until", f"{dataset.at} <"),
        ):
            if value := getattr(self, name):
                parts.append(f"{sql} %({name})s")
                facts[name] = value
        for number, (lookup, value) in enumerate(sorted((self.filters or {}).items())):
            parts.append(f"{dataset.filters[lookup]}::text = %(filter_{number})s")
            facts[f"filter_{number}"] = value
        return " AND ".join(parts), facts


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: rows, bytes and SHA-256 before and after compression, the ledger at that moment."""

    rows: int
    csv_bytes: int
    csv_sha256: str
    file_bytes: int
    file_sha256: str
    taken_at: datetime
    ledger_root: str


class CountDiffers(Exception):
    """The snapshot counted another number of rows than it gave: the file would be a lie."""


def write(
    dataset: Dataset,
    chosen: Slice,
    into: IO[bytes],
    *,
    began: Callable[[int], None],
    went: Callable[[int], None],
) -> Written:
    """
    Write the rows as gzipped CSV, all of one moment.

    `began` is told how many rows there are, `went` after each block how many are written; what they raise
    ends the writing.

    Raises:
        CountDiffers, OSError
    """
    condition, facts = chosen.condition(dataset)
    with _snapshot() as snapshot:
        taken_at, total = snapshot.execute(
            f"SELECT statement_timestamp(), ({dataset.count(condition)})",
            facts,
        ).fetchone()  # type: ignore[misc]  # one row, always
        root = ledger.root(snapshot)
        began(total)
        plain, packed = _Digest(), _Digest()
        squeeze = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _GZIP)
        rows = -1  # the heading is a line as well
        for block, lines in _blocks(snapshot, dataset.select(condition), facts):
            rows += lines
            plain.add(block)
            into.write(packed.add(squeeze.compress(block)))
            went(max(rows, 0))
        into.write(packed.add(squeeze.flush()))
    if rows != total:
        raise CountDiffers(f"{dataset.name}: {total} counted, {rows} given")
    return Written(
        rows=rows,
        csv_bytes=plain.size,
        csv_sha256=plain.hexdigest,
        file_bytes=packed.size,
        file_sha256=packed.hexdigest,
        taken_at=taken_at,
        ledger_root=root,
    )


def manifest(dataset: Dataset, chosen: Slice, written: Written, *, name: str) -> dict[str, Any]:
    """Return what a reader needs to check and to understand the file, as JSON."""  # Any: a JSON document
    return {
        "spec": SPEC,
        "file": name,
        "dataset": dataset.name,
        "about": dataset.about,
        "schema_version": dataset.version,
        "zone": chosen.zone_code or None,
        "since": chosen.since and chosen.since.isoformat(),
        "until": chosen.until and chosen.until.isoformat(),
        "filters": dict(chosen.filters or {}),
        "taken_at": written.taken_at.isoformat(),
        "rows": written.rows,
        "csv": {"bytes": written.csv_bytes, "sha256": written.csv_sha256},
        "gzip": {"bytes": written.file_bytes, "sha256": written.file_sha256},
        "ledger_root": written.ledger_root,
        "format": "CSV by RFC 4180, UTF-8, comma, heading line, times in UTC, flags t and f",
        "columns": [
            {"name": name, "type": _type(column.kind, name), "about": column.about}
            for column in dataset.columns
            for name in column.names
        ],
    }


def _type(kind: Kind, name: str) -> str:
    return "integer" if name.endswith("_paise") else _TYPES[kind]


class _Digest:
    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.size = 0

    def add(self, block: bytes) -> bytes:
        self._sha256.update(block)
        self.size += len(block)
        return block

    @property
    def hexdigest(self) -> str:
        return self._sha256.hexdigest()


@contextmanager
def _snapshot() -> Iterator[psycopg.Connection[Any]]:
    """Give a connection of its own that sees the database as of one moment and changes nothing."""
    own = connection.copy()
    try:
        own.ensure_connection()
        wire: psycopg.Connection[Any] = own.connection
        wire.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        wire.read_only = True
        wire.autocommit = False
        # A large dataset takes longer than a page may.
        wire.execute("SET LOCAL statement_timeout = 0")
        wire.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        yield wire
    finally:
        if own.connection is not None:
            own.connection.rollback()
            own.connection.isolation_level = own.connection.read_only = None
            own.connection.autocommit = True
        own.close()


def _blocks(
    snapshot: psycopg.Connection[Any], query: str, facts: Mapping[str, Any]
) -> Iterator[tuple[bytes, int]]:
    """Yield the CSV in large blocks, each with the number of lines that end in it."""
    held, size, lines = list[bytes](), 0, 0
    with snapshot.cursor() as cursor:
        copying = cursor.copy(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", facts)
        with copying as copy:
            for line in copy:
                held.append(bytes(line))
                size += len(line)
                lines += 1
                if size >= BLOCK:
                    yield b"".join(held), lines
                    held, size, lines = [], 0, 0
    yield b"".join(held), lines
