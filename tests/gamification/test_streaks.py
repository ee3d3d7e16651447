"""Weeks in a row on the zone's calendar, and the week's leaderboard of those who asked to be on it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.gamification import selectors, services
from apps.gamification.errors import PseudonymTaken
from apps.gamification.streaks import monday, streak
from tests.factories import NOON, bearer, make_rider, make_zone
from tests.gamification.making import make_visit

INDIA, NEW_YORK = "Asia/Kolkata", "America/New_York"
WEEK = timedelta(days=7)


def weeks(*numbers: int, now: int) -> tuple[int, int, bool]:
    """Return the streak of visits in these weeks, seen from a week; NOON is a Monday."""
    found = streak(
        [(NOON + n * WEEK, INDIA) for n in numbers], now=NOON + now * WEEK, timezone=INDIA
    )
    return found.weeks, found.longest, found.freeze_used


@pytest.mark.parametrize(
    ("visits", "now", "expected"),
    [
        ((), 0, (0, 0, False)),
        ((0,), 0, (1, 1, False)),
        ((0, 0, 0), 0, (1, 1, False)),
        ((0, 1, 2), 2, (3, 3, False)),
        # The week that runs is not missed yet; the one after it is bridged once.
        ((0, 1, 2), 3, (3, 3, False)),
        ((0, 1, 2), 4, (3, 3, True)),
        ((0, 1, 2), 5, (0, 3, False)),
        # One missed week is forgiven, a second one in the same row is not.
        ((0, 1, 3), 3, (3, 3, True)),
        ((0, 1, 3, 5), 5, (1, 3, False)),
        ((0, 1, 3), 5, (0, 3, False)),
        ((0, 1, 4), 4, (1, 2, False)),
        # A new row has a freeze of its own.
        ((0, 2, 5, 7), 7, (2, 2, True)),
    ],
)
def test_a_streak_counts_weeks_and_forgives_one(
    visits: tuple[int, ...], now: int, expected: tuple[int, int, bool]
) -> None:
    assert weeks(*visits, now=now) == expected
    assert weeks(*reversed(visits), now=now) == expected


@pytest.mark.parametrize(
    ("at", "zone", "begins"),
    [
        # Sunday 23:59 and Monday 00:00 on the clock in India.
        (datetime(2026, 3, 1, 18, 29, tzinfo=UTC), INDIA, date(2026, 2, 23)),
        (datetime(2026, 3, 1, 18, 30, tzinfo=UTC), INDIA, date(2026, 3, 2)),
        # The Sundays on which clocks change in New York have 23 and 25 hours, and one Monday follows.
        (datetime(2026, 3, 9, 3, 59, tzinfo=UTC), NEW_YORK, date(2026, 3, 2)),
        (datetime(2026, 3, 9, 4, 0, tzinfo=UTC), NEW_YORK, date(2026, 3, 9)),
        (datetime(2026, 11, 2, 4, 59, tzinfo=UTC), NEW_YORK, date(2026, 10, 26)),
        (datetime(2026, 11, 2, 5, 0, tzinfo=UTC), NEW_YORK, date(2026, 11, 2)),
    ],
)
def test_a_week_begins_on_monday_on_the_zones_calendar(
    at: datetime, zone: str, begins: date
) -> None:
    assert monday(at, zone) == begins


@pytest.fixture
def rider(db: None) -> User:
    del db
    make_zone("MNP")
    return make_rider()


def name(rider: User, pseudonym: str) -> None:
    services.join_leaderboard(rider_id=rider.pk, zone_code="MNP", pseudonym=pseudonym, now=NOON)


def board(rider: User, *, now: datetime = NOON) -> list[tuple[int, str, int, int, bool]]:
    places = selectors.leaderboard(zone_code="MNP", timezone=INDIA, rider_id=rider.pk, now=now)
    return [(p.rank, p.pseudonym, p.outlets, p.visits, p.you) for p in places]


def test_the_leaderboard_shows_who_asked_to_be_shown_by_different_places(rider: User) -> None:
    kite, owl, shy = make_rider(), make_rider(), make_rider()
    for who, pseudonym in ((rider, "Blue Fox"), (kite, "Red Kite"), (owl, "Old Owl")):
        name(who, pseudonym)
    same = make_visit(rider.pk, at=NOON).outlet_id
    make_visit(rider.pk, at=NOON, outlet_id=same)
    for _ in range(2):
        make_visit(kite.pk, at=NOON)
        make_visit(owl.pk, at=NOON)
        make_visit(shy.pk, at=NOON)
    # Last week's, another zone's, and one that was taken back count for nothing.
    make_visit(rider.pk, at=NOON - WEEK)
    make_visit(rider.pk, at=NOON, zone="BLR")
    make_visit(rider.pk, at=NOON, undone_at=NOON)

    assert board(rider) == [
        (1, "Old Owl", 2, 2, False),
        (1, "Red Kite", 2, 2, False),
        (3, "Blue Fox", 1, 2, True),
    ]
    services.leave_leaderboard(rider_id=owl.pk)
    assert [row[1] for row in board(rider)] == ["Red Kite", "Blue Fox"]


def test_a_name_is_one_riders_in_whatever_case(rider: User) -> None:
    name(rider, "Blue Fox")
    name(rider, "Blue Hare")

    with pytest.raises(PseudonymTaken):
        name(make_rider(), "blue HARE")
    name(make_rider(), "Blue Fox")


@pytest.mark.parametrize(
    ("pseudonym", "status"),
    [("Blue Kite 7", 200), ("+91 98123 45601", 422), ("9812345601", 422), ("me@upi", 422), ("x" * 21, 422)],
)  # fmt: skip
def test_a_name_is_no_phone_number_and_no_address(
    rider: User, client: Client, pseudonym: str, status: int
) -> None:
    headers = bearer(rider.pk, "rider", now=timezone.now())

    answer = client.put(
        "/api/leaderboard", {"pseudonym": pseudonym}, "application/json", headers=headers
    )

    assert answer.status_code == status


def test_a_rider_reads_the_own_streak(rider: User, client: Client) -> None:
    make_visit(rider.pk, at=timezone.now())
    headers = bearer(rider.pk, "rider", now=timezone.now())

    shown = client.get("/api/user/streak", headers=headers).json()

    assert shown == {"weeks": 1, "longest": 1, "freezeUsed": False}
