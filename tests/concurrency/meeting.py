"""
Several at the same moment, and a race that is certain on the slowest machine.

A job stops between two steps of the product's own code (`paused`, or `STAND` inside an SQL function) until
another one is as far as it can come: it stands somewhere too, it waits for a lock of one that stands, or none
is left. So a control has both inside, and behind a lock nobody waits longer than it takes to see the other one waiting.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

# Whoever stands alone so long goes on; a control then fails.
PATIENCE_S = 20.0
_LOOK_EVERY_S = 0.005
# A lock that the race holds until two wait for it: a place to stand for a function of the database.
_GATE = 7_420_815
STAND = f"PERFORM pg_advisory_xact_lock_shared({_GATE});"
# A waiting session of this database holds some lock on one of its tables; a lock on a transaction names none.
_WAITING = f"""
    SELECT locktype = 'advisory' AND objid = {_GATE}, pid, pg_blocking_pids(pid)
      FROM pg_locks
     WHERE NOT granted AND pid <> pg_backend_pid() AND pid IN (
               SELECT pid FROM pg_locks
                WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_here = threading.local()


class Race:
    """Jobs in threads with connections of their own: what each returned, and its refusal or None."""

    def __init__(self, *jobs: Callable[[], object]) -> None:
        self.results: list[object] = [None] * len(jobs)
        self.refusals: list[Exception | None] = [None] * len(jobs)
        self._jobs = jobs
        self._start = threading.Barrier(len(jobs))
        self._lock = threading.Lock()
        self._running = len(jobs)
        self._standing: list[tuple[threading.Event, int]] = []

    def run(self) -> None:
        """Run all of them to their ends, and let go on who stands when another one has come."""
        threads = [
            threading.Thread(target=self._run, args=pair, daemon=True)
            for pair in enumerate(self._jobs)
        ]
        was_open = connection.connection is not None
        with connection.cursor() as cursor, _gate(cursor):
            for thread in threads:
                thread.start()
            alone_since = time.monotonic()
            while self._running:
                time.sleep(_LOOK_EVERY_S)
                at_the_gate, behind = _look(cursor)
                with self._lock:
                    stopped = len(self._standing) + len(at_the_gate)
                    # Who waits for one that goes on will come further; a lock that is held briefly is no meeting.
                    held_up = behind & (at_the_gate | {pid for _, pid in self._standing})
                    met = stopped > 1 or held_up or stopped == self._running
                if not stopped:
                    alone_since = time.monotonic()
                elif met or time.monotonic() > alone_since + PATIENCE_S:
                    self._let_go()
                    if at_the_gate:
                        cursor.execute(f"SELECT pg_advisory_unlock({_GATE})")
                    alone_since = time.monotonic()
        if not was_open:
            # A race that was begun in a thread leaves no connection of the pool with it.
            connection.close()
        for thread in threads:
            thread.join()

    def stand(self) -> None:
        go_on, mine = threading.Event(), connection.connection
        with self._lock:
            self._standing.append((go_on, mine.info.backend_pid if mine else 0))
        go_on.wait(3 * PATIENCE_S)

    def _let_go(self) -> None:
        with self._lock:
            for go_on, _ in self._standing:
                go_on.set()
            self._standing.clear()

    def _run(self, place: int, job: Callable[[], object]) -> None:
        _here.race = self
        try:
            self._start.wait(timeout=60)
            self.results[place] = job()
        except Exception as refusal:  # noqa: BLE001  # the outcome is what the test is about
            self.refusals[place] = refusal
        finally:
            connection.close()
            with self._lock:
                self._running -= 1


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run the jobs in threads that start together; return each result or its refusal's name."""
    race = Race(*jobs)
    race.run()
    return [
        type(refusal).__name__ if refusal else result
        for result, refusal in zip(race.results, race.refusals, strict=True)
    ]


def ends_of(*jobs: Callable[[], object]) -> Counter[str]:
    """Run the jobs in threads that start together; count "done" and the refusals' names."""
    race = Race(*jobs)
    race.run()
    return Counter(type(refusal).__name__ if refusal else "done" for refusal in race.refusals)


def one_after_the_other(
    first: Callable[[], object], second: Callable[[], object]
) -> tuple[object, object]:
    """
    Begin the second when the first has written and not committed yet; return both results.

    The first commits when the second waits for it, or has ended without waiting.
    """
    written = threading.Event()

    def hold() -> object:
        with transaction.atomic():
            result = first()
            written.set()
            stand()
        return result

    def follow() -> object:
        assert written.wait(PATIENCE_S), "the first wrote nothing"
        return second()

    one, other = at_once(hold, follow)
    return one, other


def stand() -> None:
    """Stop until another job of this race is as far as it can come; outside a race, go on."""
    race: Race | None = getattr(_here, "race", None)
    if race is not None:
        race.stand()


def paused(call: Callable[..., Any]) -> Callable[..., Any]:  # Any: whatever is called
    """Return the call with a stop before it."""

    def stop(*args: Any, **facts: Any) -> Any:  # Any: as above
        stand()
        return call(*args, **facts)

    return stop


def paused_after(call: Callable[..., Any]) -> Callable[..., Any]:  # Any: whatever is called
    """Return the call with a stop behind it: two have what it returns before one goes on."""

    def stop(*args: Any, **facts: Any) -> Any:  # Any: as above
        found = call(*args, **facts)
        stand()
        return found

    return stop


def beside(
    first: Callable[[], object],
    second: Callable[[], object],
    *,
    at: tuple[Any, str],  # Any: a module or a class
    monkeypatch: pytest.MonkeyPatch,
) -> list[object]:
    """Run one job up to a call, where it stands, and another that begins then; return as `at_once`."""
    call, there = getattr(*at), threading.Event()

    def stop(*args: Any, **facts: Any) -> Any:  # Any: whatever is called
        if not there.is_set():
            there.set()
            stand()
        return call(*args, **facts)

    def come() -> object:
        assert there.wait(PATIENCE_S), "the first never came there"
        return second()

    with monkeypatch.context() as patched:
        patched.setattr(*at, stop)
        return at_once(first, come)


def wait_for_a_waiter() -> None:
    """Return when another session of this database waits for a lock."""
    deadline = time.monotonic() + PATIENCE_S
    with connection.cursor() as cursor:
        while _look(cursor) == (set(), set()):
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(_LOOK_EVERY_S)


@contextmanager
def _gate(cursor: CursorWrapper) -> Iterator[None]:
    # A race inside a race leaves the gate to the outer one.
    cursor.execute(f"SELECT pg_try_advisory_lock({_GATE})")
    try:
        yield
    finally:
        cursor.execute("SELECT pg_advisory_unlock_all()")


def _look(cursor: CursorWrapper) -> tuple[set[int], set[int]]:
    """Return the sessions that wait at the gate, and those that others wait for."""
    cursor.execute(_WAITING)
    rows = cursor.fetchall()
    gate = {pid for at_the_gate, pid, _ in rows if at_the_gate}
    return gate, {one for at_the_gate, _, others in rows if not at_the_gate for one in others}
