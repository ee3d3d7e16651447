"""Firebase down or slow: nobody enters, whoever is in stays, and the scans do not notice."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import requests

from apps.accounts.firebase import AT_ONCE, PAUSE_S
from apps.handshake.management import demo_city
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

# Only a hang is longer.
TIMEOUT_S = 60
WITHIN_S = 60
# More than all web processes have threads, three times over.
CROWD = 24
RIDER = demo_city.rider_phone(3)


@pytest.fixture(autouse=True)
def fair_weather(firebase: SandboxProcess) -> Iterator[None]:
    yield
    firebase.order("auth/delay", {"seconds": 0})
    firebase.order("auth/fail", {"times": 0})


def exchange(platform: Platform, token: str) -> requests.Response:
    body = {"idToken": token, "deviceId": "phone-in-the-storm"}
    return requests.post(f"{platform.url}/api/auth/firebase", json=body, timeout=TIMEOUT_S)


def profile(platform: Platform, access: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {access}"}
    return requests.get(f"{platform.url}/api/user/profile", headers=headers, timeout=TIMEOUT_S)


def genuine(firebase: SandboxProcess) -> str:
    signed: dict[str, Any] = firebase.sign_in(RIDER)
    return firebase.forge(uid=signed["localId"], phone=RIDER, claims={"n": str(uuid4())})


def until_in(platform: Platform, firebase: SandboxProcess, *, within_s: float) -> str:
    """Sign in as soon as the platform lets anybody; return the access token."""
    deadline = time.monotonic() + within_s
    while True:
        answer = exchange(platform, genuine(firebase))
        if answer.status_code == 200:
            access: str = answer.json()["access"]
            return access
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)


def test_while_firebase_is_down_sign_in_waits_and_sessions_go_on(
    platform: Platform, firebase: SandboxProcess
) -> None:
    access = until_in(platform, firebase, within_s=WITHIN_S)
    tokens = [genuine(firebase) for _ in range(4)]
    firebase.order("auth/fail", {"times": 1_000})

    answers = [exchange(platform, token) for token in tokens]

    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["code"] for answer in answers} == {"sign_in_unavailable"}
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert profile(platform, access).status_code == 200
    firebase.order("auth/fail", {"times": 0})
    assert until_in(platform, firebase, within_s=WITHIN_S)


def test_a_frozen_firebase_takes_no_thread_from_whoever_is_in(
    platform: Platform, firebase: SandboxProcess
) -> None:
    access = until_in(platform, firebase, within_s=WITHIN_S)
    tokens = [genuine(firebase) for _ in range(CROWD)]
    firebase.order("auth/delay", {"seconds": TIMEOUT_S})
    began = time.monotonic()

    with ThreadPoolExecutor(CROWD) as crowd:
        sign_ins = [crowd.submit(exchange, platform, token) for token in tokens]
        while not all(sign_in.done() for sign_in in sign_ins):
            assert profile(platform, access).status_code == 200
    statuses = [sign_in.result().status_code for sign_in in sign_ins]

    assert statuses == [503] * CROWD
    # However slow the machine is: so many threads wait for Firebase, and for a pause none does.
    pauses = int((time.monotonic() - began) / PAUSE_S)
    assert 1 <= firebase.held <= AT_ONCE * platform.web_processes * (1 + pauses)
