"""How much of what a badge asks for a rider has done. Pure: a function of the proven visits and steps."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.gamification.badges import DISTINCT_OUTLETS, MISSION_STEPS, Requirement
from uma.kernel.zones import local


@dataclass(frozen=True, slots=True)
class Done:
    """A proven visit, or a step of a mission: what, where, when, and on whose clock."""

    key: UUID | str
    at: datetime
    timezone: str
    zone_code: str
    outlet_id: UUID | None
    category: str


@dataclass(frozen=True, slots=True)
class Measured:
    """How many count now, of how many asked for; when it was reached, and by what."""

    progress: int
    count: int
    reached_at: datetime | None = None
    by: Done | None = None


def measure(
    requirement: Requirement, *, visits: Sequence[Done], steps: Sequence[Done], now: datetime
) -> Measured:
    """
    Return what a rider has of a requirement.

    Whatever the order in which visits were told and taken back, the same visits give the same answer.
    """
    source = steps if requirement.metric == MISSION_STEPS else visits
    counted = sorted(
        (done for done in source if _passes(requirement, done)),
        key=lambda done: (done.at, str(done.key)),
    )
    # What counts slides along with the window, so that a long history costs one pass.
    window: Counter[Hashable] = Counter()
    oldest = 0
    for done in counted:
        window[_what(requirement, done)] += 1
        oldest = _slide(requirement, counted, window, oldest=oldest, until=done.at)
        if len(window) >= requirement.count:
            return Measured(requirement.count, requirement.count, done.at, done)
    _slide(requirement, counted, window, oldest=oldest, until=now)
    return Measured(min(len(window), requirement.count), requirement.count)


def _slide(
    requirement: Requirement,
    counted: Sequence[Done],
    window: Counter[Hashable],
    *,
    oldest: int,
    until: datetime,
) -> int:
    """Take out what is too old at an instant; return the place of the oldest that is left."""
    if requirement.window_days is None:
        return oldest
    since = until - timedelta(days=requirement.window_days)
    while oldest < len(counted) and counted[oldest].at <= since:
        what = _what(requirement, counted[oldest])
        window[what] -= 1
        if not window[what]:
            del window[what]
        oldest += 1
    return oldest


def _what(requirement: Requirement, done: Done) -> Hashable:
    return done.outlet_id if requirement.metric == DISTINCT_OUTLETS else done.key


def _passes(requirement: Requirement, done: Done) -> bool:
    if requirement.category and done.category != requirement.category:
        return False
    if requirement.zone and done.zone_code != requirement.zone:
        return False
    if requirement.after_local is None and requirement.season is None:
        return True
    clock = local(done.at, done.timezone)
    if requirement.after_local is not None and clock.time() < requirement.after_local:
        return False
    if requirement.season is None:
        return True
    first, last = requirement.season
    return first <= clock.date() <= last
