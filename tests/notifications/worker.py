"""A real Celery worker to kill: its own process group, its own log."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psutil
from django.db import connection

from tests.notifications.clouds import ROOT


def database_url() -> str:
    """Return the URL of the database that this test is connected to."""
    facts = connection.settings_dict
    login = quote(facts["USER"], safe="")
    if facts["PASSWORD"]:
        login += ":" + quote(facts["PASSWORD"], safe="")
    port = f":{facts['PORT']}" if facts["PORT"] else ""
    return f"postgresql://{login}@{quote(facts['HOST'], safe='')}{port}/{facts['NAME']}"


class Worker:
    """`celery worker` with `concurrency` children, restarted after every killing."""

    def __init__(self, *, log: Path, environment: Mapping[str, str], concurrency: int = 2) -> None:
        self._log = log
        self._environment = {**os.environ, **environment, "DATABASE_URL": database_url()}
        self._concurrency = concurrency
        self._process: subprocess.Popen[bytes] | None = None
        self._ready_before = 0

    @property
    def is_alive(self) -> bool:
        """Tell whether the main process runs; it ends itself when all its first children die."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        self._ready_before = self._count_ready()
        command = (
            *(sys.executable, "-m", "celery", "-A", "uma", "worker", "--loglevel", "info"),
            *("--pool", "prefork", "--concurrency", str(self._concurrency)),
            *("--without-gossip", "--without-mingle"),
        )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, within: float = 30) -> None:
        """Wait until the worker that was started last takes messages."""
        deadline = time.monotonic() + within
        while self._count_ready() <= self._ready_before:
            assert time.monotonic() < deadline, self._log.read_text()[-2_000:]
            time.sleep(0.05)

    def kill_child(self, chance: random.Random) -> bool:
        """Kill -9 one of the children; tell whether there was one."""
        children = self._children()
        if not children:
            return False
        try:
            chance.choice(children).kill()
        except psutil.NoSuchProcess:
            return False
        return True

    def kill_main(self) -> None:
        """Kill -9 the main process alone; its children find out."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_all(self) -> None:
        """Kill -9 the main process and whatever is left of its group."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _count_ready(self) -> int:
        return self._log.read_text().count(" ready.") if self._log.exists() else 0

    def _children(self) -> list[psutil.Process]:
        assert self._process is not None
        try:
            return psutil.Process(self._process.pid).children()
        except psutil.NoSuchProcess:
            return []
