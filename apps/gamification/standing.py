"""
Where a rider stands: what became of each strike, and which restrictions they led to. Pure.

A fold over the rider's whole history in the order of its instants, so that no order in which things were
told, and no repetition, changes the outcome; an overturned strike is left out as if it had never been.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from uma.kernel.zones import days_after

ACTIVE, CLEARED, CONSUMED, OVERTURNED = "ACTIVE", "CLEARED", "CONSUMED", "OVERTURNED"


@dataclass(frozen=True, slots=True)
class Policy:
    """How strikes count from an instant on; `clears` is OLDEST, ALL or NONE."""

    effective_from: datetime
    window_days: int = 90
    limit: int = 3
    clears: str = "OLDEST"
    ladder_days: tuple[int, ...] = (7, 30)
    appeal_days: int = 14
    appeal_hours: int = 72


@dataclass(frozen=True, slots=True)
class Struck:
    """One strike: for which booking, when, until when it counts, and on whose clock its pause is counted."""

    booking_id: UUID
    at: datetime
    lapses_at: datetime
    overturned: bool = False
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A visit that was proven and stands."""

    booking_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Caused:
    """A restriction: by which booking's strike, the how manieth, from when, until when or a review."""

    booking_id: UUID
    level: int
    starts_at: datetime
    until: datetime | None


@dataclass(slots=True)
class Standing:
    """The state of each strike, by booking, and the restrictions in their order."""

    states: dict[UUID, str] = field(default_factory=dict)
    restrictions: list[Caused] = field(default_factory=list)


def policy_at(policies: Sequence[Policy], at: datetime) -> Policy:
    """Return the policy in force at an instant; before the first, the first."""
    ordered = sorted(policies, key=lambda policy: policy.effective_from)
    in_force = [policy for policy in ordered if policy.effective_from <= at]
    return in_force[-1] if in_force else ordered[0]


def work_out(
    *, struck: Iterable[Struck], redeemed: Iterable[Redeemed], policies: Sequence[Policy]
) -> Standing:
    """
    Return where a rider stands.

    Of what happened at one instant, strikes come before visits: the visit then clears.
    """
    standing = Standing()
    counting: list[Struck] = []
    events: list[tuple[datetime, int, str, Struck | Redeemed]] = []
    for strike in struck:
        if strike.overturned:
            standing.states[strike.booking_id] = OVERTURNED
        else:
            events.append((strike.at, 0, str(strike.booking_id), strike))
    events += [(visit.at, 1, str(visit.booking_id), visit) for visit in redeemed]
    for at, _, _, event in sorted(events, key=lambda entry: entry[:3]):
        policy = policy_at(policies, at)
        counting = [strike for strike in counting if strike.lapses_at > at]
        if isinstance(event, Struck):
            standing.states[event.booking_id] = ACTIVE
            counting.append(event)
            if len(counting) >= policy.limit:
                _restrict(standing, counting, by=event, policy=policy)
                counting = []
        else:
            counting = _clear(standing, counting, policy=policy)
    return standing


def _restrict(
    standing: Standing, counting: Iterable[Struck], *, by: Struck, policy: Policy
) -> None:
    for strike in counting:
        standing.states[strike.booking_id] = CONSUMED
    level = len(standing.restrictions) + 1
    days = policy.ladder_days[level - 1] if level <= len(policy.ladder_days) else None
    # Days of the zone's calendar: a pause ends at the hour at which it began, whatever the clocks did.
    until = None if days is None else days_after(by.at, days, by.timezone)
    standing.restrictions.append(Caused(by.booking_id, level, by.at, until))


def _clear(standing: Standing, counting: list[Struck], *, policy: Policy) -> list[Struck]:
    gone = {"OLDEST": 1, "ALL": len(counting), "NONE": 0}[policy.clears]
    for strike in counting[:gone]:
        standing.states[strike.booking_id] = CLEARED
    return counting[gone:]
