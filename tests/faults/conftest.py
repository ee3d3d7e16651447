"""A platform of its own for tests that kill parts of it: durable stores, real processes, HTTP."""

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.city import copy_city
from tests.notifications.clouds import SandboxProcess
from uma.kernel.http.lanes import LANES
from uma.stack import ports, programs
from uma.stack.postgres import Cluster
from uma.stack.server import Server
from uma.stack.valkey import Valkey

# Nobody is limited: the tests knock as fast as they can, from one address.
_UNLIMITED = {f"UMA_RATE_{lane.upper()}": "10000000/hour" for lane in LANES}


@dataclass
class Platform:
    """
    PostgreSQL that syncs, Valkey, the web server and a worker, each a process that may be killed.

    `platform.web.process.kill()` is kill -9 of its whole group, `platform.web.start()` brings it
    back at the same address; the same goes for `cluster`, `valkey` and `worker`. The demo city is
    seeded.
    """

    folder: Path
    # Settings that this platform has besides.
    more: Mapping[str, str] = field(default_factory=dict)
    # Where it serves; 0 is any free one.
    port: int = 0
    web_processes: int = 2
    cluster: Cluster = field(init=False)
    valkey: Valkey = field(init=False)
    web: Server = field(init=False)
    worker: Server = field(init=False)
    environment: dict[str, str] = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.cluster = Cluster(folder=self.folder / "postgres")
        self.valkey = Valkey(folder=self.folder / "valkey")
        for store in (self.cluster, self.valkey):
            store.start()
        self.environment = {
            "UMA_DEBUG": "1",
            "DATABASE_URL": self.cluster.serving_url,
            "DATABASE_OWNER_URL": self.cluster.url,
            "REDIS_URL": self.valkey.url,
            # Nobody listens there: money does not need the document store.
            "MONGODB_URL": f"mongodb://{ports.HOST}:{ports.any_free()}/uma?w=majority&journal=true",
            **_UNLIMITED,
            **self.more,
        }
        port = self.port or ports.any_free()
        self.url = f"http://{ports.HOST}:{port}"
        logs = self.folder / "log"
        self.web = programs.web(
            host=ports.HOST,
            port=port,
            workers=self.web_processes,
            environment=self.environment,
            logs=logs,
        )
        self.worker = programs.worker(concurrency=2, environment=self.environment, logs=logs)

    def manage(self, *arguments: str) -> str:
        """Run a management command against this platform and return what it printed."""
        program = programs.python(
            name=arguments[0],
            arguments=["manage.py", *arguments],
            environment=self.environment,
            logs=self.folder / "log",
        )
        return programs.run_to_end(program, title=" ".join(arguments))

    def freeze(self, server: Server) -> None:
        """Stop the process where it is: it keeps its connections and answers nothing."""
        assert server.process is not None
        server.process.ask(signal.SIGSTOP)

    def thaw(self, server: Server) -> None:
        assert server.process is not None
        server.process.ask(signal.SIGCONT)

    def stop(self) -> None:
        for server in (self.web, self.worker, self.valkey, self.cluster):
            if server.process is not None and server.alive():
                server.process.ask(signal.SIGCONT)
                server.stop()


@pytest.fixture(scope="session")
def firebase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """The pretended Firebase that the platform's people sign in with."""
    process = SandboxProcess(tmp_path_factory.mktemp("firebase"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def platform(
    tmp_path_factory: pytest.TempPathFactory, firebase: SandboxProcess
) -> Iterator[Platform]:
    """The running platform with the demo city; a test leaves every part of it running."""
    folder = tmp_path_factory.mktemp("platform")
    copy_city(folder / "postgres")
    platform = Platform(folder, more=firebase.settings)
    platform.web.start()
    platform.worker.start()
    yield platform
    platform.stop()
