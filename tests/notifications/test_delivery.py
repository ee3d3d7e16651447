"""Which pushes leave, when, in which portions, and what is not locked meanwhile."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.notifications import delivery, push, services
from apps.notifications.models import InboxMessage
from tests.notifications.clouds import SandboxProcess
from tests.notifications.making import (
    MORNING,
    NIGHT,
    NOON,
    make_device,
    make_message,
    make_person,
    row,
)

pytestmark = pytest.mark.django_db

State = InboxMessage.PushState


def test_the_sweep_sends_in_batches_of_fifty_oldest_first(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    messages = [make_message(person, now=NOON + timedelta(seconds=n)) for n in range(60)]
    now = NOON + timedelta(hours=1)

    first = services.push_due(now=now)
    sent = set(InboxMessage.objects.filter(push_state=State.SENT).values_list("pk", flat=True))
    second = services.push_due(now=now)

    assert (first, second, services.push_due(now=now)) == (50, 10, 0)
    assert sent == {message.pk for message in messages[:50]}
    assert sandbox.calls == 60


def test_many_phones_of_one_batch_are_sent_in_calls_of_at_most_fifty(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    send = push.Client.send

    def counted(self: push.Client, parcels: Sequence[push.Parcel]) -> list[push.Receipt]:
        sizes.append(len(parcels))
        return send(self, parcels)

    monkeypatch.setattr(push.Client, "send", counted)
    person = make_person()
    for _ in range(delivery.DEVICES_MAX):
        make_device(person)
    for _ in range(12):
        make_message(person)

    services.push_due(now=NOON)

    assert sizes == [50, 10]
    assert InboxMessage.objects.filter(push_state=State.SENT).count() == 12
    assert sandbox.calls == 60


def test_an_evening_push_reached_at_night_waits_for_the_morning(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person, kind="campaign.paused", now=NOON)

    services.push(message_id=message.pk, now=NIGHT)
    assert sandbox.calls == 0
    assert (row(message).next_attempt_at, row(message).attempts) == (MORNING, 0)

    services.push(message_id=message.pk, now=MORNING)
    assert len(sandbox.pushes) == 1


def test_a_back_off_that_ends_at_night_ends_in_the_morning(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    sandbox.order("fcm/fail", {"code": "UNAVAILABLE", "times": 1})
    # One second before ten at night in India.
    before_night = NIGHT - timedelta(hours=1, minutes=30, seconds=1)
    message = make_message(person, kind="reminder", now=before_night)

    services.push(message_id=message.pk, now=before_night)

    assert row(message).next_attempt_at == MORNING


def test_a_handshake_is_pushed_at_night(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)

    services.push(message_id=make_message(person, now=NIGHT).pk, now=NIGHT)

    assert len(sandbox.pushes) == 1


def test_nothing_is_locked_and_no_transaction_is_open_while_fcm_thinks(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    send = push.Client.send

    def watched(self: push.Client, parcels: Sequence[push.Parcel]) -> list[push.Receipt]:
        seen.append([query["sql"].split()[0] for query in queries.captured_queries])
        return send(self, parcels)

    monkeypatch.setattr(push.Client, "send", watched)
    person = make_person()
    make_device(person)
    message = make_message(person)

    with CaptureQueriesContext(connection) as queries:
        services.push(message_id=message.pk, now=NOON)

    # Inside the test's own transaction a committed block shows as a released savepoint.
    assert seen[0][0] == "SAVEPOINT"
    assert seen[0][-1] == "RELEASE"
    assert sandbox.calls == 1


@pytest.mark.django_db(transaction=True)
def test_a_push_inside_somebodys_transaction_is_refused(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person)

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.push(message_id=message.pk, now=NOON)

    assert sandbox.calls == 0


def test_the_back_off_doubles_to_six_hours_and_spreads_over_half_of_itself() -> None:
    ids = [make_message(make_person()).pk for _ in range(3)]

    for attempts, whole_s in [(1, 30), (2, 60), (5, 480), (11, 21_600), (12, 21_600)]:
        waits = [
            delivery.backoff(message_id=pk, attempts=attempts, asked_s=0).total_seconds()
            for pk in ids
        ]
        assert all(whole_s / 2 <= wait <= whole_s for wait in waits)
        assert len(set(waits)) > 1
