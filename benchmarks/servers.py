"""A database cluster, a queue and web servers of this measurement's own."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from uma.kernel.http.lanes import LANES
from uma.stack import ports, programs
from uma.stack.postgres import Cluster, Profile
from uma.stack.server import Server
from uma.stack.valkey import Valkey

WEB_WORKERS = 2
CONTROL_SETTINGS = "benchmarks.straightforward.settings"
HORDAK_SETTINGS = "benchmarks.hordak_books.settings"
# Everybody is counted, nobody is refused: the limits' work is part of a request's cost.
_NO_LIMIT = "100000000/hour"


@dataclass(frozen=True)
class Web:
    """A running web server."""

    port: int
    pid: int


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its descendants so far, the ended ones too."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    spent = 0.0
    for member in family:
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    return spent


@dataclass(frozen=True)
class Stores:
    """The running stores and the environment in which the platform finds them."""

    folder: Path
    cluster: Cluster
    environment: Mapping[str, str]

    def postgres_cpu_seconds(self) -> float:
        """Return the processor time of the database's processes so far."""
        assert self.cluster.process is not None
        return cpu_seconds(self.cluster.process.pid)

    @contextmanager
    def web(self, **changes: str) -> Iterator[Web]:
        """Run the web server as `make run` does, without DEBUG."""
        port = ports.any_free()
        server = programs.web(
            host=ports.HOST,
            port=port,
            workers=WEB_WORKERS,
            environment={**self.environment, **changes},
            logs=self.folder / "logs",
        )
        with _running(server, port) as web:
            yield web

    @contextmanager
    def callbacks(self, **changes: str) -> Iterator[Web]:
        """Run the server of callbacks as `make run` does, without DEBUG."""
        port = ports.any_free()
        environment = {**self.environment, **changes}
        server = programs.callbacks(port=port, environment=environment, logs=self.folder / "logs")
        with _running(server, port) as web:
            yield web


@contextmanager
def _running(server: Server, port: int) -> Iterator[Web]:
    server.start()
    assert server.process is not None
    try:
        yield Web(port, server.process.pid)
    finally:
        server.stop()


def _environment(cluster: Cluster, valkey: Valkey) -> dict[str, str]:
    return {
        "UMA_DEBUG": "0",
        "UMA_SSL_REDIRECT": "0",
        "UMA_ALLOWED_HOSTS": ports.HOST,
        "UMA_SECRET_KEY": secrets.token_urlsafe(48),
        "UMA_ACCESS_TOKEN_KEYS": f"B1:{secrets.token_hex(32)}",
        "UMA_REFRESH_KEYS": secrets.token_hex(32),
        "UMA_QR_MASTER_KEYS": f"A1:{secrets.token_hex(32)}",
        "UMA_FIELD_KEYS": f"A1:{secrets.token_hex(32)}",
        "UMA_BLIND_INDEX_KEY": secrets.token_hex(32),
        "UMA_BADGE_KEY": secrets.token_hex(32),
        "UMA_FIREBASE_CREDENTIALS": "",
        "UMA_FCM_URL": "",
        "UMA_FIREBASE_AUTH_URL": "",
        "UMA_RECAPTCHA_URL": "",
        "UMA_LOG_LEVEL": "WARNING",
        "DATABASE_URL": cluster.serving_url,
        "DATABASE_OWNER_URL": cluster.url,
        "REDIS_URL": valkey.url,
        "DJANGO_SETTINGS_MODULE": "uma.settings",
        **{f"UMA_RATE_{lane.upper()}": _NO_LIMIT for lane in LANES},
    }


@contextmanager
def stores() -> Iterator[Stores]:
    """Start an empty, migrated database that cares for power cuts, and a Valkey; then clear up."""
    folder = Path(tempfile.mkdtemp(prefix="uma-bench-"))
    folder.chmod(0o711)
    cluster = Cluster(folder=folder / "postgres", profile=Profile.DURABLE)
    valkey = Valkey(folder=folder / "valkey", durable=False)
    try:
        cluster.start()
        valkey.start()
        environment = _environment(cluster, valkey)
        # This process makes the control's tables, so it is their owner; the servers only serve.
        os.environ.update(
            environment | {"DATABASE_URL": cluster.url, "DJANGO_SETTINGS_MODULE": CONTROL_SETTINGS}
        )
        for command in (["migrate", "--skip-checks"], ["grant"]):
            program = programs.python(
                name=command[0],
                arguments=["manage.py", *command],
                environment=environment,
                logs=folder / "logs",
            )
            programs.run_to_end(program, title=f"The command {command[0]}")
        yield Stores(folder, cluster, environment)
    finally:
        valkey.stop()
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
