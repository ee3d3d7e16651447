"""Pushing through Google's SDK, over HTTP, against the sandbox."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from apps.notifications import delivery, push, services
from apps.notifications.models import Device, InboxMessage
from tests.notifications.clouds import ROOT, SandboxProcess
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


def test_a_push_reaches_the_phone_with_the_words_of_the_message(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person, fid="fid-a")
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    (sent,) = sandbox.pushes
    assert sent["address"] == "fid-a"
    assert sent["message"]["notification"] == {
        "title": "Your visit is verified",
        "body": "150 rupees are in your wallet.",
    }
    assert sent["message"]["data"] == {
        "bookingId": "b-1",
        "amount": "150",
        "messageId": str(message.pk),
        "kind": "handshake.success",
    }
    after = row(message)
    assert (after.push_state, after.pushed_at, after.attempts) == (State.SENT, NOON, 1)


def test_every_copy_of_a_push_carries_the_same_tag_for_the_phones_shade(
    sandbox: SandboxProcess,
) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    sent = sandbox.pushes[0]["message"]
    assert sent["android"]["notification"]["tag"] == str(message.pk)
    assert sent["android"]["priority"] == "high"
    assert sent["apns"]["headers"]["apns-collapse-id"] == str(message.pk)
    assert sent["webpush"]["notification"]["tag"] == str(message.pk)


def test_a_message_that_was_sent_is_not_sent_again(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)
    services.push(message_id=message.pk, now=NOON + timedelta(days=1))

    assert sandbox.calls == 1


def test_a_phone_known_by_its_installation_and_its_token_is_called_by_the_installation(
    sandbox: SandboxProcess,
) -> None:
    person = make_person()
    make_device(person, fid="fid-b", fcm_token="token-b")
    make_device(person, fcm_token="token-only")

    services.push(message_id=make_message(person).pk, now=NOON)

    targets = [
        {name: sent["message"][name] for name in ("fid", "token") if name in sent["message"]}
        for sent in sandbox.pushes
    ]
    assert sorted(targets, key=str) == [{"fid": "fid-b"}, {"token": "token-only"}]


@pytest.mark.parametrize(
    ("code", "reason"),
    [("UNREGISTERED", "unregistered"), ("SENDER_ID_MISMATCH", "sender_id_mismatch")],
)
def test_a_dead_phone_is_forgotten_and_the_living_one_gets_the_push(
    sandbox: SandboxProcess, code: str, reason: str
) -> None:
    person = make_person()
    dead = make_device(person, fid="fid-dead")
    alive = make_device(person, fid="fid-alive")
    sandbox.order("fcm/addresses", {"fid-dead": code})
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    assert [sent["address"] for sent in sandbox.pushes] == ["fid-alive"]
    assert row(message).push_state == State.SENT
    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.revoked_at, dead.revoked_reason) == (NOON, reason)
    assert alive.revoked_at is None


def test_a_person_whose_only_phone_is_dead_keeps_the_inbox_row(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person, fid="fid-gone")
    sandbox.order("fcm/addresses", {"fid-gone": "UNREGISTERED"})
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    after = row(message)
    assert (after.push_state, after.last_error, after.pushed_at) == (
        State.SKIPPED,
        "no_device",
        None,
    )


def test_a_phone_that_came_back_while_fcm_answered_is_kept() -> None:
    person = make_person()
    device = make_device(person, fid="fid-back")
    seen_at_claim = Device.objects.get(pk=device.pk)
    make_device(person, fid="fid-back", at=NOON + timedelta(seconds=2))

    delivery._prune(seen_at_claim, "unregistered", now=NOON)

    device.refresh_from_db()
    assert device.revoked_at is None


def test_a_person_without_a_phone_has_the_inbox_only(sandbox: SandboxProcess) -> None:
    message = make_message(make_person())

    services.push(message_id=message.pk, now=NOON)

    assert sandbox.calls == 0
    assert (row(message).push_state, row(message).last_error) == (State.SKIPPED, "no_device")


def test_without_credentials_the_inbox_row_stays_and_says_why(settings: Settings) -> None:
    settings.FIREBASE_CREDENTIALS = ""
    person = make_person()
    make_device(person)
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    after = row(message)
    assert (after.push_state, after.last_error) == (State.SKIPPED, "push_not_configured")
    assert after.attempts == 0


def test_a_credentials_file_that_is_not_there_costs_no_attempt(
    settings: Settings, tmp_path: Path
) -> None:
    settings.FIREBASE_CREDENTIALS = str(tmp_path / "absent.json")
    person = make_person()
    make_device(person)
    message = make_message(person)

    with pytest.raises(OSError, match=r"absent\.json"):
        services.push(message_id=message.pk, now=NOON)

    assert (row(message).push_state, row(message).attempts) == (State.PENDING, 0)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("UNAVAILABLE", "unavailable"),
        ("INTERNAL", "internal"),
        ("QUOTA_EXCEEDED", "resource_exhausted"),
    ],
)
def test_a_passing_failure_is_tried_once_now_and_again_after_the_back_off(
    sandbox: SandboxProcess, code: str, error: str
) -> None:
    person = make_person()
    make_device(person)
    sandbox.order("fcm/fail", {"code": code, "times": 1})
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    # Once: the SDK's own four repeats inside the lease are off.
    assert sandbox.calls == 1
    after = row(message)
    assert (after.push_state, after.attempts, after.last_error) == (State.PENDING, 1, error)
    assert NOON + timedelta(seconds=15) <= after.next_attempt_at <= NOON + timedelta(seconds=30)

    services.push(message_id=message.pk, now=after.next_attempt_at - timedelta(seconds=1))
    assert sandbox.calls == 1
    services.push(message_id=message.pk, now=after.next_attempt_at)
    assert len(sandbox.pushes) == 1
    assert (row(message).push_state, row(message).last_error) == (State.SENT, "")


def test_fcms_own_wish_to_wait_is_respected(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    sandbox.order("fcm/fail", {"code": "QUOTA_EXCEEDED", "times": 1, "retryAfter": 600})
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    assert row(message).next_attempt_at == NOON + timedelta(seconds=600)


def test_twelve_failures_end_the_push_and_never_the_message(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    sandbox.order("fcm/fail", {"code": "UNAVAILABLE", "times": 100})
    message = make_message(person)

    for _ in range(20):
        services.push(message_id=message.pk, now=row(message).next_attempt_at)

    after = row(message)
    assert sandbox.calls == delivery.ATTEMPTS_MAX
    assert (after.push_state, after.attempts) == (State.FAILED, delivery.ATTEMPTS_MAX)
    assert after.last_error == "unavailable"


def test_a_message_that_kills_its_worker_twelve_times_is_left_alone(
    sandbox: SandboxProcess,
) -> None:
    person = make_person()
    make_device(person)
    message = make_message(person)
    InboxMessage.objects.update(attempts=delivery.ATTEMPTS_MAX)

    services.push(message_id=message.pk, now=NOON)

    assert sandbox.calls == 0
    assert (row(message).push_state, row(message).last_error) == (
        State.FAILED,
        "attempts_exhausted",
    )


def test_a_message_fcm_will_never_take_is_not_tried_again(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person, fid="fid-odd")
    sandbox.order("fcm/addresses", {"fid-odd": "INVALID_ARGUMENT"})
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    assert (row(message).push_state, row(message).last_error) == (State.FAILED, "invalid_argument")
    assert Device.objects.get(fid="fid-odd").revoked_at is None


def test_a_vanished_fcm_costs_an_attempt_and_no_more(settings: Settings, tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path)
    settings.FIREBASE_CREDENTIALS = str(process.credentials)
    settings.FCM_URL = process.url
    process.stop()
    person = make_person()
    make_device(person)
    message = make_message(person)

    services.push(message_id=message.pk, now=NOON)

    after = row(message)
    assert (after.push_state, after.attempts) == (State.PENDING, 1)
    assert after.last_error == "fcm_unauthorized"


def test_a_dead_access_token_is_renewed_without_costing_the_push(sandbox: SandboxProcess) -> None:
    person = make_person()
    make_device(person)
    services.push(message_id=make_message(person).pk, now=NOON)
    sandbox.order("revoke-tokens")

    message = make_message(person)
    services.push(message_id=message.pk, now=NOON)

    assert row(message).push_state == State.SENT


def test_fifty_pushes_need_one_access_token(sandbox: SandboxProcess) -> None:
    # A process of its own, because this one has its token already.
    script = (
        "import os, sys, django; django.setup()\n"
        "from apps.notifications import push\n"
        "parcel = lambda n: push.Parcel(str(n), 'k', 't', 'b', {}, False, f'fid-{n}', '')\n"
        "print(sum(r.verdict is push.Verdict.ACCEPTED"
        " for r in push.client().send([parcel(n) for n in range(50)])))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        env=_environment(sandbox),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "50"
    assert len(sandbox.pushes) == 50
    assert sandbox.tokens_given == 1


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


def _environment(sandbox: SandboxProcess) -> dict[str, str]:
    return {
        **os.environ,
        "UMA_FIREBASE_CREDENTIALS": str(sandbox.credentials),
        "UMA_FCM_URL": sandbox.url,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "uma.settings"),
    }
