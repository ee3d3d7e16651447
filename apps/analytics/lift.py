"""
How much more often those came who could see a deal than those who were held out, and how sure that is.

The interval is a bootstrap over riders: each counts a Poisson(1) number of times in each of the resamples
(Chamandy et al., "Estimating Uncertainty for Massive Data Streams", 2012), so that riders with the same
number of visits are drawn together and a city of riders costs no more than a village. Pure, and the same
for the same seed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

RESAMPLES = 1_000
# Fewer people seen than these in either group tell nothing: a bootstrap of none is none for sure.
LEAST_VISITORS = 5
_SURE = 0.95
# From here on a Poisson number is drawn by rejection, in a time that does not grow with it.
_LARGE = 10.0


@dataclass(frozen=True, slots=True)
class Group:
    """So many riders, and of them so many with each number of visits from one on."""

    riders: int
    by_visits: Mapping[int, int]

    @property
    def visitors(self) -> int:
        return sum(self.by_visits.values())

    @property
    def visits(self) -> int:
        return sum(visits * riders for visits, riders in self.by_visits.items())


@dataclass(frozen=True, slots=True)
class Lift:
    """Visits more for each rider who could see the deal, with the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


def lift(*, shown: Group, held: Group, seed: str, resamples: int = RESAMPLES) -> Lift | None:
    """Return the lift; None while either group has too few visitors to tell, or all did the same."""
    if min(shown.visitors, held.visitors) < LEAST_VISITORS:
        return None
    chance = Random(seed)  # noqa: S311 — the same interval each time it is looked at
    found = _difference(_moments(shown), _moments(held))
    drawn = (
        _difference(_resampled(shown, chance), _resampled(held, chance)) for _ in range(resamples)
    )
    # Studentized: visits are few and skewed, and plain quantiles would be too narrow (Efron and
    # Tibshirani, "An Introduction to the Bootstrap", chapter 12).
    if not found.error:
        return None
    errors = sorted((one.mean - found.mean) / one.error for one in drawn if one.error)
    tail = round(len(errors) * (1 - _SURE) / 2)
    low = found.mean - errors[-1 - tail] * found.error
    high = found.mean - errors[tail] * found.error
    return Lift(found.mean, min(low, found.mean), max(high, found.mean))


@dataclass(frozen=True, slots=True)
class _Mean:
    """A mean and its standard error."""

    mean: float
    error: float


def _difference(one: _Mean, other: _Mean) -> _Mean:
    return _Mean(one.mean - other.mean, math.hypot(one.error, other.error))


def _moments(group: Group) -> _Mean:
    return _mean(group.riders, group.visits, sum(n * n * of for n, of in group.by_visits.items()))


def _resampled(group: Group, chance: Random) -> _Mean:
    """Return the mean of one resample of the riders."""
    riders = _poisson(group.riders - group.visitors, chance)
    visits = squares = 0
    for count, of_riders in group.by_visits.items():
        drawn = _poisson(of_riders, chance)
        riders += drawn
        visits += count * drawn
        squares += count * count * drawn
    return _mean(riders, visits, squares)


def _mean(riders: int, visits: int, squares: int) -> _Mean:
    if not riders:
        return _Mean(0.0, 0.0)
    mean = visits / riders
    return _Mean(mean, math.sqrt(max(squares / riders - mean * mean, 0.0) / riders))


def _poisson(mean: float, chance: Random) -> int:
    if mean >= _LARGE:
        return _large_poisson(mean, chance)
    # Knuth: multiply until the product falls below e^-mean.
    floor, product, number = math.exp(-mean), chance.random(), 0
    while product > floor:
        product *= chance.random()
        number += 1
    return number


def _large_poisson(mean: float, chance: Random) -> int:
    """Draw by transformed rejection: PTRS of W. Hörmann, 1993; the constants are the paper's."""
    log_mean = math.log(mean)
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    surely = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = chance.random() - 0.5, chance.random()
        us = 0.5 - abs(u)
        number = math.floor((2 * a / us + b) * u + mean + 0.43) if us > 0 else -1
        if us >= 0.07 and v <= surely:  # noqa: PLR2004 — the paper's
            return number
        if number < 0 or (us < 0.013 and v > us):  # noqa: PLR2004 — the paper's
            continue
        accepted = math.log(v * inverse_alpha / (a / (us * us) + b)) if v > 0 else -math.inf
        if accepted <= number * log_mean - mean - math.lgamma(number + 1):
            return number
