"""Pushing through Google's SDK, over HTTP, against the sandbox."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from firebase_admin import credentials
from pytest_django.fixtures import Settings

from apps.notifications import delivery, push, services
from apps.notifications.models import Device, InboxMessage
from tests.notifications.clouds import ROOT, SandboxProcess
from tests.notifications.making import (
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
    assert "webpush" not in sent


def test_two_pushes_that_come_first_share_one_client(
    sandbox: SandboxProcess, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FCM_URL = f"{sandbox.url}/"  # an address that no client was made for yet
    both, certificate = threading.Barrier(2), credentials.Certificate

    def late(path: str) -> credentials.Certificate:
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        return certificate(path)

    monkeypatch.setattr(credentials, "Certificate", late)
    with ThreadPoolExecutor(2) as pair:
        one, other = pair.map(lambda _: push.client(), range(2))

    assert one is not None
    assert one is other


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


def _environment(sandbox: SandboxProcess) -> dict[str, str]:
    return {
        **os.environ,
        "UMA_FIREBASE_CREDENTIALS": str(sandbox.credentials),
        "UMA_FCM_URL": sandbox.url,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "uma.settings"),
    }
