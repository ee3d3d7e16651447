"""The document store keeps copies: shaped, durable, rebuilt from PostgreSQL, and never waited for."""

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pymongo.errors import WriteError
from pytest_django import Settings

from apps.accounts.models import User
from apps.gamification import documents, selectors, services, tasks
from apps.gamification.models import Award, Projection, Reward
from apps.gamification.selectors import projections
from apps.gamification.services import repairing
from tests.documents import patiently
from tests.factories import NOON, balance, bearer, make_rider, make_zone
from tests.gamification.making import fund, make_mission, make_visit
from uma.kernel import mongo
from uma.kernel.documents import Kept, collection
from uma.kernel.mongo import DocumentsAway
from uma.stack import ports
from uma.stack.documents import Documents

pytestmark = pytest.mark.django_db
POOL = "promo_pool:badges-mnp"


@pytest.fixture(autouse=True)
def no_copies(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del db
    selectors.forget_copies()
    monkeypatch.setattr(mongo, "_away_until", 0.0)
    monkeypatch.setattr(mongo, "_answered_at", 0.0)


@pytest.fixture
def store(document_store: str) -> str:
    patiently(documents.drop)
    documents.prepare()
    return document_store


@pytest.fixture
def rider() -> User:
    make_zone("MNP")
    return make_rider()


@pytest.fixture
def away(settings: Settings) -> None:
    """Nobody listens where the store should be."""
    settings.MONGODB_URL = f"mongodb://{ports.HOST}:{ports.any_free()}/uma?w=majority&journal=true"


def busy_town(rider: User) -> User:
    """Leave awards, runs and streaks of two riders."""
    fund("badges-mnp", 500, now=NOON)
    other = make_rider()
    mission = make_mission(now=NOON)
    for who, visits in ((rider, 6), (other, 2)):
        services.join_mission(mission_id=mission.pk, rider_id=who.pk, now=NOON)
        for n in range(visits):
            make_visit(who.pk, at=NOON + timedelta(hours=9 * n))
        services.settle_rider(rider_id=who.pk, now=NOON + timedelta(days=3))
    return other


def project(*riders: User) -> int:
    ids = [one.pk for one in riders]
    return services.project_riders(rider_ids=ids, now=NOON + timedelta(days=3))


@pytest.mark.usefixtures("store")
def test_a_document_of_another_shape_is_refused_by_the_store() -> None:
    for kept in documents.COLLECTIONS:
        with pytest.raises(WriteError):
            collection(kept).insert_one({"_id": "x", "surprise": 1})
    for kept in documents.COLLECTIONS:
        assert collection(kept).write_concern.document == {"w": "majority", "j": True}


@pytest.mark.usefixtures("store")
def test_preparing_twice_is_preparing_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        call_command("prepare_documents")

    assert capsys.readouterr().out == "9 collection(s) prepared.\n" * 2
    assert [row["_id"] for row in documents.badges()][:2] == ["first_timer", "coffee_hopper"]
    indexes = collection(documents.MISSIONS).index_information()
    assert "zone_code_1_score_-1" in indexes


@pytest.mark.usefixtures("store")
def test_everything_is_rebuilt_from_postgresql_and_money_stays(rider: User) -> None:
    other = busy_town(rider)
    services.project_catalogues(now=NOON)
    assert project(rider, other) == 2
    before, purse = documents.everything(), balance(POOL)

    # Dropped entirely.
    documents.drop()
    assert not any(documents.everything().values())
    riders = services.rebuild(now=NOON + timedelta(days=3))

    assert riders == 2
    after = documents.everything()
    # What is over by now is not offered again.
    before["gamification_missions"] = []
    assert after == before
    assert len(after["gamification_awards"]) == 2
    assert balance(POOL) == purse


@pytest.mark.usefixtures("store")
def test_an_older_reading_never_replaces_a_younger(rider: User) -> None:
    fresh = projections.rider(rider_id=rider.pk, now=NOON + timedelta(hours=1)).streak
    stale = projections.rider(rider_id=rider.pk, now=NOON).streak

    documents.replace_rider(documents.STREAKS, fresh)
    documents.replace_rider(documents.STREAKS, stale)

    found = documents.of_rider(documents.STREAKS, rider.pk)
    assert found is not None
    assert found["as_of"] == NOON + timedelta(hours=1)


@pytest.mark.usefixtures("store")
def test_what_is_written_during_a_rebuild_stands_when_it_is_younger(rider: User) -> None:
    early, noon, late = (
        projections.rider(rider_id=rider.pk, now=NOON + timedelta(hours=hours)).streak
        for hours in (0, 1, 2)
    )

    for written, stands in ((early, noon), (late, late)):
        documents.replace_rider(documents.STREAKS, written)
        documents.add_riders(documents.STREAKS, [noon])
        assert documents.everything()["gamification_streaks"] == [stands]


@pytest.mark.usefixtures("away")
def test_while_the_store_is_away_everything_counts_and_is_written_later(
    rider: User, settings: Settings, document_store: str
) -> None:
    other = busy_town(rider)

    assert project(rider, other) == 0
    assert Award.objects.filter(badge="first_timer").count() == 2
    assert Reward.objects.filter(state="PAID").count() == Reward.objects.count() > 0

    settings.MONGODB_URL = document_store
    patiently(documents.prepare)
    assert Projection.objects.count() == 2
    assert tasks.project_due() == 2
    assert documents.of_rider(documents.AWARDS, rider.pk) is not None
    assert not Projection.objects.exists()


@pytest.mark.usefixtures("away")
def test_the_nightly_run_goes_on_without_the_store(rider: User) -> None:
    fund("badges-mnp", 500, now=NOON)
    make_visit(rider.pk, at=NOON)

    assert tasks.repair_awards() == 1
    assert Award.objects.filter(rider_id=rider.pk, badge="first_timer").exists()
    with pytest.raises(CommandError):
        call_command("rebuild_gamification")


@pytest.fixture
def own_store(tmp_path: Path, settings: Settings) -> Iterator[Documents]:
    """A store of this test's own, to freeze and to kill."""
    store = Documents(folder=tmp_path / "documents", wanted_port=ports.any_free())
    store.start()
    settings.MONGODB_URL = store.url
    patiently(documents.prepare)
    yield store
    assert store.process is not None
    if store.process.ended() is None:
        os.kill(store.process.pid, signal.SIGCONT)
    store.stop()


def freeze(store: Documents, number: int) -> None:
    assert store.process is not None
    os.kill(store.process.pid, number)


def ask(rider: User) -> tuple[list[dict[str, object]], str | None]:
    headers = bearer(rider.pk, "rider", now=timezone.now())
    answer = Client().get("/api/badges", headers=headers)
    assert answer.status_code == 200
    return answer.json(), answer.headers.get("Copy-Of")


def test_a_frozen_store_costs_one_time_out_and_the_last_good_copy_says_that_it_is_one(
    rider: User, own_store: Documents
) -> None:
    call_command("prepare_documents")
    make_visit(rider.pk, at=timezone.now())
    services.settle_rider(rider_id=rider.pk, now=timezone.now())
    good, copy_of = ask(rider)
    assert copy_of is None

    freeze(own_store, signal.SIGSTOP)
    frozen = [ask(rider) for _ in range(5)]
    freeze(own_store, signal.SIGCONT)

    assert all((shown, bool(copy)) == (good, True) for shown, copy in frozen)
    assert next(row for row in good if row["id"] == "first_timer")["unlocked"] is True
    # After the first nobody even tries for a while.
    assert mongo._away_until > 0


def kill(store: Documents) -> None:
    assert store.process is not None
    store.process.kill()


def test_a_store_killed_in_the_middle_of_a_rebuild_is_rebuilt_again(
    rider: User, own_store: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_town(rider)
    replace, written = documents.add_riders, []

    def dying(kept: Kept, rows: list[documents.AwardsDocument]) -> None:
        replace(kept, rows)
        written.append(kept.name)
        if len(written) == 2:
            kill(own_store)

    monkeypatch.setattr(documents, "add_riders", dying)
    with pytest.raises(DocumentsAway):
        services.rebuild(now=NOON)
    assert len(written) == 2
    purse = balance(POOL)

    own_store.start()
    riders = patiently(lambda: services.rebuild(now=NOON))

    assert riders == 2
    assert len(documents.everything()["gamification_awards"]) == 2
    assert balance(POOL) == purse


def test_a_store_killed_during_the_nightly_run_loses_nothing_and_moves_no_money(
    rider: User, own_store: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process dies by SIGKILL between two riders; one rider's follow-up was lost before."""
    other = busy_town(rider)
    services.project_catalogues(now=NOON)
    assert project(rider, other) == 2
    for who in (make_rider(), make_rider()):
        make_visit(who.pk, at=NOON)
    settle = services.settle_rider
    settled: list[UUID] = []

    def dying(*, rider_id: UUID, now: datetime) -> list[UUID]:
        settled.append(rider_id)
        if len(settled) == 1:
            kill(own_store)
        return settle(rider_id=rider_id, now=now)

    monkeypatch.setattr(repairing, "settle_rider", dying)

    # The run goes on to its end, and the next one finds nothing to do.
    assert [tasks.repair_awards(), tasks.repair_awards()] == [2, 0]
    after = facts()
    assert tasks.plan_missions() == 0
    services.project_riders(rider_ids=settled, now=timezone.now())
    assert Projection.objects.count() == 2

    # Gone with its files: what comes back is what the rows say, and nothing else moved.
    own_store.stop()
    shutil.rmtree(own_store.folder)
    own_store.start()
    now = NOON + timedelta(days=3)
    assert patiently(lambda: services.rebuild(now=now)) == 4
    rebuilt = documents.everything()
    assert documents.badges() == projections.badges()
    said = projections.riders(rider_ids=sorted([rider.pk, other.pk, *settled]), now=now)
    assert rebuilt["gamification_awards"] == [one.awards for one in said]
    assert rebuilt["gamification_runs"] == [one.runs for one in said]
    assert rebuilt["gamification_streaks"] == [one.streak for one in said]
    assert facts() == after


def facts() -> list[object]:
    """Return every award, reward and balance of PostgreSQL."""
    return [
        list(Award.objects.order_by("pk").values()),
        list(Reward.objects.order_by("pk").values()),
        {pool: balance(pool) for pool in (POOL, "promo_pool:missions-mnp")},
    ]


def test_a_rider_sees_the_own_progress_with_no_store_at_all(rider: User, away: None) -> None:
    del away
    make_visit(rider.pk, at=timezone.now())
    make_visit(rider.pk, at=timezone.now(), category="gym")
    services.settle_rider(rider_id=rider.pk, now=timezone.now())

    shown, copy_of = ask(rider)

    hopper = next(row for row in shown if row["id"] == "coffee_hopper")
    assert (hopper["progress"], hopper["target"], hopper["unlocked"]) == (1, 3, False)
    assert copy_of is not None
