"""
Which sessions ended lately: kept in this process, read from PostgreSQL twice a second.

An access token speaks for itself for ten minutes; a session that ended must not move money for so
long. A thread of its own with a connection of its own reads the few ends of the last minute, so no
request makes a round trip for it, none waits for it, and Valkey has no part in it.
"""

import logging
import os
import threading
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from uuid import UUID

import psycopg
from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import Gauge

from uma.kernel.http.access_tokens import LIFE
from uma.kernel.http.errors import NotAuthenticated, Unavailable

logger = logging.getLogger(__name__)

EVERY_S = 0.5
# How long writes go on without news. A database that crashes and recovers (up to 2 s) or fails over
# (3.5 s) is not noticed; one that is away for longer moves no money anyway, so this closes only the
# gap of a process that is cut off from the database by itself.
STALE_S = 5.0
FIRST_WAIT_S = 2.0
# Longer than any transaction may take between writing `revoked_at` and its commit.
OVERLAP = timedelta(minutes=1)
# Past this no access token of the session lives.
KEPT = LIFE + timedelta(minutes=1)


class Source(Protocol):
    """Who knows which sessions ended; the settings name it, because the kernel knows no app."""

    def read(self, *, since: datetime) -> Collection[UUID]:
        """Return the sessions that ended after `since`."""

    def cut(self) -> None:
        """End a read that hangs, from another thread."""


class Watch:
    """The ended sessions as this process knows them, and how old that knowledge is."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ended: Mapping[UUID, float] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._first = threading.Event()
        self._begun_at = 0.0
        self._fresh_at = float("-inf")
        self._reading_since = float("inf")

    @property
    def age_s(self) -> float:
        """Seconds since what is known here was the truth."""
        return time.monotonic() - self._fresh_at

    def check(self, session_id: UUID, *, writes: bool) -> None:
        """
        Refuse a session that ended, and a write while it cannot be known which did.

        Raises:
            NotAuthenticated, Unavailable
        """
        if time.monotonic() - self._fresh_at > STALE_S:
            self._look_after(writes=writes)
        if session_id in self._ended:
            raise NotAuthenticated("This session has ended.", is_guess=False)

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _look_after(self, *, writes: bool) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._begun_at = time.monotonic()
                self._thread = threading.Thread(
                    target=self._run, name="uma-revocation", daemon=True
                )
                self._thread.start()
        self._first.wait(max(0.0, self._begun_at + FIRST_WAIT_S - time.monotonic()))
        if self.age_s <= STALE_S:
            return
        if time.monotonic() - self._reading_since > STALE_S:
            # A frozen server answers nothing and closes nothing; another may have taken its place.
            self._source.cut()
        if writes:
            raise Unavailable("Sign-ins cannot be checked right now.")

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._read()
            except (psycopg.Error, OSError) as away:
                logger.warning("ended sessions cannot be read: %s", type(away).__name__)
            self._over.wait(EVERY_S)

    def _read(self) -> None:
        began = self._reading_since = time.monotonic()
        known = self._first.is_set()
        since = datetime.now(UTC) - (OVERLAP if known and self.age_s < STALE_S else KEPT)
        until = began + KEPT.total_seconds()
        try:
            ended = self._source.read(since=since)
        finally:
            self._reading_since = float("inf")
        kept = {one: at for one, at in self._ended.items() if at > began}
        self._ended = kept | {one: kept.get(one, until) for one in ended}
        # Whatever was committed before the read began is known now.
        self._fresh_at = began
        self._first.set()

    def after_fork(self) -> None:
        """Begin anew in a child: the thread and its connection are the parent's."""
        self._begin_anew()
        self._source = _source()


def _source() -> Source:
    source: Source = import_string(settings.ENDED_SESSIONS)()
    return source


@lru_cache(maxsize=1)
def watch() -> Watch:
    """Return this process's watch."""
    made = Watch(_source())
    os.register_at_fork(after_in_child=made.after_fork)
    AGE.set_function(lambda: made.age_s)
    return made


AGE = Gauge("uma_revocation_age_seconds", "How old this process's list of ended sessions is.")
