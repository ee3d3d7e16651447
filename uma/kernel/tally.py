"""Counting what is not worth a message each: a process adds up for a moment and hands the sums on once."""

import atexit
import os
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from prometheus_client import Counter as Metric

EVERY_S = 1.0
MOST_KEYS = 1_000

UNCOUNTED = Metric("uma_tally_uncounted_total", "Events left out because a process counts enough.")


class Tally:
    """
    Sums by key in this process, handed to `hand_over` at most once in `every_s`.

    `add` costs an entry in a dictionary however many events there are, never waits for anything but this
    process' other threads, and does not raise. What is lost: the last moment of a process that is killed,
    and keys beyond `most_keys` in one moment, which are measured.
    """

    def __init__(
        self,
        hand_over: Callable[[Mapping[tuple[str, ...], int]], None],
        *,
        every_s: float = EVERY_S,
        most_keys: int = MOST_KEYS,
    ) -> None:
        self._hand_over = hand_over
        self._every_s = every_s
        self._most_keys = most_keys
        self._lock = threading.Lock()
        self._sums: Counter[tuple[str, ...]] = Counter()
        self._timer: threading.Timer | None = None
        _tallies.add(self)

    def add(self, *key: str) -> None:
        """Count one event of this kind."""
        with self._lock:
            if key not in self._sums and len(self._sums) >= self._most_keys:
                UNCOUNTED.inc()
                return
            self._sums[key] += 1
            if self._timer is None:
                timer = threading.Timer(self._every_s, self.flush)
                timer.daemon = True
                # A process that ends or has too many threads gets none: the next event asks again.
                with suppress(RuntimeError):
                    timer.start()
                    self._timer = timer

    def flush(self) -> None:
        """Hand over what was counted until now."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            sums, self._sums, self._timer = self._sums, Counter(), None
        if sums:
            self._hand_over(sums)

    def after_fork(self) -> None:
        """Count from nothing: what the parent counted, it hands over itself."""
        self._lock, self._sums, self._timer = threading.Lock(), Counter(), None


_tallies: weakref.WeakSet[Tally] = weakref.WeakSet()


def _flush_all() -> None:
    for one in list(_tallies):
        one.flush()


def _after_fork() -> None:
    for one in list(_tallies):
        one.after_fork()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_flush_all)
