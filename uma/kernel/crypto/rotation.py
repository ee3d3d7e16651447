"""
Every sealed value again under the first key, beside the traffic; and whether every value opens.

A value is replaced by compare-and-set: only where the row still holds the bytes that were read, and
only where nobody else has the row locked. So an edit that comes between stands, nobody waits, and what
was passed by is found by the next pass. There is no bookmark to lose: a row that is done is not found
again, so a second start carries on.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from uma.kernel.crypto.errors import SealedValueUnreadable
from uma.kernel.crypto.fields import SealedTextField, options_of, sealed_fields
from uma.kernel.crypto.keyring import Keyring, kid_of
from uma.kernel.crypto.place import Place

BATCH = 200
# Of the time, so that the servers beside it have the rest.
SHARE = 0.25
PASSES = 5

# A key and the values of the sealed columns. Any: keys of any type.
Row = tuple[Any, ...]


class SealedValuesDoNotOpen(Exception):
    """How many sealed values do not open; each was named before."""


@dataclass
class Found:
    """What stands in one table: values by column and key, and those that do not open."""

    table: str
    rows: int = 0
    rotated: int = 0
    passed_by: int = 0
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with sealed columns."""

    name: str
    key: str
    key_type: str
    fields: Sequence[SealedTextField]

    @classmethod
    def of(cls, model: type[models.Model]) -> "SealedTable":
        options = options_of(model)
        key_type = str(options.pk.db_type(connection))
        return cls(options.db_table, str(options.pk.column), key_type, sealed_fields(model))

    @property
    def columns(self) -> list[str]:
        return [str(one.column) for one in self.fields]

    def places(self, key: object) -> list[Place]:
        return [Place(self.name, column, str(key)) for column in self.columns]

    def count(self) -> int:
        """Return how many rows there are, for the length of a bar."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(self.name)))
            (rows,) = cursor.fetchone()
        return int(rows)

    def read(self, *, after: Any, limit: int, stale_for: str | None) -> list[Row]:
        """Return keys and values of the next rows; with `stale_for`, of those under another key."""
        stale = sql.SQL(" OR ").join(
            sql.SQL("({0} <> '' AND substr({0}, 2, 2) <> %(kid)s)").format(sql.Identifier(column))
            for column in self.columns
        )
        query = sql.SQL(
            "SELECT {key}, {columns} FROM {table} WHERE ({after}) AND ({stale})"
            " ORDER BY {key} LIMIT %(limit)s"
        ).format(
            key=sql.Identifier(self.key),
            columns=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            table=sql.Identifier(self.name),
            after=sql.SQL("true" if after is None else "{} > %(after)s").format(
                sql.Identifier(self.key)
            ),
            stale=sql.SQL("true") if stale_for is None else stale,
        )
        kid = (stale_for or "").encode()
        with transaction.atomic(), connection.cursor() as cursor:
            # A look for the last stale row reads the whole table.
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(query, {"after": after, "limit": limit, "kid": kid})
            return [tuple(_bytes(value) for value in row) for row in cursor.fetchall()]

    def replace(self, changes: Sequence[tuple[Row, Sequence[object]]]) -> int:
        """Write new values where the old ones still stand and nobody holds the row; count them."""
        numbers = range(len(self.columns))
        news = sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Identifier(f"o{n}"), sql.Identifier(f"n{n}"))
            for n in numbers
        )
        same = sql.SQL(" AND ").join(
            sql.SQL("t.{} IS NOT DISTINCT FROM new.{}").format(
                sql.Identifier(column), sql.Identifier(f"o{n}")
            )
            for n, column in enumerate(self.columns)
        )
        query = sql.SQL(
            "WITH new AS (SELECT * FROM unnest(%s::{type}[], {arrays}) AS new (id, {news})),"
            " free AS (SELECT t.{key} AS id FROM {table} t JOIN new ON new.id = t.{key}"
            "           WHERE {same} ORDER BY t.{key} FOR NO KEY UPDATE OF t SKIP LOCKED)"
            " UPDATE {table} t SET {sets} FROM new JOIN free USING (id)"
            " WHERE t.{key} = new.id AND {same}"
        ).format(
            type=sql.SQL(self.key_type),
            arrays=sql.SQL(", ").join([sql.SQL("%s::bytea[]")] * (2 * len(self.columns))),
            news=news,
            key=sql.Identifier(self.key),
            table=sql.Identifier(self.name),
            same=same,
            sets=sql.SQL(", ").join(
                sql.SQL("{} = new.{}").format(sql.Identifier(column), sql.Identifier(f"n{n}"))
                for n, column in enumerate(self.columns)
            ),
        )
        values: list[list[object]] = [[row[0] for row, _ in changes]]
        for n in numbers:
            values += [[row[n + 1] for row, _ in changes], [new[n] for _, new in changes]]
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return int(cursor.rowcount)


def sealed_tables() -> list[SealedTable]:
    """Return every table with sealed columns, by name."""
    found = [SealedTable.of(model) for model in apps.get_models() if sealed_fields(model)]
    return sorted(found, key=lambda table: table.name)


def rotate(
    table: SealedTable, *, keys: Keyring, batch: int = BATCH, share: float = SHARE
) -> Iterator[Found]:
    """Seal again what is under another key than the first; yield the state after each batch."""
    found = Found(table.name)
    for _ in range(PASSES):
        found.passed_by, found.unreadable, after = 0, [], None
        while rows := table.read(after=after, limit=batch, stale_for=keys.sealing_kid):
            started = time.monotonic()
            changes = [
                (row, new)
                for row in rows
                if (new := _resealed(table, row, keys, found)) is not None
            ]
            done = table.replace(changes) if changes else 0
            found.rotated += done
            found.passed_by += len(changes) - done
            after = rows[-1][0]
            yield found
            time.sleep((time.monotonic() - started) * (1 - share) / share)
        if not found.passed_by:
            break
    yield found


def check(table: SealedTable, *, keys: Keyring, batch: int = BATCH * 10) -> Iterator[Found]:
    """Open every value and count by key; yield the state after each batch."""
    found, after = Found(table.name), None
    while rows := table.read(after=after, limit=batch, stale_for=None):
        for row in rows:
            found.rows += 1
            for place, value in zip(table.places(row[0]), row[1:], strict=True):
                if isinstance(value, bytes) and value:
                    _open(value, place, keys, found)
                    found.values[place.column, kid_of(value) or "none"] += 1
        after = rows[-1][0]
        yield found
    yield found


def unreadable(*, keys: Keyring) -> list[str]:
    """Return what is wrong with every value of every table that does not open (INV-40)."""
    last: Mapping[str, Found] = {
        table.name: found for table in sealed_tables() for found in check(table, keys=keys)
    }
    return [reason for found in last.values() for reason in found.unreadable]


def _resealed(table: SealedTable, row: Row, keys: Keyring, found: Found) -> list[object] | None:
    """Return the row's values with the stale ones sealed again; None when one does not open."""
    values: list[object] = []
    for place, value in zip(table.places(row[0]), row[1:], strict=True):
        if isinstance(value, bytes) and value and kid_of(value) != keys.sealing_kid:
            text = _open(value, place, keys, found)
            if text is None:
                return None
            values.append(keys.seal(text, place=place))
        else:
            values.append(value)
    return values


def _open(value: bytes, place: Place, keys: Keyring, found: Found) -> str | None:
    try:
        return keys.open(value, place=place)
    except SealedValueUnreadable as broken:
        found.unreadable.append(str(broken))
        return None


def _bytes(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value
