"""The interval of a lift: it covers what was planted, and says when nothing can be told."""

import math
from collections import Counter
from random import Random

from apps.analytics.lift import Group, Lift, _poisson, lift

WORLDS = 100
SHOWN, HELD = 1_800, 200


def visits_of_one(mean: float, chance: Random) -> int:
    """Count a rider's visits: most never come, and some come again and again."""
    return _poisson(mean * chance.expovariate(1.0), chance)


def world(number: int, *, without: float, more: float) -> Lift | None:
    """Simulate a city of riders with a planted lift, and measure it."""
    chance = Random(number)  # noqa: S311 — the same worlds each time

    def group(riders: int, mean: float) -> Group:
        counts = Counter(visits_of_one(mean, chance) for _ in range(riders))
        return Group(riders, {visits: of for visits, of in counts.items() if visits})

    return lift(
        shown=group(SHOWN, without + more),
        held=group(HELD, without),
        seed=str(number),
        resamples=300,
    )


def test_the_interval_covers_a_planted_lift_in_ninety_three_of_a_hundred_worlds() -> None:
    found = [world(number, without=0.3, more=0.2) for number in range(WORLDS)]

    covered = sum(one is not None and one.low <= 0.2 <= one.high for one in found)
    assert covered >= 93
    # And it is an interval that says something: most of these worlds are told from nothing.
    assert sum(one is not None and one.low > 0 for one in found) >= 80


def test_where_a_deal_brings_nobody_the_interval_holds_nought() -> None:
    found = [world(number, without=0.5, more=0.0) for number in range(WORLDS)]

    covered = sum(one is not None and one.low <= 0 <= one.high for one in found)
    assert covered >= 93


def test_the_same_riders_have_the_same_interval() -> None:
    shown, held = Group(900, {1: 200, 2: 40}), Group(100, {1: 12, 3: 2})

    once, again = (lift(shown=shown, held=held, seed="a deal") for _ in range(2))

    assert once is not None
    assert once == again
    assert once.estimate == (200 + 80) / 900 - (12 + 6) / 100
    assert once.low < once.estimate < once.high


def test_of_a_group_in_which_nobody_was_seen_nothing_is_told() -> None:
    seen = Group(900, {1: 200})

    assert lift(shown=seen, held=Group(100, {}), seed="") is None
    assert lift(shown=seen, held=Group(100, {1: 4}), seed="") is None
    assert lift(shown=Group(900, {2: 4}), held=Group(100, {1: 20}), seed="") is None
    assert lift(shown=seen, held=Group(100, {1: 5}), seed="") is not None


def test_a_resample_draws_poisson_numbers_small_and_large() -> None:
    chance = Random(1)  # noqa: S311 — the same draws each time
    for mean in (0.0, 0.7, 9.9, 10.0, 400.0):
        drawn = [_poisson(mean, chance) for _ in range(4_000)]

        average = sum(drawn) / len(drawn)
        variance = sum((one - average) ** 2 for one in drawn) / len(drawn)
        assert abs(average - mean) <= 4 * math.sqrt(mean / len(drawn))
        assert abs(variance - mean) <= 0.15 * mean
        assert min(drawn) >= 0
