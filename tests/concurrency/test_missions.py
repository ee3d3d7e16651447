"""Missions at the same moment: a shared budget is promised once, a night is planned once."""

from collections.abc import Callable

import pytest
from django.db.models import QuerySet

from apps.gamification import measuring, services
from apps.gamification.models import Award, Mission, MissionRun, Reward
from apps.gamification.services import awarding, nightly, running
from apps.wallet import codes
from tests.concurrency.meeting import at_once, paused
from tests.concurrency.test_strikes import meet
from tests.factories import NOON, balance, make_rider, make_shop, make_zone
from tests.gamification.making import fund, make_mission, make_visit

pytestmark = pytest.mark.django_db(transaction=True)


def joining(mission: Mission) -> Callable[[], str]:
    rider = make_rider()

    def join() -> str:
        services.join_mission(mission_id=mission.pk, rider_id=rider.pk, now=NOON)
        return "joined"

    return join


def last_reward() -> Mission:
    make_zone("MNP")
    fund("missions-mnp", 40, now=NOON)
    return make_mission(reward_paise=40_00, now=NOON)


def test_the_last_reward_of_a_budget_is_set_aside_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mission = last_reward()
    monkeypatch.setattr(running, "budget_left", paused(running.budget_left))

    outcome = at_once(joining(mission), joining(mission))

    assert sorted(map(str, outcome)) == ["MissionBudgetGone", "joined"]


def test_without_the_pools_lock_it_would_be_promised_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    mission = last_reward()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())
    # Both have counted before either is written.
    monkeypatch.setattr(MissionRun, "save", paused(MissionRun.save))

    outcome = at_once(joining(mission), joining(mission))

    assert sorted(map(str, outcome)) == ["joined", "joined"]
    assert services.budget_left(zone_code="MNP", now=NOON) < 0


def test_a_night_that_two_plan_at_once_is_planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        make_shop(f"Shop {number}")
    services.open_pools(zone_code="MNP", now=NOON)
    meet(monkeypatch, nightly, "generate")
    monkeypatch.setattr(Mission.objects, "bulk_create", paused(Mission.objects.bulk_create))

    made = at_once(*[lambda: services.generate_missions(zone_code="MNP", now=NOON)] * 2)

    # Whoever comes second counts what stands: with other deals it would add its own beside them.
    assert sorted(map(str, made)) == ["0", str(Mission.objects.count())]
    assert (
        Mission.objects.count() == Mission.objects.values("content__title").distinct().count() > 0
    )


def test_a_badge_is_awarded_and_paid_once_by_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_zone("MNP")
    fund("badges-mnp", 100, now=NOON)
    rider = make_rider()
    make_visit(rider.pk, at=NOON)
    monkeypatch.setattr(awarding, "measure", paused(measuring.measure))

    outcome = at_once(*[lambda: len(services.settle_rider(rider_id=rider.pk, now=NOON))] * 2)

    # The second passes the busy rider by.
    assert sorted(map(str, outcome)) == ["0", "1"]
    assert Award.objects.count() == Reward.objects.count() == 1
    assert balance(codes.rider_wallet(rider.pk)) == 25_00


def test_without_the_riders_lock_the_one_award_refuses_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_zone("MNP")
    fund("badges-mnp", 100, now=NOON)
    rider = make_rider()
    make_visit(rider.pk, at=NOON)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self.all())
    meet(monkeypatch, awarding, "_give")

    outcome = at_once(*[lambda: len(services.settle_rider(rider_id=rider.pk, now=NOON))] * 2)

    assert sorted(map(str, outcome)) == ["1", "IntegrityError"]
    assert balance(codes.rider_wallet(rider.pk)) == 25_00
