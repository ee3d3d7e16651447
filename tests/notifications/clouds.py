"""The sandbox as tests see it: a process of its own, steered and asked over HTTP."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]


class SandboxProcess:
    """`python -m apps.sandbox` on a free port, its credentials in `folder`."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.credentials = folder / "firebase.json"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "apps.sandbox", "--port", str(port)),
                *("--write-credentials", str(self.credentials)),
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
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        self._process.terminate()
        code = self._process.wait(timeout=5)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def order(self, action: str, body: Mapping[str, object] | None = None) -> None:
        answer = requests.post(f"{self.url}/_control/{action}", json=body or {}, timeout=5)
        assert answer.status_code == 200, answer.text

    def report(self) -> dict[str, Any]:  # Any: whatever the app sent
        answer = requests.get(f"{self.url}/_control/fcm", timeout=5)
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
    def tokens_given(self) -> int:
        answer = requests.get(f"{self.url}/_control/health", timeout=5)
        given: int = answer.json()["tokens"]
        return given
