"""The shapes that the apps read, key by key, and what a rider may do with a mission over HTTP."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.gamification import selectors, services
from tests.factories import bearer, make_rider, make_zone
from tests.gamification.making import fund, make_mission, make_strike, make_visit

pytestmark = pytest.mark.django_db
MISSION = {
    "id", "kind", "title", "description", "why", "reward", "ordered", "campaigns", "steps", "status",
    "progress", "target", "startsAt", "endsAt",
}  # fmt: skip
STEP = {"kind", "title", "campaignId", "outletId", "startsAt", "endsAt", "done"}
BADGE = {
    "id", "name", "description", "icon", "reward", "family", "tier", "unlocked", "progress", "target",
    "earnedAt", "awardId",
}  # fmt: skip
STRIKE = {
    "id", "rideId", "merchantName", "missedAt", "struckAt", "lapsesAt", "status", "appealUntil",
    "reminders", "appeals",
}  # fmt: skip
APPEAL = {
    "id", "strikeId", "line", "status", "text", "evidence", "openedAt", "dueAt", "decidedAt", "answer",
}  # fmt: skip


@pytest.fixture
def rider() -> User:
    make_zone("MNP")
    # Each process remembers what it last read of the catalogues.
    selectors.forget_copies()
    return make_rider()


def ask(
    client: Client, rider: User, method: str, path: str, body: object = None
) -> Any:  # Any: JSON
    headers = bearer(rider.pk, "rider", now=timezone.now())
    answer = client.generic(method, f"/api/{path}", "", headers=headers) if body is None else (
        client.generic(method, f"/api/{path}", body, "application/json", headers=headers)
    )  # fmt: skip
    assert answer.status_code in {200, 201, 204}, answer.content
    return answer.json() if answer.content else None


def test_a_mission_is_joined_given_up_and_joined_again(client: Client, rider: User) -> None:
    now = timezone.now()
    fund("missions-mnp", 500, now=now)
    mission = make_mission(reward_paise=40_50, now=now)

    joined, left, again = (
        ask(client, rider, "POST", f"missions/{mission.pk}/{act}")
        for act in ("join", "abandon", "join")
    )
    shown = ask(client, rider, "GET", f"missions/{mission.pk}")

    assert [one["status"] for one in (joined, left, again)] == ["joined", "abandoned", "joined"]
    assert shown == again
    assert (set(shown), set(shown["steps"][0])) == (MISSION, STEP)
    assert (shown["reward"], shown["progress"], shown["target"]) == (40.5, 0, 1)


def test_each_badge_says_how_far_the_rider_is(client: Client, rider: User) -> None:
    for _ in range(2):
        make_visit(rider.pk, at=timezone.now())
    services.settle_rider(rider_id=rider.pk, now=timezone.now())

    badges = {row["id"]: row for row in ask(client, rider, "GET", "badges")}

    assert all(set(row) == BADGE for row in badges.values())
    first, hopper = badges["first_timer"], badges["coffee_hopper"]
    assert (first["unlocked"], first["reward"], first["awardId"] is not None) == (True, 25, True)
    assert (hopper["unlocked"], hopper["progress"], hopper["target"]) == (False, 2, 3)


def test_a_strike_is_read_and_appealed(client: Client, rider: User) -> None:
    strike = make_strike(rider.pk, now=timezone.now())

    appeal = ask(
        client, rider, "POST", "user/appeals", f'{{"strikeId": "{strike.pk}", "text": "x"}}'
    )
    (row,) = ask(client, rider, "GET", "user/strikes")

    assert (set(row), set(appeal)) == (STRIKE, APPEAL)
    assert row["appeals"] == [appeal] == ask(client, rider, "GET", "user/appeals")
    assert (appeal["status"], row["status"]) == ("open", "active")


def test_the_leaderboard_shows_who_asked_for_it_and_nobody_after(
    client: Client, rider: User
) -> None:
    make_visit(rider.pk, at=timezone.now())
    assert ask(client, rider, "GET", "leaderboard") == []

    named = ask(client, rider, "PUT", "leaderboard", '{"pseudonym": "Blue Kite"}')
    shown = ask(client, rider, "GET", "leaderboard?zone=MNP")
    ask(client, rider, "DELETE", "leaderboard")

    assert named == {"pseudonym": "Blue Kite", "zone": "MNP"}
    assert shown == [{"rank": 1, "pseudonym": "Blue Kite", "outlets": 1, "visits": 1, "you": True}]
    assert ask(client, rider, "GET", "leaderboard") == []
