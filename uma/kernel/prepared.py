"""
A scan's way to PostgreSQL: statements planned once per connection, a transaction in two round trips.

Django and psycopg send BEGIN, each statement and COMMIT by itself and wait for each. Here BEGIN travels
with the first statement and COMMIT with the last one, in libpq's pipeline mode (decisions/0013 has the
figures). For the few statements that run at every scan; everything else is the ORM's.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

from uma.kernel import tracing

Value = UUID | datetime | str | int | bool | bytes | None

_IDLE = pq.TransactionStatus.IDLE
_FAILED = frozenset({pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED})


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1…` for its values, and the name under which each connection keeps its plan."""

    name: str
    text: str


@dataclass(slots=True)
class _Known:
    """What is known of one connection: the statements it has, and how it reads values."""

    transformer: Any  # psycopg's Transformer, of C where there is C
    statements: set[str] = field(default_factory=set)


class _Here(threading.local):
    is_open = False


_here = _Here()


@contextmanager
def short_transaction() -> Iterator[None]:
    """
    Run a durable transaction made of `fetch_one` alone; the last one says `commit=True`.

    Without that the transaction is committed when the block ends, for one round trip more; an exception
    rolls it back. Inside a test's own transaction it is a savepoint, as every durable block is.
    """
    if connection.in_atomic_block:
        with transaction.atomic(durable=True):
            yield
        return
    assert not _here.is_open, "a durable transaction is the outermost"
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    _here.is_open = True
    try:
        yield
        if raw.pgconn.transaction_status != _IDLE:
            with connection.wrap_database_errors:
                raw.commit()
    except BaseException:
        _roll_back(raw)
        raise
    finally:
        _here.is_open = False


def in_transaction() -> bool:
    """Say whether a row lock taken now lasts longer than its statement."""
    return _here.is_open or bool(connection.in_atomic_block)


def fetch_one(
    statement: Statement, values: Sequence[Value], *, commit: bool = False
) -> tuple[Any, ...] | None:  # Any: the columns of one row
    """
    Run a statement in one round trip and return its first row.

    With `commit` the surrounding `short_transaction` ends in the same trip: the row is returned when it
    is durable, and an error leaves nothing behind.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    known = _known(raw)
    started = time.perf_counter()
    with (
        tracing.span(statement.name, tracing.POSTGRESQL),
        connection.wrap_database_errors,
        raw.lock,
    ):
        row = _fly(raw, known, statement, values, commit=commit and _here.is_open)
    if connection.queries_logged:
        took_s = time.perf_counter() - started
        connection.queries_log.append({"sql": statement.text, "time": f"{took_s:.3f}"})
    return row


def _fly(
    raw: psycopg.Connection[Any],
    known: _Known,
    statement: Statement,
    values: Sequence[Value],
    *,
    commit: bool,
) -> tuple[Any, ...] | None:
    pgconn, name = raw.pgconn, statement.name.encode()
    prepares = statement.name not in known.statements
    begins = pgconn.transaction_status == _IDLE and (_here.is_open or not raw.autocommit)
    pgconn.enter_pipeline_mode()
    try:
        if prepares:
            pgconn.send_prepare(name, statement.text.encode())
        if begins:
            pgconn.send_query_params(b"BEGIN", None)
        pgconn.send_query_prepared(name, [_text(value) for value in values])
        if commit:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        results = raw.wait(_collected(pgconn, prepares + begins + 1 + commit + 1))
        pgconn.exit_pipeline_mode()
    except BaseException:
        # What the server still says would be taken for the next statement's answer.
        raw.close()
        connection.close()
        raise
    if prepares and results[0].status not in _FAILED:
        known.statements.add(statement.name)
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise error_from_result(result, encoding="utf-8")
    if commit:
        # The server answers ROLLBACK to the COMMIT of a transaction that had failed before.
        assert results[-2].command_status == b"COMMIT"
    answer = results[prepares + begins]
    if answer.ntuples == 0:
        return None
    known.transformer.set_pgresult(answer)
    row: tuple[Any, ...] = known.transformer.load_row(0, tuple)
    return row


def _collected(pgconn: pq.abc.PGconn, wanted: int) -> PQGen[list[pq.abc.PGresult]]:
    """Send what is queued and return one result for each command."""
    yield from generators.send(pgconn)
    found: list[pq.abc.PGresult] = []
    while len(found) < wanted:
        found += yield from generators.fetch_many(pgconn)
    return found


def _known(raw: psycopg.Connection[Any]) -> _Known:
    # On the connection itself, so that it ends with it.
    found: _Known | None = vars(raw).get("uma_known")
    if found is None:
        found = vars(raw)["uma_known"] = _Known(Transformer(raw))
    return found


def _text(value: Value) -> bytes | None:
    """Return a value as PostgreSQL reads it; the type is the statement's."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return str(value).encode()


def _roll_back(raw: psycopg.Connection[Any]) -> None:
    try:
        raw.rollback()
    except psycopg.Error:
        # The connection is gone, and the transaction with it.
        connection.close()
