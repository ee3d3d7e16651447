"""A process that dies at a chosen moment: before each statement, around each commit and each call."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.payments.gateway import Gateway

PATIENCE_S = 10.0


class Killed(BaseException):
    """The process is gone; nothing of the product may catch this."""


class Scheduler:
    """Counts the moments of what runs under it, and ends the run at the one that was chosen."""

    def __init__(self, *, at: int | None = None) -> None:
        self.at = at
        self.moments: list[str] = []
        self.dead = False

    def reach(self, moment: str) -> None:
        if self.dead:
            # Whatever tidies up on the way out: a killed process does not.
            raise Killed(moment)
        self.moments.append(moment)
        if len(self.moments) - 1 == self.at:
            self.dead = True
            # As kill -9 leaves it: the socket closes, and PostgreSQL undoes what was not committed.
            connection.connection.close()
            raise Killed(moment)

    def statement(
        self, execute: Callable[..., Any], sql: str, *rest: Any
    ) -> Any:  # Any: Django's wrapper of a cursor
        self.reach(sql[:60])
        return execute(sql, *rest)


@contextmanager
def killing(account: Gateway, patch: pytest.MonkeyPatch, *, at: int | None) -> Iterator[Scheduler]:
    """Run what stands inside under a scheduler; whoever is killed leaves the block quietly."""
    scheduler = Scheduler(at=at)
    send = account.client.session.send
    # Any: Django's own step, which its stubs leave out.
    wrapper: Any = BaseDatabaseWrapper
    commit = wrapper._commit

    def committing(self: BaseDatabaseWrapper) -> None:
        scheduler.reach("before COMMIT")
        commit(self)
        scheduler.reach("after COMMIT")

    def sending(*args: Any, **facts: Any) -> Any:  # Any: those of requests
        scheduler.reach("before the call")
        answer = send(*args, **facts)
        scheduler.reach("after the call")
        return answer

    process = backend()
    with patch.context() as during:
        during.setattr(wrapper, "_commit", committing)
        during.setattr(account.client.session, "send", sending)
        try:
            with connection.execute_wrapper(scheduler.statement):
                yield scheduler
        except (Killed, DatabaseError):
            # Leaving a transaction whose socket is closed says so in its own words.
            if not scheduler.dead:
                raise
            connection.close()
    if scheduler.dead:
        gone(process)


def backend() -> int:
    """Return the process of PostgreSQL that serves this connection."""
    connection.ensure_connection()
    pid: int = connection.connection.info.backend_pid
    return pid


def gone(process: int) -> None:
    """Wait until PostgreSQL has noticed that its client died: its locks go with it."""
    until = time.monotonic() + PATIENCE_S
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [process])
            if cursor.fetchone() == (0,):
                return
        assert time.monotonic() < until, "the dead client's transaction is still open"
        time.sleep(0.005)
