"""The pretended Firebase: as strict as the real one where it matters."""

import json
import signal
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.sandbox.account import AUDIENCE, EMAIL, GRANT, PROJECT
from tests.notifications.clouds import SandboxProcess

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    process = SandboxProcess(tmp_path_factory.mktemp("firebase"))
    yield process
    process.stop()


@pytest.fixture(autouse=True)
def fresh(sandbox: SandboxProcess) -> None:
    sandbox.order("reset")


def _assertion(sandbox: SandboxProcess, **changes: object) -> str:
    account = json.loads(sandbox.credentials.read_text())
    now = int(time.time())
    claims = {"iss": EMAIL, "aud": AUDIENCE, "iat": now, "exp": now + 3600, "scope": SCOPE}
    return jwt.encode(claims | changes, account["private_key"], algorithm="RS256")


def _exchange(sandbox: SandboxProcess, assertion: str, grant: str = GRANT) -> requests.Response:
    form = {"grant_type": grant, "assertion": assertion}
    return requests.post(f"{sandbox.url}/token", data=form, timeout=5)


def _token(sandbox: SandboxProcess) -> str:
    token: str = _exchange(sandbox, _assertion(sandbox)).json()["access_token"]
    return token


def _send(
    sandbox: SandboxProcess,
    message: Mapping[str, object],
    *,
    project: str = PROJECT,
    token: str = "",
) -> Any:  # Any: the JSON answer
    answer = requests.post(
        f"{sandbox.url}/v1/projects/{project}/messages:send",
        json={"message": message},
        headers={"Authorization": f"Bearer {token or _token(sandbox)}"},
        timeout=5,
    )
    return answer.status_code, answer.json()


def test_an_assertion_of_the_accounts_own_key_buys_a_token(sandbox: SandboxProcess) -> None:
    answer = _exchange(sandbox, _assertion(sandbox))

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"


def test_assertions_that_google_would_refuse_buy_nothing(sandbox: SandboxProcess) -> None:
    now = int(time.time())
    strangers = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = {"iss": EMAIL, "aud": AUDIENCE, "iat": now, "exp": now + 60, "scope": SCOPE}
    bad = {
        "a stranger's key": jwt.encode(claims, strangers, algorithm="RS256"),
        "a shared secret": jwt.encode(
            claims, "a-shared-secret-of-32-bytes-or-more", algorithm="HS256"
        ),
        "no signature": jwt.encode(claims, "", algorithm="none"),
        "expired": _assertion(sandbox, iat=now - 7200, exp=now - 3600),
        "too long a life": _assertion(sandbox, exp=now + 3700),
        "another issuer": _assertion(sandbox, iss="other@example.iam"),
        "another audience": _assertion(sandbox, aud="https://example.org/token"),
        "a scope that does not send": _assertion(sandbox, scope="https://example.org/read"),
        "not a token": "x.y.z",
    }

    answers = {name: _exchange(sandbox, assertion).status_code for name, assertion in bad.items()}

    assert answers == dict.fromkeys(bad, 400)
    assert _exchange(sandbox, _assertion(sandbox), grant="password").status_code == 400
    assert sandbox.tokens_given == 0


def test_a_message_is_taken_only_with_a_living_token(sandbox: SandboxProcess) -> None:
    token = _token(sandbox)

    assert _send(sandbox, {"fid": "f"}, token="made-up")[0] == 401
    sandbox.order("revoke-tokens")
    assert _send(sandbox, {"fid": "f"}, token=token)[0] == 401
    assert sandbox.pushes == []
    assert _send(sandbox, {"fid": "f"})[0] == 200
    assert [sent["address"] for sent in sandbox.pushes] == ["f"]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"fid": "f", "token": "t"},
        {"fid": "f", "data": {"n": 1}},
        {"fid": "f", "data": {"n": "x" * 9_000}},
    ],
)
def test_a_message_without_one_target_or_with_odd_data_is_invalid(
    sandbox: SandboxProcess, message: dict[str, object]
) -> None:
    status, body = _send(sandbox, message)

    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert sandbox.pushes == []


def test_another_project_is_another_sender(sandbox: SandboxProcess) -> None:
    status, body = _send(sandbox, {"fid": "f"}, project="somebody-elses")

    assert (status, body["error"]["details"][0]["errorCode"]) == (403, "SENDER_ID_MISMATCH")


def test_it_fails_as_often_as_it_was_told_to(sandbox: SandboxProcess) -> None:
    sandbox.order("fcm/fail", {"code": "UNAVAILABLE", "times": 2})

    assert [_send(sandbox, {"fid": "f"})[0] for _ in range(3)] == [503, 503, 200]
    assert sandbox.calls == 3


def test_it_is_as_slow_as_it_was_told_to_be(sandbox: SandboxProcess) -> None:
    sandbox.order("fcm/delay", {"seconds": 0.3})
    token = _token(sandbox)
    started = time.monotonic()

    _send(sandbox, {"fid": "f"}, token=token)

    assert time.monotonic() - started >= 0.3


def test_an_order_it_does_not_know_is_refused(sandbox: SandboxProcess) -> None:
    for action, body in [
        ("fcm/fail", {"code": "ODD", "times": 1}),
        ("fcm/fail", {}),
        ("nothing", {}),
    ]:
        answer = requests.post(f"{sandbox.url}/_control/{action}", json=body, timeout=5)
        assert answer.status_code in {400, 404}


def test_the_credentials_are_for_their_owners_eyes_and_survive_a_restart(tmp_path: Path) -> None:
    first = SandboxProcess(tmp_path)
    before = first.credentials.read_text()
    assert stat.S_IMODE(first.credentials.stat().st_mode) == 0o600
    assert first.stop() == 0

    second = SandboxProcess(tmp_path, port=first.port)

    assert second.credentials.read_text() == before
    assert _exchange(second, _assertion(first)).status_code == 200
    assert second.stop() == 0


def test_every_new_sandbox_has_a_key_of_its_own(sandbox: SandboxProcess, tmp_path: Path) -> None:
    other = SandboxProcess(tmp_path)

    answer = _exchange(other, _assertion(sandbox))

    other.stop()
    assert answer.status_code == 400


def test_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    process = SandboxProcess(tmp_path)
    process._process.send_signal(signal.SIGINT)
    assert process._process.wait(timeout=5) == 0
    process.stop()
