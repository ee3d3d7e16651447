"""The sandbox as tests see it: a process of its own, steered and asked over HTTP."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import requests

from apps.sandbox.account import AUDIENCE, EMAIL, GRANT, PROJECT

ROOT = Path(__file__).resolve().parents[2]
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# Only a hang is longer.
TIMEOUT_S = 60
TEST_PREFIX, TEST_CODE = "+120255501", "123456"


class SandboxProcess:
    """`python -m apps.sandbox` on a free port, its credentials and its people in `folder`."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.credentials = folder / "firebase.json"
        self.accounts = folder / "people.json"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "apps.sandbox", "--port", str(port)),
                *("--write-credentials", str(self.credentials)),
                *("--accounts", str(self.accounts), "--test-numbers", f"{TEST_PREFIX}={TEST_CODE}"),
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        word, _, self.url = self._process.stdout.readline().strip().partition(" ")
        assert word == "sandbox", "the sandbox did not start"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a platform that takes this sandbox for Firebase."""
        return {
            "UMA_FIREBASE_CREDENTIALS": str(self.credentials),
            "UMA_FIREBASE_AUTH_URL": self.url,
            "UMA_RECAPTCHA_URL": self.url,
            "UMA_FCM_URL": self.url,
        }

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        self._process.terminate()
        code = self._process.wait(timeout=TIMEOUT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def order(self, action: str, body: Mapping[str, object] | None = None) -> None:
        self.ask(action, body)

    def ask(self, action: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Give an order and return what it answers."""  # Any: whatever that is
        answer = requests.post(f"{self.url}/_control/{action}", json=body or {}, timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def call(self, path: str, body: Mapping[str, object], *, key: str = "any") -> requests.Response:
        """Call Identity Toolkit as a phone app does."""
        return requests.post(f"{self.url}{path}", params={"key": key}, json=body, timeout=TIMEOUT_S)

    def ask_code(self, phone: str) -> requests.Response:
        """Ask for a code as an app does that its phone vouches for."""
        ask = {"phoneNumber": phone, **self.ask("auth/vouch")}
        return self.call("/v1/accounts:sendVerificationCode", ask)

    def send_code(self, phone: str) -> str:
        """Ask for a code and return the session that it belongs to."""
        answer = self.ask_code(phone)
        assert answer.status_code == 200, answer.text
        session: str = answer.json()["sessionInfo"]
        return session

    def code_for(self, phone: str) -> str:
        """Return the newest code that the pretended phone shows for the number."""
        code: str = next(sms["code"] for sms in self.sms if sms["phone"] == phone)
        return code

    def redeem(self, session: str, code: str, **more: object) -> requests.Response:
        return self.call(
            "/v1/accounts:signInWithPhoneNumber", {"sessionInfo": session, "code": code, **more}
        )

    def sign_in(self, phone: str, **more: object) -> dict[str, Any]:
        """Sign in by phone as a person does and return Firebase's answer."""  # Any: JSON
        session = self.send_code(phone)
        code = TEST_CODE if phone.startswith(TEST_PREFIX) else self.code_for(phone)
        answer = self.redeem(session, code, **more)
        assert answer.status_code == 200, answer.text
        signed: dict[str, Any] = answer.json()
        return signed

    def access_token(self) -> str:
        """Return what the project's own server presents."""
        account, now = json.loads(self.credentials.read_text()), int(time.time())
        claims = {"iss": EMAIL, "aud": AUDIENCE, "iat": now, "exp": now + 3600, "scope": SCOPE}
        form = {
            "grant_type": GRANT,
            "assertion": jwt.encode(claims, account["private_key"], algorithm="RS256"),
        }
        token: str = requests.post(f"{self.url}/token", data=form, timeout=TIMEOUT_S).json()[
            "access_token"
        ]
        return token

    def administer(self, action: str, **body: object) -> None:
        """Change or delete an account as the project's own server may."""
        answer = requests.post(
            f"{self.url}/v1/projects/{PROJECT}/accounts:{action}",
            json=body,
            headers={"Authorization": f"Bearer {self.access_token()}"},
            timeout=TIMEOUT_S,
        )
        assert answer.status_code == 200, answer.text

    def forge(self, **order: object) -> str:
        """Return an ID token as `apps.sandbox.identity.Identity.forge` makes it."""
        token: str = self.ask("auth/sign", order)["idToken"]
        return token

    @property
    def sms(self) -> list[dict[str, Any]]:  # Any: JSON
        answer = requests.get(f"{self.url}/_control/sms", timeout=TIMEOUT_S)
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def report(self) -> dict[str, Any]:  # Any: whatever the app sent
        answer = requests.get(f"{self.url}/_control/fcm", timeout=TIMEOUT_S)
        report: dict[str, Any] = answer.json()
        return report

    @property
    def pushes(self) -> list[dict[str, Any]]:  # Any: as above
        pushes: list[dict[str, Any]] = self.report()["pushes"]
        return pushes

    @property
    def calls(self) -> int:
        calls: int = self.report()["calls"]
        return calls

    @property
    def held(self) -> int:
        """Return how many requests have met the delay of Firebase Auth that was ordered last."""
        answer = requests.get(f"{self.url}/_control/auth", timeout=TIMEOUT_S)
        held: int = answer.json()["held"]
        return held

    @property
    def tokens_given(self) -> int:
        answer = requests.get(f"{self.url}/_control/health", timeout=TIMEOUT_S)
        given: int = answer.json()["tokens"]
        return given
