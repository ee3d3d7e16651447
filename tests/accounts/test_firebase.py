"""What an ID token proves: the real SDK against the sandbox's own process, over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from apps.accounts import firebase
from apps.accounts.errors import IdTokenInvalid, IdTokenRevoked, SignInTooOld, SignInUnavailable
from apps.accounts.firebase import Proof
from tests.accounts.id_tokens import BAD, Someone, someone
from tests.accounts.id_tokens import now as seconds
from tests.notifications.clouds import SandboxProcess
from uma.kernel.errors import DomainError
from uma.stack import ports

# Longer than anything here takes.
HANG_S = 60


@pytest.fixture
def who(sandbox: SandboxProcess, phone: str) -> Someone:
    return someone(sandbox, phone)


def verify(token: str) -> Proof:
    return firebase.verify(token, now=datetime.now(UTC))


def test_a_genuine_token_proves_its_number(who: Someone) -> None:
    proof = verify(who.token)

    assert (proof.uid, proof.phone) == (who.uid, who.phone)
    assert timedelta(0) <= datetime.now(UTC) - proof.signed_in_at < timedelta(seconds=10)
    assert proof.expires_at - proof.signed_in_at == timedelta(hours=1)
    assert len(proof.digest) == 64


@pytest.mark.parametrize("name", [name for name, (_, code) in BAD.items() if code[0] != "v"])
def test_a_token_that_proves_nothing_is_refused(who: Someone, name: str) -> None:
    make, code = BAD[name]
    token = make(who)

    with pytest.raises(DomainError) as refused:
        verify(token)

    assert (refused.value.code, refused.value.status) == (code, 401)


def test_there_are_many_ways_to_be_wrong() -> None:
    assert len(BAD) >= 30


def test_clocks_may_differ_by_ten_seconds(who: Someone) -> None:
    who.sandbox.administer("update", localId=who.uid, validSince=str(seconds() - 3600))
    early = who.claiming(iat=seconds() + 7, auth_time=seconds() + 7)
    late = who.claiming(iat=seconds() - 60, exp=seconds() - 7)

    assert verify(early).uid == verify(late).uid == who.uid


def test_a_sign_in_is_fresh_for_five_minutes(who: Someone) -> None:
    signed_in_at = verify(who.token).signed_in_at

    edge = signed_in_at + timedelta(minutes=5)
    assert firebase.verify(who.token, now=edge).uid == who.uid
    with pytest.raises(SignInTooOld):
        firebase.verify(who.token, now=edge + timedelta(seconds=1))


def test_the_spelling_of_a_signature_does_not_make_another_token(who: Someone) -> None:
    signed, _, signature = who.token.rpartition(".")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 256 bytes leave four bits of the last letter without a meaning.
    other = letters[letters.index(signature[-1]) ^ 1]

    again = verify(f"{signed}.{signature[:-1]}{other}")

    assert again.digest == verify(who.token).digest


def test_a_new_key_is_believed_at_once_and_an_old_one_while_it_is_published(
    sandbox: SandboxProcess, who: Someone
) -> None:
    before = verify(who.token)

    sandbox.order("auth/rotate")
    renewed = verify(who.forge())

    assert before.uid == renewed.uid == verify(who.token).uid


def test_made_up_key_names_do_not_make_us_ask_each_time(
    sandbox: SandboxProcess, who: Someone
) -> None:
    verify(who.token)
    with pytest.raises(IdTokenInvalid):
        verify(who.headed(kid="1" * 40))
    sandbox.order("auth/rotate", {"forget": True})

    # The certificates were asked for a moment ago: the new key waits until they may be again.
    with pytest.raises(IdTokenInvalid):
        verify(who.forge())


def test_firebase_down_is_told_at_once_and_tried_again_after_a_pause(
    sandbox: SandboxProcess, who: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(who.token)
    monkeypatch.setattr(firebase, "PAUSE_S", 0.5)
    sandbox.order("auth/fail", {"times": 1})

    with pytest.raises(SignInUnavailable) as refused:
        verify(who.token)
    assert (refused.value.status, refused.value.retry_after_s) == (503, 5)
    # Nobody is sent to a Firebase that was away a moment ago …
    with pytest.raises(SignInUnavailable):
        verify(who.token)
    # … and after the pause somebody is.
    time.sleep(firebase.PAUSE_S)
    assert verify(who.token).uid == who.uid


def test_certificates_that_do_not_come_are_an_outage_and_no_bad_token(
    sandbox: SandboxProcess, who: Someone
) -> None:
    sandbox.order("auth/fail", {"times": 3})

    with pytest.raises(SignInUnavailable):
        verify(who.token)


def test_a_firebase_that_is_gone_is_an_outage(
    sandbox: SandboxProcess, who: Someone, settings: Settings
) -> None:
    settings.FIREBASE_AUTH_URL = f"http://{ports.HOST}:{ports.any_free()}"

    with pytest.raises(SignInUnavailable):
        verify(who.token)
    assert sandbox.url != settings.FIREBASE_AUTH_URL


def test_a_frozen_firebase_is_given_up_and_then_left_alone(
    sandbox: SandboxProcess, who: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(who.token)
    monkeypatch.setattr(firebase, "PAUSE_S", HANG_S)
    sandbox.order("auth/delay", {"seconds": HANG_S})
    started = time.monotonic()

    for _ in range(3):
        with pytest.raises(SignInUnavailable):
            verify(who.token)

    # Firebase has not answered yet: it was not waited for, and asked once.
    assert time.monotonic() - started < HANG_S
    assert sandbox.held == 1


def test_two_threads_at_most_wait_for_a_frozen_firebase(
    sandbox: SandboxProcess, who: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify(who.token)
    monkeypatch.setattr(firebase, "PAUSE_S", HANG_S)
    sandbox.order("auth/delay", {"seconds": HANG_S})

    with ThreadPoolExecutor(8) as crowd:
        told = list(crowd.map(lambda _: refusal(who.token), range(8)))

    assert told == ["sign_in_unavailable"] * 8
    assert sandbox.held == firebase.AT_ONCE


def refusal(token: str) -> str | None:
    try:
        verify(token)
    except DomainError as refused:
        return refused.code
    return None


def test_a_bad_token_is_no_outage(sandbox: SandboxProcess, who: Someone) -> None:
    sandbox.administer("update", localId=who.uid, validSince=str(seconds() + 5))
    with pytest.raises(IdTokenRevoked):
        verify(who.token)
    sandbox.administer("update", localId=who.uid, validSince=str(seconds() - 60))

    assert verify(who.token).uid == who.uid


def test_without_credentials_nobody_signs_in(who: Someone, settings: Settings) -> None:
    settings.FIREBASE_CREDENTIALS = ""

    with pytest.raises(SignInUnavailable):
        verify(who.token)


def test_with_the_emulators_variable_nothing_is_believed(
    who: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099")

    with pytest.raises(ImproperlyConfigured):
        verify(who.token)
