"""What is measured, as ratios with their spread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

VOID_WHEN_LIMIT_VARIES = 2.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One ratio (or budget) over the repetitions of one run."""

    name: str
    meaning: str
    goal: str
    values: tuple[float, ...]
    void: bool = False

    @property
    def ratio(self) -> float:
        return median(self.values)

    def as_json(self) -> dict[str, object]:
        return {
            "ratio": round(self.ratio, 4),
            "low": round(min(self.values), 4),
            "high": round(max(self.values), 4),
            "runs": len(self.values),
            "void": self.void,
        }


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of at least one value."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Return the quotients of what was measured in the same repetition."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def varies_too_much(limits: Sequence[float]) -> bool:
    """Say whether the machine itself changed too much during the run for any ratio to count."""
    return max(limits) > VOID_WHEN_LIMIT_VARIES * min(limits)
