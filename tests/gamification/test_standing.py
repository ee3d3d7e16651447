"""Product rule 2.7 without a database: what becomes of strikes, and what the clocks of a zone do to days."""

from datetime import UTC, datetime, timedelta
from itertools import islice, permutations
from uuid import UUID

import pytest

from apps.gamification.excuses import Facts, Reminded, excuse_for
from apps.gamification.standing import Caused, Policy, Redeemed, Struck, work_out
from tests.factories import NOON
from uma.kernel.zones import days_after

DAY = timedelta(days=1)
NEW_YORK, INDIA = "America/New_York", "Asia/Kolkata"
FOUNDERS = Policy(NOON - 900 * DAY)
CLEARS_ALL = Policy(NOON - 900 * DAY, clears="ALL")


def strike(day: float, *, lasts: int = 90, overturned: bool = False) -> Struck:
    at = NOON + day * DAY
    return Struck(UUID(int=int(day * 10)), at, at + lasts * DAY, overturned)


def visit(day: float) -> Redeemed:
    return Redeemed(UUID(int=1000 + int(day * 10)), NOON + day * DAY)


# Strikes and visits by the day, the policy, what becomes of the strikes in their order, the pauses' days.
TABLE: dict[str, tuple[list[Struck | Redeemed], Policy, str, list[float | None]]] = {
    "one": ([strike(0)], FOUNDERS, "A", []),
    "two on one day": ([strike(0), strike(0.1)], FOUNDERS, "AA", []),
    "three pause for a week": ([strike(0), strike(1), strike(2)], FOUNDERS, "CCC", [7]),
    "what led to a pause leads to no other": ([strike(n) for n in range(5)], FOUNDERS, "CCCAA", [7]),
    "then a month": ([strike(n) for n in range(6)], FOUNDERS, "CCCCCC", [7, 30]),
    "then until a review": ([strike(n) for n in range(9)], FOUNDERS, "C" * 9, [7, 30, None]),
    "and again": ([strike(n) for n in range(12)], FOUNDERS, "C" * 12, [7, 30, None, None]),
    "a visit clears the oldest": ([strike(0), strike(1), visit(2)], FOUNDERS, "VA", []),
    "a visit before clears nothing": ([visit(0), strike(1)], FOUNDERS, "A", []),
    "a visit at the same instant clears": ([visit(1), strike(1)], FOUNDERS, "V", []),
    "cleared ones lead to nothing": (
        [strike(0), strike(1), visit(2), strike(3)], FOUNDERS, "VAA", [],
    ),
    "a visit clears all": ([strike(0), strike(1), visit(2)], CLEARS_ALL, "VV", []),
    "lapsed ones count no more": ([strike(0), strike(1), strike(90)], FOUNDERS, "AAA", []),
    "a day before they do": ([strike(0), strike(1), strike(89)], FOUNDERS, "CCC", [7]),
    "a visit clears no lapsed one": ([strike(0), strike(50), visit(90)], FOUNDERS, "AV", []),
    "an overturned one was never": (
        [strike(0, overturned=True), strike(1), strike(2)], FOUNDERS, "OAA", [],
    ),
    "nor is it what a visit clears": (
        [strike(0, overturned=True), strike(1), visit(2)], FOUNDERS, "OV", [],
    ),
}  # fmt: skip
LETTERS = {"ACTIVE": "A", "CLEARED": "V", "CONSUMED": "C", "OVERTURNED": "O"}


@pytest.mark.parametrize(("events", "policy", "states", "pauses"), TABLE.values(), ids=TABLE)
def test_what_becomes_of_strikes(
    events: list[Struck | Redeemed], policy: Policy, states: str, pauses: list[float | None]
) -> None:
    struck = [event for event in events if isinstance(event, Struck)]
    redeemed = [event for event in events if isinstance(event, Redeemed)]

    # In whatever order it was told.
    for told in islice(permutations(struck), 6):
        found = work_out(struck=told, redeemed=redeemed[::-1], policies=[policy])

        assert "".join(LETTERS[found.states[one.booking_id]] for one in struck) == states
        assert [lasting(caused) for caused in found.restrictions] == pauses


def lasting(caused: Caused) -> float | None:
    return None if caused.until is None else (caused.until - caused.starts_at) / DAY


@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        # Clocks go forward on 8 March 2026 and back on 1 November: the pause ends at the hour it began.
        (NEW_YORK, datetime(2026, 3, 5, 15, tzinfo=UTC), datetime(2026, 3, 12, 14, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 10, 28, 14, tzinfo=UTC), datetime(2026, 11, 4, 15, tzinfo=UTC)),
        # From half past one, which comes twice that night, and from an hour that the week after skips.
        (NEW_YORK, datetime(2026, 10, 25, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 3, 1, 7, 30, tzinfo=UTC), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        (INDIA, datetime(2026, 3, 5, 15, tzinfo=UTC), datetime(2026, 3, 12, 15, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_pause_is_days_of_the_zones_calendar(zone: str, begins: datetime, ends: datetime) -> None:
    struck = [
        Struck(UUID(int=n), begins - n * DAY, begins + 90 * DAY, timezone=zone) for n in range(3)
    ]

    (caused,) = work_out(struck=struck, redeemed=[], policies=[FOUNDERS]).restrictions

    assert (caused.starts_at, caused.until) == (begins, ends)
    assert days_after(begins, 7, zone) == ends


NEVER_DUE, TOLD = Reminded(due=False, reached_at=None), Reminded(due=True, reached_at=NOON - DAY)


@pytest.mark.parametrize(
    ("early", "late", "expected"),
    [
        (TOLD, TOLD, ""),
        (NEVER_DUE, TOLD, ""),
        # A booking of less than an hour has no mark, and never costs a strike.
        (NEVER_DUE, NEVER_DUE, "not_reminded"),
        (TOLD, Reminded(due=True, reached_at=None), "not_reminded"),
        (TOLD, Reminded(due=True, reached_at=NOON), ""),
        (TOLD, Reminded(due=True, reached_at=NOON + DAY / 86_400), "not_reminded"),
    ],
)
def test_a_strike_needs_every_reminder_that_was_due_and_one_at_least(
    early: Reminded, late: Reminded, expected: str
) -> None:
    assert excuse_for(Facts(NOON, early, late)) == expected
