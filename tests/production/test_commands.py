"""What compose runs, word by word, on real programs: Valkey, and the worker and beat that speak to it."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tests.faults.conftest import Platform
from tests.notifications.queueing import until
from tests.production.test_compose import SERVICES
from uma.stack import ports, process
from uma.stack.folder import ROOT
from uma.stack.process import Process, Program
from uma.stack.valkey import find_binary

pytestmark = pytest.mark.timeout(120)
PASSWORD = "a-password-of-valkey"
# The clock's quickest: each five seconds, and runs that find nothing share a row.
RAN = "SELECT sum(runs) FROM jobs_jobrun WHERE job = 'apps.handshake.tasks.sweep_released' AND outcome = 'DONE'"


def command(service: str) -> list[str]:
    """Return the words of a service's command, as compose passes them on."""
    said = SERVICES[service]["command"].replace("${VALKEY_PASSWORD:?}", PASSWORD)
    assert "$" not in said
    return shlex.split(said)


class Running:
    """Processes of this test; they end with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: list[Process] = []

    def start(self, name: str, words: list[str], **environment: str) -> Process:
        one = Program(
            name=name,
            command=words,
            log=self.folder / f"{name}.log",
            environment={**os.environ, **environment},
            folder=ROOT,
        )
        self.all.append(process.start(one))
        return self.all[-1]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    yield one
    for started in reversed(one.all):
        started.kill()


def test_the_commands_of_valkey_worker_and_beat_do_what_they_are_there_for(
    platform: Platform, running: Running, tmp_path: Path
) -> None:
    port = ports.any_free()
    name, *words = command("valkey")
    assert name == "valkey-server"
    where = ["--port", str(port), "--bind", ports.HOST, "--dir", str(tmp_path)]
    running.start("valkey", [str(find_binary()), *words, *where])
    until(lambda: ports.is_open(port))
    url = f"redis://:{PASSWORD}@{ports.HOST}:{port}/0"
    valkey = redis.Redis.from_url(url)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(host=ports.HOST, port=port).ping()
    assert valkey.config_get("appendonly") == {"appendonly": "yes"}
    assert valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}

    with psycopg.connect(platform.cluster.url) as one:
        before = one.execute(RAN.encode()).fetchone()
    there = platform.environment | {"REDIS_URL": url, "TMPDIR": str(tmp_path)}
    for service in ("worker", "beat"):
        program, *rest = command(service)
        assert program == "celery"
        # A folder of this test's instead of the container's own.
        mine = [word.replace("/tmp/", f"{tmp_path}/") for word in rest]  # noqa: S108
        running.start(service, [str(Path(sys.executable).with_name(program)), *mine], **there)

    def ran() -> bool:
        with psycopg.connect(platform.cluster.url) as asked:
            return asked.execute(RAN.encode()).fetchone() != before

    until(ran, within=90)
