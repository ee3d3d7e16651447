"""Two workers, two phones, two announcements at once; each lock with its control."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import AuditEvent
from apps.notifications import delivery, push, quiet, services
from apps.notifications.models import Device, InboxMessage
from tests.concurrency.meeting import ends_of, stand
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import NOON, make_device, make_message, make_person, row

pytestmark = pytest.mark.django_db(transaction=True)

State = InboxMessage.PushState


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run each act in a thread; return "done" or the refusal's name for each, sorted."""
    return sorted(ends_of(*acts).elements())


# Any: the rows' type does not matter to the lock.
def unlocked(self: QuerySet[Any], **_: object) -> QuerySet[Any]:
    """Stand in for `select_for_update` in the controls."""
    return self


# --- one message, two workers ------------------------------------------------------------------


def _push_twice_at_once(monkeypatch: pytest.MonkeyPatch, message: InboxMessage) -> list[str]:
    """Have two workers meet between choosing rows and marking them."""
    devices_of = delivery._devices_of

    def meet(person_ids: Iterable[UUID]) -> dict[UUID, list[Device]]:
        stand()
        return devices_of(person_ids)

    monkeypatch.setattr(delivery, "_devices_of", meet)
    return at_once(
        lambda: services.push(message_id=message.pk, now=NOON),
        lambda: services.push_due(now=NOON),
    )


def test_two_workers_at_one_message_send_it_once(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person)

    assert _push_twice_at_once(monkeypatch, message) == ["done", "done"]

    assert sandbox.calls == 1
    assert (row(message).push_state, row(message).attempts) == (State.SENT, 1)


def test_without_the_row_lock_two_workers_send_it_twice(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: if this stops sending twice, the test above proves nothing."""
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    person = make_person()
    make_device(person)
    message = make_message(person)

    _push_twice_at_once(monkeypatch, message)

    assert sandbox.calls == 2


def test_a_worker_passes_a_held_row_by_instead_of_waiting(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    held, free = make_message(person), make_message(person)
    done = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            InboxMessage.objects.select_for_update(no_key=True).get(pk=held.pk)
            holding.set()
            assert done.wait(timeout=10)

    def work() -> None:
        assert holding.wait(timeout=10)
        # Waiting would end in the connection's lock_timeout.
        services.push_due(now=NOON)
        done.set()

    holding = threading.Event()
    assert at_once(hold, work) == ["done", "done"]

    assert (row(free).push_state, row(held).push_state) == (State.SENT, State.PENDING)
    assert sandbox.calls == 1


def test_a_worker_whose_lease_ran_out_records_nothing(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person)
    everything = InboxMessage.objects.all()
    later = NOON + delivery.LEASE
    _, frozen = delivery._claim(everything, configured=True, now=NOON)
    _, successor = delivery._claim(everything, configured=True, now=later)
    held = InboxMessage.objects.values().get()

    # The frozen one wakes up while its successor sends, and again after it has recorded.
    failed = [[push.Receipt(push.Verdict.RETRY, "unavailable")]]
    delivery._record(frozen, failed, now=later)
    assert InboxMessage.objects.values().get() == held
    delivery._record(successor, [[push.Receipt(push.Verdict.ACCEPTED)]], now=later)
    delivery._record(frozen, failed, now=later)

    assert (row(message).push_state, row(message).pushed_at) == (State.SENT, later)
    assert sandbox.calls == 0


def test_a_row_under_a_lease_is_taken_by_nobody_until_it_ends(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    make_message(person)
    delivery._claim(InboxMessage.objects.all(), configured=True, now=NOON)

    assert services.push_due(now=NOON + delivery.LEASE - timedelta(seconds=1)) == 0
    assert services.push_due(now=NOON + delivery.LEASE) == 1
    assert sandbox.calls == 1


# --- one failed push, two operators ---------------------------------------------------------------


def _press_twice_at_once(monkeypatch: pytest.MonkeyPatch, message: InboxMessage) -> list[str]:
    """Have two operators meet between seeing that the push failed and making it due."""
    earliest = quiet.earliest

    def meet(*, kind: str, at: datetime, timezone: str, night: quiet.Night) -> datetime:
        stand()
        return earliest(kind=kind, at=at, timezone=timezone, night=night)

    monkeypatch.setattr(quiet, "earliest", meet)

    def press() -> None:
        services.push_again(message_id=message.pk, actor_id=None, reason="", now=NOON)

    return at_once(press, press)


def _failed_message() -> InboxMessage:
    message = make_message(make_person())
    InboxMessage.objects.update(push_state=State.FAILED)
    return message


def test_two_operators_at_one_failed_push_start_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = _press_twice_at_once(monkeypatch, _failed_message())

    assert said == ["PushInProgress", "done"]
    assert AuditEvent.objects.filter(action="message.push-again").count() == 1


def test_without_the_row_lock_two_operators_start_it_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: if only one is let in here, the test above proves nothing."""
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)

    assert _press_twice_at_once(monkeypatch, _failed_message()) == ["done", "done"]


