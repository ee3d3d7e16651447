"""Events that are added up in the process: each once, handed on by themselves, and bounded."""

import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from uma.kernel import tally
from uma.kernel.tally import Tally

HOUR_S = 3_600.0


class Counting:
    """Whoever is handed the sums."""

    def __init__(self, **bounds: float) -> None:
        self.calls = 0
        self.sums: Counter[tuple[str, ...]] = Counter()
        self._lock = threading.Lock()
        self.tally = Tally(
            self.take,
            every_s=bounds.get("every_s", HOUR_S),
            most_keys=int(bounds.get("most_keys", tally.MOST_KEYS)),
        )

    def take(self, sums: Mapping[tuple[str, ...], int]) -> None:
        with self._lock:
            self.calls += 1
            self.sums.update(sums)


class Slow(str):
    """A part of a key that lets another thread go first each time it is looked up."""

    __slots__ = ()

    def __hash__(self) -> int:
        time.sleep(0.0005)
        return str.__hash__(self)


def test_no_event_is_forgotten_or_counted_twice_when_threads_count_while_it_is_handed_on() -> None:
    counting = Counting()

    def press(number: int) -> None:
        for _ in range(10):
            counting.tally.add(Slow("deal"), str(number % 3))
        counting.tally.flush()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, range(24)))
    counting.tally.flush()

    assert counting.sums == {("deal", str(kind)): 8 * 10 for kind in range(3)}


def test_a_rush_is_one_message_and_goes_by_itself() -> None:
    counting = Counting(every_s=0.2)

    for _ in range(1_000):
        counting.tally.add("deal")

    deadline = time.monotonic() + 10
    while not counting.calls and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (counting.calls, counting.sums["deal",]) == (1, 1_000)
    counting.tally.flush()
    assert counting.calls == 1, "nothing is no message"


def test_kinds_beyond_the_bound_are_left_out_and_measured() -> None:
    counting = Counting(most_keys=2)
    before = tally.UNCOUNTED._value.get()

    for kind in ("a", "b", "c", "a", "d"):
        counting.tally.add(kind)
    counting.tally.flush()

    assert counting.sums == {("a",): 2, ("b",): 1}
    assert tally.UNCOUNTED._value.get() - before == 2


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_hands_on_nothing_of_its_parents() -> None:
    counting = Counting()
    counting.tally.add("deal")

    child = os.fork()
    if not child:
        counting.tally.flush()
        os._exit(counting.calls)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    counting.tally.flush()
    assert counting.sums == {("deal",): 1}
