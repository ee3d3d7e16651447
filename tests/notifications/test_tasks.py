"""Periodic jobs: each exists, takes nothing, and runs once at a time; messages carry ids only."""

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

import uma.celery
from apps.notifications import delivery, tasks
from apps.notifications.models import Device, InboxMessage
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import make_device, make_message, make_person, row
from uma.celery import BEAT, app, run_job
from uma.kernel.lease import lease


def test_every_job_on_the_screen_exists_and_needs_no_argument() -> None:
    app.loader.import_default_modules()

    for job in BEAT:
        parameters = inspect.signature(app.tasks[job].run).parameters.values()
        needed = [
            parameter.name
            for parameter in parameters
            if parameter.default is parameter.empty and parameter.kind is parameter.KEYWORD_ONLY
        ]
        assert needed == [], job


def test_beat_hands_every_job_to_the_guard_with_limits() -> None:
    schedule = app.conf.beat_schedule

    assert {entry["kwargs"]["job"] for entry in schedule.values()} == set(BEAT)
    for entry in schedule.values():
        assert entry["task"] == "uma.run_job"
        assert entry["options"]["soft_time_limit"] < entry["options"]["time_limit"]
        assert entry["options"]["expires"] > 0


def test_a_worker_is_dead_before_another_may_take_its_row_or_its_message() -> None:
    assert app.conf.task_time_limit < delivery.LEASE.total_seconds()
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.task_soft_time_limit > tasks.SWEEP_S


def test_a_killed_workers_message_comes_back() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1


def test_a_forged_message_cannot_choose_what_is_called() -> None:
    with pytest.raises(AssertionError):
        run_job(job="celery.backend_cleanup")


@pytest.mark.django_db
def test_a_repeated_message_finds_the_push_done(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person, at=timezone.now())
    message = make_message(person, now=timezone.now())

    tasks.push_message(message_id=str(message.pk))
    tasks.push_message(message_id=str(message.pk))

    assert sandbox.calls == 1
    assert row(message).push_state == "SENT"


@pytest.mark.django_db
def test_the_sweep_pushes_what_no_message_spoke_of_until_nothing_is_left(
    sandbox: SandboxProcess,
) -> None:
    person = make_person()
    make_device(person, at=timezone.now())
    for _ in range(120):
        make_message(person, now=timezone.now())

    tasks.push_forgotten()

    assert InboxMessage.objects.filter(push_state="SENT").count() == 120
    assert len(sandbox.pushes) == 120


@pytest.mark.django_db
def test_the_nightly_job_revokes_idle_phones() -> None:
    make_device(make_person(), at=timezone.now() - timedelta(days=271))

    tasks.revoke_idle_devices()

    assert Device.objects.exclude(revoked_at=None).count() == 1


# --- the lease: two schedulers, one run --------------------------------------------------------


class _Job:
    """Stands in for a task's body: counts its runs and lets two of them meet."""

    def __init__(self) -> None:
        self.runs = 0
        self._lock = threading.Lock()
        self.entered = threading.Event()
        self.leave = threading.Event()

    def __call__(self) -> None:
        with self._lock:
            self.runs += 1
        self.entered.set()
        assert self.leave.wait(timeout=10)


def _two_schedulers(job: _Job) -> list[bool]:
    """Run the job from two threads, the second one while the first is inside."""
    answers: list[bool] = []
    name = next(iter(BEAT))

    def run() -> None:
        answers.append(run_job(job=name))
        # The thread's own connection, or the tables could not be emptied afterwards.
        connection.close()

    first = threading.Thread(target=run)
    first.start()
    assert job.entered.wait(timeout=10)
    second = threading.Thread(target=run)
    second.start()
    second.join(timeout=2)
    job.leave.set()
    first.join(timeout=10)
    second.join(timeout=10)
    return answers


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> _Job:
    job = _Job()
    monkeypatch.setitem(app.tasks, next(iter(BEAT)), job)
    return job


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_run_a_job_once(job: _Job) -> None:
    answers = _two_schedulers(job)

    assert job.runs == 1
    assert sorted(answers) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_without_the_lease_two_schedulers_run_it_twice(
    job: _Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: if this stops running twice, the test above proves nothing."""

    @contextmanager
    def everybodys(name: str) -> Iterator[bool]:
        del name
        yield True

    monkeypatch.setattr(uma.celery, "lease", everybodys)

    answers = _two_schedulers(job)

    assert job.runs == 2
    assert answers == [True, True]


@pytest.mark.django_db
def test_a_lease_is_free_again_after_the_job_even_when_it_failed() -> None:
    def fail() -> None:
        with lease("a job"):
            raise ValueError("job")

    with pytest.raises(ValueError, match="job"):
        fail()

    with lease("a job") as mine:
        assert mine


@pytest.mark.django_db
def test_leases_of_different_names_do_not_meet() -> None:
    with lease("one") as first, lease("other") as second:
        assert first
        assert second
