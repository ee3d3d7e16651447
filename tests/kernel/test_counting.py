import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from tests.kernel.valkey import OwnValkey
from uma.kernel.http.counting import (
    SOCKET_TIMEOUT_S,
    LocalCounts,
    Rate,
    SharedCounts,
    Slot,
    Verdict,
    count,
    parse_rate,
)

NOON = 1_795_435_200.0


def ask(
    counts: LocalCounts | SharedCounts,
    rate: str,
    *,
    lane: str = "l",
    now: float = NOON,
    strict: bool = False,
) -> Verdict:
    return count(counts, [Slot(lane, "k", parse_rate(rate), strict)], now=now)


def test_exactly_the_limit_passes_when_sixty_four_ask_at_once(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url)
    together = threading.Barrier(64)

    def one(_: int) -> bool:
        together.wait()
        return ask(counts, "20/minute").allowed

    with ThreadPoolExecutor(64) as pool:
        passed = list(pool.map(one, range(64)))

    assert sum(passed) == 20


def test_no_request_is_forgotten_when_threads_count_at_once() -> None:
    counts = LocalCounts()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # or a thread would rarely be interrupted between read and write
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: [ask(counts, "99999/day") for _ in range(3_000)], range(8)))
    finally:
        sys.setswitchinterval(usual)

    assert ask(counts, "99999/day").remaining == 99_999 - 8 * 3_000 - 1


def test_a_new_window_starts_afresh_and_says_when() -> None:
    counts = LocalCounts()

    verdicts = [ask(counts, "2/minute", now=NOON + second) for second in (0, 15, 59, 60)]

    assert [verdict.allowed for verdict in verdicts] == [True, True, False, True]
    assert [verdict.remaining for verdict in verdicts] == [1, 0, 0, 1]
    assert [verdict.reset_s for verdict in verdicts] == [60, 45, 1, 60]


def test_local_counters_are_bounded() -> None:
    counts = LocalCounts(capacity=10)

    for number in range(1_000):
        ask(counts, "5/minute", lane=str(number))

    assert len(counts._counts[False]) <= 10


def test_a_flood_of_other_counters_makes_none_of_a_guessers_forgotten() -> None:
    counts = LocalCounts(capacity=10)
    ask(counts, "2/minute", lane="guess", strict=True)
    ask(counts, "2/minute", lane="guess", strict=True)

    for number in range(1_000):
        ask(counts, "5/minute", lane=str(number))

    assert not ask(counts, "2/minute", lane="guess", strict=True).allowed


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/minute", Rate(100, 60)),
        ("5/10 minutes", Rate(5, 600)),
        ("1/second", Rate(1, 1)),
        ("20/2 days", Rate(20, 172_800)),
    ],
)
def test_a_rate_is_read_as_it_is_written(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["", "5", "0/minute", "-1/minute", "5/0 minutes", "5/week", "5/minute/2", "\uff15/minute"],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        parse_rate(text)


@pytest.mark.parametrize("where", ["valkey", "process"])
def test_a_full_lane_takes_nothing_from_the_others(valkey: OwnValkey, where: str) -> None:
    counts = SharedCounts(valkey.url) if where == "valkey" else LocalCounts()
    wide, narrow = (Slot("wide", "k", Rate(10, 60)), Slot("narrow", "k", Rate(2, 600)))

    both = [count(counts, [wide, narrow], now=NOON) for _ in range(5)]
    alone = count(counts, [wide], now=NOON)

    assert [verdict.allowed for verdict in both] == [True, True, False, False, False]
    assert {(verdict.lane, verdict.remaining) for verdict in both[2:]} == {("narrow", 0)}
    assert alone.remaining == 10 - 3


def test_exactly_the_narrowest_lane_passes_when_sixty_four_ask_in_several(
    valkey: OwnValkey,
) -> None:
    counts = SharedCounts(valkey.url)
    together = threading.Barrier(64)

    def one(number: int) -> bool:
        slots = [Slot("address", "a", Rate(50, 60)), Slot("device", str(number % 4), Rate(5, 60))]
        together.wait()
        return count(counts, slots, now=NOON).allowed

    with ThreadPoolExecutor(64) as pool:
        passed = list(pool.map(one, range(64)))

    assert sum(passed) == 4 * 5
    assert count(counts, [Slot("address", "a", Rate(50, 60))], now=NOON).remaining == 50 - 21


def test_a_valkey_that_lost_the_script_is_given_it_again(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url)
    ask(counts, "5/minute")
    valkey.client.script_flush()

    assert ask(counts, "5/minute").remaining == 3


def test_a_counter_ends_with_its_window(valkey: OwnValkey) -> None:
    ask(SharedCounts(valkey.url), "5/minute", now=NOON + 48)

    (key,) = valkey.client.keys("uma:rate:*")
    assert valkey.client.ttl(key) == 12


@pytest.mark.parametrize("down", ["frozen", "dead"])
def test_without_valkey_a_process_gives_out_its_share_of_what_can_be_guessed(
    settings: Settings, valkey: OwnValkey, down: str
) -> None:
    settings.WEB_PROCESSES = 2
    counts = SharedCounts(valkey.url, open_for_s=30)
    before = [ask(counts, "10/day", strict=True).allowed for _ in range(3)]
    if down == "frozen":
        valkey.freeze()
    else:
        valkey.kill()

    after = [ask(counts, "10/day", strict=True) for _ in range(10)]

    # Half of ten, and three of them were given out while Valkey counted.
    assert before == [True] * 3
    assert [verdict.allowed for verdict in after] == [True] * 2 + [False] * 8
    assert after[0].limit == 5


def test_a_frozen_valkey_costs_one_time_out_and_then_nothing(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url, open_for_s=30)
    ask(counts, "20/minute")
    valkey.freeze()

    first = ask(counts, "20/minute")
    started = time.perf_counter()
    others = [ask(counts, "20/minute") for _ in range(100)]
    others_s = time.perf_counter() - started

    assert first.allowed
    # The limit still holds, in this process.
    assert sum(verdict.allowed for verdict in others) == 19
    # A hundred time-outs would take ten seconds.
    assert others_s < 20 * SOCKET_TIMEOUT_S


def test_a_dead_valkey_is_no_error_and_is_used_again_when_it_is_back(valkey: OwnValkey) -> None:
    counts = SharedCounts(valkey.url, open_for_s=0.05)
    valkey.kill()

    away = [ask(counts, "3/minute").allowed for _ in range(5)]
    valkey.start()
    time.sleep(0.06)
    ask(counts, "3/minute")

    assert away == [True, True, True, False, False]
    assert valkey.client.keys("*:k:60:*")
