"""
Servers for the length of one test run or one command: fast, of their own, gone afterwards.

Each run owns one numbered folder under `.local/test/`, so that two runs in one checkout never meet.
What the environment names (`DATABASE_URL`, `REDIS_URL`) is used instead.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from uma.stack import folder as folders
from uma.stack.errors import StackError
from uma.stack.postgres import Cluster, Profile
from uma.stack.process import stop as stop_processes
from uma.stack.valkey import Valkey

_SLOTS = 16


class Disposable:
    """The servers of one run; `start` puts their addresses into this process's environment."""

    def __init__(self) -> None:
        self.folder = Path()
        self._owner: folders.Owner | None = None
        self._running: list[Cluster | Valkey] = []

    def start(self) -> None:
        """
        Start what the environment does not name.

        Raises:
            StackError: a server does not start, or too many runs are active.
        """
        self.folder = self._own_folder()
        if not os.environ.get("DATABASE_URL"):
            cluster = Cluster(folder=self.folder / "postgres", profile=Profile.DISPOSABLE)
            self._launch(cluster)
            os.environ["DATABASE_URL"] = cluster.url
        if not os.environ.get("REDIS_URL"):
            valkey = Valkey(folder=self.folder / "valkey", durable=False)
            self._launch(valkey)
            os.environ["REDIS_URL"] = valkey.url
        for server in self._running:
            server.wait_ready()

    def stop(self) -> None:
        stop_processes([server.process for server in self._running if server.process], within=5)
        self._running.clear()
        if self._owner is not None:
            self._owner.leave()

    def _launch(self, server: Cluster | Valkey) -> None:
        self._running.append(server)
        try:
            server.launch()
        except StackError:
            # A power cut may have spoiled what is never synced: once more from nothing.
            shutil.rmtree(server.folder, ignore_errors=True)
            server.launch()

    def _own_folder(self) -> Path:
        for number in range(1, _SLOTS + 1):
            folder = folders.LOCAL / "test" / str(number)
            folders.make_private(folder)
            self._owner = folders.Owner(folder)
            if self._owner.take():
                folders.require_space(folder)
                return folder
        raise StackError(f"{_SLOTS} test runs are active in this checkout.", "Wait for one to end.")


def main() -> int:
    """Run the command that stands in the arguments against servers of its own."""
    servers = Disposable()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        servers.start()
        return subprocess.run(sys.argv[1:], check=False).returncode
    except StackError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main())
