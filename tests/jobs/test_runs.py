"""The job monitor: each run of a periodic job leaves what became of it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.test import Client

from apps.jobs import readings, services, tasks
from apps.jobs.models import JobRun
from tests.factories import NOON
from uma.celery import BEAT, app, run_job

pytestmark = pytest.mark.django_db

JOB = "apps.gamification.tasks.settle_no_shows"
MINUTE = timedelta(minutes=1)
Facts = tuple[str, int, int | None, str]


def run(*, did: int | None, at: datetime = NOON, error: str = "", job: str = JOB) -> UUID:
    run_id = services.begin(job=job, now=at)
    services.end(run_id=run_id, did=did, error=error, now=at + timedelta(seconds=1))
    return run_id


def found() -> list[Facts]:
    """Return the runs as the console lists them, the oldest first."""
    rows = JobRun.objects.order_by("started_at", "pk")
    return list(rows.values_list("outcome", "runs", "did", "error"))


def test_a_run_is_seen_while_it_lasts_and_after() -> None:
    run_id = services.begin(job=JOB, now=NOON)
    assert found() == [("RUNNING", 1, None, "")]

    services.end(run_id=run_id, did=3, error="", now=NOON + MINUTE)

    assert found() == [("DONE", 1, 3, "")]
    row = JobRun.objects.get()
    assert (row.job, row.started_at, row.ended_at) == (JOB, NOON, NOON + MINUTE)


def test_runs_that_find_nothing_share_a_row_and_those_that_do_have_their_own() -> None:
    for minute, did in enumerate([0, 0, 0, 7, 0, 0]):
        run(did=did, at=NOON + minute * MINUTE)

    assert found() == [("DONE", 3, 0, ""), ("DONE", 1, 7, ""), ("DONE", 2, 0, "")]
    assert JobRun.objects.earliest("started_at").ended_at == NOON + 2 * MINUTE + timedelta(
        seconds=1
    )


def test_a_new_day_begins_a_new_row() -> None:
    for day in range(2):
        run(did=0, at=NOON + timedelta(days=day))

    assert found() == [("DONE", 1, 0, ""), ("DONE", 1, 0, "")]


def test_another_jobs_idle_run_has_its_own_row() -> None:
    run(did=0)
    run(did=0, job="apps.handshake.tasks.sweep_released")

    assert len(found()) == 2


def test_a_failure_keeps_its_row_and_names_its_class() -> None:
    run(did=0)
    run(did=None, error="BooksDoNotBalance", at=NOON + MINUTE)
    run(did=0, at=NOON + 2 * MINUTE)

    assert found() == [
        ("DONE", 1, 0, ""),
        ("FAILED", 1, None, "BooksDoNotBalance"),
        ("DONE", 1, 0, ""),
    ]


def test_a_run_whose_worker_died_is_lost_once_the_next_begins() -> None:
    died = services.begin(job=JOB, now=NOON)
    services.begin(job="apps.handshake.tasks.sweep_released", now=NOON)

    run(did=0, at=NOON + MINUTE)

    assert found() == [("LOST", 1, None, ""), ("RUNNING", 1, None, ""), ("DONE", 1, 0, "")]
    # It comes back from a long sleep and has nothing more to say.
    services.end(run_id=died, did=5, error="", now=NOON + 2 * MINUTE)
    assert found()[0] == ("LOST", 1, None, "")


def overdue(now: datetime) -> dict[str, float]:
    """Return by how much each job is late."""
    late = readings.overdue_s(now)
    assert isinstance(late, Mapping)
    return {job: seconds for (job,), seconds in late.items()}


def test_a_job_that_never_ran_is_late_since_the_server_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("uma.kernel.readings.STARTED_AT", NOON)
    nightly = "apps.handshake.tasks.verify_ledger"
    late = overdue(NOON + 20 * MINUTE)
    assert late[JOB] == 19 * 60
    assert late[nightly] == 0
    assert set(late) == set(BEAT)
    assert overdue(NOON + timedelta(days=1))[nightly] > 3_600

    run(did=0, at=NOON + 19 * MINUTE)

    assert overdue(NOON + 20 * MINUTE)[JOB] == 0


def test_a_run_that_was_lost_counts_from_when_that_was_found() -> None:
    services.begin(job=JOB, now=NOON - timedelta(days=1))
    assert readings.failed(NOON) == {}

    run(did=0, at=NOON)

    assert readings.failed(NOON + MINUTE) == {(JOB,): 1.0}
    assert readings.failed(NOON + 61 * MINUTE) == {}


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("jobs_run_running_once", {}),
        ("jobs_run_ended_when_over", {"outcome": "DONE"}),
        ("jobs_run_ended_when_over", {"job": "other", "ended_at": NOON}),
        ("jobs_run_ended_when_over", {"outcome": "AWAY", "ended_at": NOON}),
        ("jobs_run_counts_in_range", {"job": "other", "runs": 0}),
        ("jobs_run_counts_in_range", {"job": "other", "did": -1}),
    ],
)
def test_a_run_that_cannot_be_is_refused(constraint: str, facts: dict[str, object]) -> None:
    services.begin(job=JOB, now=NOON)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        JobRun.objects.create(**({"job": JOB, "started_at": NOON} | facts))


def test_old_runs_are_forgotten_in_batches() -> None:
    for days in (0, 30, 31, 32, 33):
        run(did=1, at=NOON - timedelta(days=days))

    assert services.forget(now=NOON, limit=2) == 2
    assert services.forget(now=NOON, limit=2) == 1
    assert JobRun.objects.count() == 2


def test_the_nightly_job_forgets_all_that_is_old() -> None:
    for days in range(31, 36):
        run(did=1, at=NOON - timedelta(days=3650 + days))

    assert tasks.forget_runs(limit=2) == 5
    assert not JobRun.objects.exists()


@pytest.fixture
def stands_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], str]:
    """Put a body in the place of the first job's, and return the job's name."""

    def put(body: Callable[[], object]) -> str:
        name = next(iter(BEAT))
        monkeypatch.setitem(app.tasks, name, body)
        return name

    return put


Put = Callable[[Callable[[], object]], str]


@pytest.mark.parametrize(("answer", "did"), [(4, 4), (None, None), ("text", None)])
def test_what_a_job_counts_is_what_its_task_returns(
    stands_in: Put, answer: object, did: int | None
) -> None:
    assert run_job(job=stands_in(lambda: answer))

    assert found() == [("DONE", 1, did, "")]


def test_a_job_that_fails_is_seen_to_fail_and_fails(stands_in: Put) -> None:
    def fails() -> None:
        raise LookupError("the phone number of somebody")

    with pytest.raises(LookupError):
        run_job(job=stands_in(fails))

    assert found() == [("FAILED", 1, None, "LookupError")]


# Who asks other people's systems refuses to do so inside a transaction, be it a test's.
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cloud")
def test_every_job_of_the_clock_leaves_a_run() -> None:
    app.loader.import_default_modules()

    for job in BEAT:
        run_job(job=job)

    assert set(JobRun.objects.values_list("job", "outcome")) == {(job, "DONE") for job in BEAT}


def test_the_console_shows_what_ran(client: Client) -> None:
    chief = get_user_model().objects.create_superuser(username="chief", password="a pass phrase")
    client.force_login(chief)
    run(did=12)
    run(did=None, error="BooksDoNotBalance", job="apps.handshake.tasks.verify_ledger")

    page = client.get("/admin/jobs/jobrun/").content.decode()

    assert "gamification: settle no shows" in page
    assert "handshake: verify ledger" in page
    assert "✗ failed" in page
    assert "BooksDoNotBalance" in page
    one = client.get("/admin/jobs/jobrun/", {"job": JOB}).content.decode()
    assert "BooksDoNotBalance" not in one
    assert "1 job run" in one
