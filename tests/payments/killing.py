"""
A process that kills itself at a chosen moment: before each statement, around each commit and each call.

It is a fork of the test's, so that it does what the test describes, and it dies by SIGKILL: nothing of it
tidies up, and PostgreSQL learns of it as of any other client that is gone.
"""

import json
import os
import signal
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn, Protocol

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.payments.gateway import Gateway

PATIENCE_S = 10.0
# A process that hangs dies as well, but not by the signal that the test waits for.
LONGEST_LIFE_S = 30


class Run(Protocol):
    """What is done by a process that may die, and the time it has come to."""

    now: datetime

    def go(self) -> None: ...


class Mortal:
    """The process that tells each moment before it comes to it, and dies at the one that was chosen."""

    def __init__(self, run: Run, *, tells: int, at: int | None) -> None:
        self._run, self._tells, self._at = run, tells, at
        self._reached = 0

    def live(self, account: Gateway) -> NoReturn:
        """Do the whole run; exit 0 at its end, 1 when the run itself fails."""
        # pytest's own alarm is the parent's.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST_LIFE_S)
        code = 1
        try:
            # A pool opens its connections in threads, and of a fork's locks some may be held by nobody.
            connection.settings_dict["OPTIONS"].pop("pool")
            connection.ensure_connection()
            # Savepoints are named by a count, which is the parent's so far.
            connection.savepoint_state = 0
            self._tell(connection.connection.info.backend_pid)
            self._watch(account)
            with connection.execute_wrapper(self._statement):
                self._run.go()
            self._tell("the end")
            code = 0
        except BaseException:  # noqa: BLE001  # whatever it was, the parent is to hear of it
            self._tell(traceback.format_exc())
        finally:
            # Neither the fixtures' ends nor what the test's process still has to print are this one's.
            os._exit(code)

    def _watch(self, account: Gateway) -> None:
        # Any: Django's own step, which its stubs leave out.
        wrapper: Any = BaseDatabaseWrapper
        session = account.client.session
        wrapper._commit = self._around("COMMIT", wrapper._commit)
        session.send = self._around("the call", session.send)

    def _around(
        self, name: str, act: Callable[..., Any]
    ) -> Callable[..., Any]:  # Any: Django's step, and one of requests
        def acting(*args: Any, **facts: Any) -> Any:  # Any: as above
            self._reach(f"before {name}")
            answer = act(*args, **facts)
            self._reach(f"after {name}")
            return answer

        return acting

    def _statement(
        self, execute: Callable[..., Any], sql: str, *rest: Any
    ) -> Any:  # Any: Django's wrapper of a cursor
        self._reach(sql[:60])
        return execute(sql, *rest)

    def _reach(self, moment: str) -> None:
        self._tell(moment)
        if self._reached == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._reached += 1

    def _tell(self, fact: str | int) -> None:
        line = json.dumps([fact, self._run.now.isoformat()]) + "\n"
        os.write(self._tells, line.encode())


def whole(run: Run, account: Gateway) -> list[str]:
    """Do the run in a process that nobody kills; return its moments."""
    (*moments, end), code = _live(run, account, at=None)
    assert (end, code) == ("the end", 0)
    return moments


def killed(run: Run, account: Gateway, *, at: int) -> list[str]:
    """Do the run in a process that is killed at this moment; return those it reached, that one last."""
    moments, code = _live(run, account, at=at)
    assert code == -signal.SIGKILL, f"it ended with {code}: {moments[-1:]}"
    assert len(moments) == at + 1
    return moments


def _live(run: Run, account: Gateway, *, at: int | None) -> tuple[list[str], int]:
    """Return what the process told and how it ended; the run's time is then where the process left it."""
    # Nothing that is open now may be used by two.
    account.client.session.close()
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # of PostgreSQL's wrapper
    reads, tells = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        Mortal(run, tells=tells, at=at).live(account)
    os.close(tells)
    with os.fdopen(reads) as pipe:
        (backend, _), *told = [json.loads(line) for line in pipe]
    assert isinstance(backend, int), backend
    _, status = os.waitpid(child, 0)
    if told:
        run.now = datetime.fromisoformat(told[-1][1])
    _gone(backend)
    return [moment for moment, _ in told], os.waitstatus_to_exitcode(status)


def _gone(backend: int) -> None:
    """Wait until PostgreSQL has noticed that its client died: its locks go with it."""
    until = time.monotonic() + PATIENCE_S
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [backend])
            if cursor.fetchone() == (0,):
                return
        assert time.monotonic() < until, "the dead client's transaction is still open"
        time.sleep(0.005)
