"""Which sessions ended lately, read apart from all requests."""

import os
import socket
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import psycopg
from django.db import connection

ENDED = "SELECT id FROM accounts_session WHERE revoked_at > %s"


class EndedSessions:
    """
    The reader behind `uma.kernel.http.revocation`, with a connection outside the pool.

    A pool that is exhausted by slow requests must not look like a database that is away.
    """

    def __init__(self) -> None:
        self._own: psycopg.Connection[tuple[UUID]] | None = None

    def read(self, *, since: datetime) -> list[UUID]:
        """Return the sessions that ended after `since`."""
        try:
            if self._own is None:
                parameters = connection.get_connection_params()
                self._own = psycopg.connect(**(parameters | {"autocommit": True}))
            return [row[0] for row in self._own.execute(ENDED, [since]).fetchall()]
        except BaseException:
            self.close()
            raise

    def cut(self) -> None:
        """Break a read that hangs: it fails, and the next one connects anew."""
        own = self._own
        if own is not None and not own.closed:
            with (
                suppress(OSError, psycopg.Error),
                socket.socket(fileno=os.dup(own.fileno())) as end,
            ):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave the connection."""
        own, self._own = self._own, None
        if own is not None:
            own.close()