# --- one fact, two announcements ---------------------------------------------------------------


def test_two_announcements_of_one_fact_at_once_are_one_message() -> None:
    person = make_person()
    inserted, go_on = threading.Event(), threading.Event()
    told: list[UUID] = []

    def first() -> None:
        with transaction.atomic():
            told.append(make_message(person, key="one fact").pk)
            inserted.set()
            go_on.wait(timeout=5)

    def second() -> None:
        assert inserted.wait(timeout=5)
        threading.Timer(0.2, go_on.set).start()
        told.append(make_message(person, key="one fact").pk)

    assert at_once(first, second) == ["done", "done"]

    assert told[0] == told[1]
    assert InboxMessage.objects.count() == 1


# --- one phone, two registrations --------------------------------------------------------------


def _register(person: UUID, fid: str, token: str) -> Callable[[], object]:
    return lambda: services.register_device(
        person_id=person, platform="ANDROID", fcm_token=token, fid=fid, now=NOON
    )


def _meet_before_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    save = Device.save

    def late(self: Device, **options: Any) -> None:  # Any: Django's own options
        stand()
        save(self, **options)

    monkeypatch.setattr(Device, "save", late)


def test_a_phone_that_registers_twice_at_once_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person()
    _meet_before_saving(monkeypatch)

    assert at_once(*[_register(person, "f", "t")] * 2) == ["done", "done"]

    assert Device.objects.count() == 1


def test_without_the_second_look_one_of_two_registrations_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the race is real, and the unique address decides it."""
    person = make_person()
    _meet_before_saving(monkeypatch)

    def once() -> None:
        services._register(person, "ANDROID", "t", "f", NOON, None)

    assert at_once(once, once) == ["IntegrityError", "done"]


def test_two_phones_that_swapped_tokens_register_at_once_without_a_deadlock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = make_person()
    make_device(person, fid="f1", fcm_token="t1")
    make_device(person, fid="f2", fcm_token="t2")
    _meet_before_saving(monkeypatch)

    acts = (_register(person, "f1", "t2"), _register(person, "f2", "t1"))

    assert at_once(*acts) == ["done", "done"]


def test_phones_are_locked_in_the_order_of_their_ids() -> None:
    person = make_person()
    with CaptureQueriesContext(connection) as queries:
        make_device(person, fid="f1", fcm_token="t1")

    (lock,) = [query["sql"] for query in queries.captured_queries if "FOR UPDATE" in query["sql"]]
    assert lock.endswith('ORDER BY "notifications_device"."id" ASC FOR UPDATE')


def test_without_the_sorted_locks_swapped_tokens_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: if nobody is refused here, the test above proves nothing."""
    person = make_person()
    make_device(person, fid="f1", fcm_token="t1")
    make_device(person, fid="f2", fcm_token="t2")
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    _meet_before_saving(monkeypatch)

    acts = (_register(person, "f1", "t2"), _register(person, "f2", "t1"))

    assert at_once(*acts) == ["OperationalError", "done"]
