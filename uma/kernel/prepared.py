"""Statements that PostgreSQL plans once for each connection: the few that run at every scan."""

from collections.abc import Sequence
from typing import Any, Self

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

# Any number turns psycopg's own bookkeeping of prepared statements on; each use asks for it itself.
_THRESHOLD = 0


class _PreparingCursor(psycopg.Cursor[Any]):
    """A cursor that sends values beside the text and lets the server keep the plan."""

    def execute(
        self,
        query: Any,  # Any: psycopg's own type of SQL
        params: Sequence[Any] | Any | None = None,
        **options: Any,
    ) -> Self:
        return super().execute(query, params, **(options | {"prepare": True}))


def preparing_cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """
    Return a cursor whose statements are prepared on the connection and planned once.

    It is one of Django's cursors: its statements are counted, logged and wrapped like all others.
    Behind a pooler that hands a connection to another client after each transaction, the pooler
    must know prepared statements (PgBouncer from 1.21 with `max_prepared_statements`).
    """
    connection.ensure_connection()
    raw = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = _THRESHOLD
    # Django's own way from a driver's cursor to its own; there is no public one.
    wrapped: CursorWrapper = connection._prepare_cursor(_PreparingCursor(raw))  # type: ignore[attr-defined]  # noqa: SLF001
    return wrapped
