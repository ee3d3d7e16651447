"""A copy of the project's code in a folder of its own, and commands that run there."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from uma.stack.folder import ROOT

_MINE = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "MONGODB_URL")


@dataclass
class Terminal:
    """One project folder, in which `python -m uma.stack …` is run as a person would."""

    folder: Path

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in _MINE and not name.startswith(("UMA_", "PYTEST_", "COV_"))
        }
        return subprocess.Popen(
            [sys.executable, "-m", "uma.stack", *command],
            cwd=self.folder,
            env={**clean, "UMA_DEBUG": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, **environment: str) -> tuple[int, str]:
        with self.start(*command, **environment) as process:
            said, _ = process.communicate(timeout=120)
            return process.returncode, said

    def processes(self) -> list[psutil.Process]:
        """Every live process that has this folder in its command line or works in it."""
        return [process for process in psutil.process_iter() if self._is_mine(process)]

    def gone_within(self, seconds: float) -> list[psutil.Process]:
        """Wait for all of them to end; return those that did not."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def _is_mine(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            words = " ".join(process.cmdline())
            return str(self.folder) in words or process.cwd().startswith(str(self.folder))
        except psutil.Error:
            return False


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The project's code in a new folder; afterwards nothing runs there."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("uma", "apps", "templates", "static"):
        # With what Python has compiled: each of the platform's programs would compile it all again.
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "manage.py", folder)
    terminal = Terminal(folder)
    yield terminal
    for process in terminal.processes():
        process.send_signal(signal.SIGKILL)
    assert not terminal.gone_within(10)


@pytest.fixture
def until() -> Callable[[Callable[[], bool], float], None]:
    """Wait for a condition, in seconds; fail when it does not come."""

    def wait(condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        pytest.fail(f"Nothing came within {seconds} s.")

    return wait
