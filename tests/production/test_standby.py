"""A primary, its standby and PgBouncer, by the scripts that compose runs; the primary is killed under load."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import psycopg
import pytest
import requests

from tests.city import copy_city
from tests.faults.conftest import Platform
from tests.faults.visiting import Crowd, prepare, tell
from tests.kills.test_handshake_kills import check_kept, check_paid
from tests.notifications.clouds import SandboxProcess
from tests.notifications.queueing import until
from tests.tools import tool
from uma.stack import ports, process
from uma.stack.folder import ROOT
from uma.stack.postgres import find_binaries, unprivileged_prefix
from uma.stack.process import Process, Program

pytestmark = pytest.mark.timeout(300)
DEPLOY = ROOT / "deploy"
REPLICATION_PASSWORD = "a-password-of-the-standby"
WAITED_FOR = "SHOW synchronous_standby_names"
FOLLOWED = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"


def unprivileged() -> tuple[str, ...]:
    """What PostgreSQL and PgBouncer ask for alike: not to be root."""
    return unprivileged_prefix(find_binaries()["initdb"], as_root=os.geteuid() == 0)


def children(pid: int) -> list[str]:
    """The commands of a process' children."""
    there = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{one}/cmdline").read_text() for one in there]


@dataclass
class Pair:
    """A platform behind PgBouncer, its primary, and the standby that follows it."""

    platform: Platform
    bouncer_port: int
    standby_port: int = field(default_factory=ports.any_free)
    running: list[Process] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.platform.folder

    @property
    def password(self) -> str:
        return (self.folder / "postgres" / "password").read_text().strip()

    def said_to(self, port: int) -> dict[str, str]:
        """The environment in which a script of ours speaks to a PostgreSQL of this machine."""
        return {
            **os.environ,
            "PATH": f"{find_binaries().folder}:{os.environ['PATH']}",
            "PGHOST": ports.HOST,
            "PGPORT": str(port),
            "PGUSER": "uma",
            "PGDATABASE": "uma",
            "PGPASSWORD": self.password,
            "REPLICATION_PASSWORD": REPLICATION_PASSWORD,
        }

    def start(self, name: str, command: list[str], **environment: str) -> Process:
        started = process.start(
            Program(
                name=name,
                command=command,
                log=self.folder / f"{name}.log",
                stop_signal=signal.SIGINT,
                environment={
                    **os.environ,
                    "PATH": f"{find_binaries().folder}:{os.environ['PATH']}",
                    "REPLICATION_PASSWORD": REPLICATION_PASSWORD,
                    **environment,
                },
            )
        )
        self.running.append(started)
        return started

    def start_standby(self, *, primary: str = ports.HOST) -> Process:
        """Start the second PostgreSQL as its container does, as the standby or, once it is that, as `primary`."""
        (self.folder / "standby").mkdir(exist_ok=True)
        # What the image has of its own for a primary; ours are prepared already.
        brought = self.folder / "image" / "docker-entrypoint.sh"
        brought.parent.mkdir(exist_ok=True)
        brought.write_text('#!/bin/sh\nexec "$@"\n')
        brought.chmod(0o755)
        spoken = self.said_to(self.standby_port)
        return self.start(
            "standby",
            [
                *unprivileged(),
                *("sh", str(DEPLOY / "postgres" / "start")),
                *("-c", f"port={self.standby_port}", "-c", f"listen_addresses={ports.HOST}"),
                *("-c", "unix_socket_directories="),
            ],
            **spoken
            | {
                "PATH": f"{brought.parent}:{spoken['PATH']}",
                "ME": "postgres-2",
                "UMA_PRIMARY": primary,
                "PRIMARY_PORT": str(self.platform.cluster.port),
                "PGDATA": str(self.folder / "standby" / "data"),
            },
        )

    def start_watch(self) -> Process:
        """Watch beside the primary, as `start` does there."""
        return self.start(
            "watch",
            [*unprivileged(), "sh", str(DEPLOY / "postgres" / "watch")],
            **self.said_to(self.platform.cluster.port),
        )

    def start_bouncer(self, primary_port: int) -> Process:
        folder = self.folder / "bouncer"
        folder.mkdir(exist_ok=True)
        programs = tool("pgbouncer libc-ares2", "pgbouncer")
        libraries = ":".join(map(str, (programs.parent / "lib").glob("*-linux-gnu")))
        found = {"LD_LIBRARY_PATH": libraries, "PATH": f"{programs}:{os.environ['PATH']}"}
        started = self.start(
            "pgbouncer",
            [*unprivileged(), "sh", str(DEPLOY / "pgbouncer" / "start")],
            **found,
            FOLDER=str(folder),
            LISTEN=ports.HOST,
            PORT=str(self.bouncer_port),
            UMA_PRIMARY=ports.HOST,
            PRIMARY_PORT=str(primary_port),
            POSTGRES_SERVING_PASSWORD=(self.folder / "postgres" / "serving-password")
            .read_text()
            .strip(),
        )
        until(lambda: ports.is_open(self.bouncer_port))
        return started

    def prepare_primary(self) -> None:
        subprocess.run(
            ["sh", str(DEPLOY / "postgres" / "prepare-primary")],
            env=self.said_to(self.platform.cluster.port),
            check=True,
        )

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Ask the primary, the new one after a failover; nothing when it does not answer."""
        with suppress(psycopg.OperationalError), psycopg.connect(self.platform.cluster.url) as one:
            return one.execute(query.encode()).fetchall()
        return []

    @contextmanager
    def silent(self, standby: Process) -> Iterator[None]:
        """Have the standby's host be gone, which no connection says; it is killed in the end."""
        with psycopg.connect(self.platform.cluster.url, port=self.standby_port) as one:
            ((receiver,),) = one.execute("SELECT pid FROM pg_stat_wal_receiver").fetchall()
        os.kill(receiver, signal.SIGSTOP)
        try:
            yield
        finally:
            standby.kill()
            os.kill(receiver, signal.SIGKILL)

    def follows(self) -> str:
        """What Prometheus reads of the standby."""
        text = requests.get(f"{self.platform.url}/metrics", timeout=20).text
        (value,) = re.findall(
            r'^uma_standby_follows\{standby="standby"\} (\S+)$', text, re.MULTILINE
        )
        return str(value)


@pytest.fixture
def pair(tmp_path: Path, firebase: SandboxProcess) -> Iterator[Pair]:
    copy_city(tmp_path / "postgres")
    password = (tmp_path / "postgres" / "serving-password").read_text().strip()
    bouncer_port = ports.any_free()
    through = f"postgresql://uma_app:{quote(password)}@{ports.HOST}:{bouncer_port}/uma"
    platform = Platform(
        tmp_path, more={**firebase.settings, "DATABASE_URL": through}, web_processes=1
    )
    one = Pair(platform, bouncer_port)
    yield one
    for started in one.running:
        started.kill()
    platform.stop()


def fail_over(pair: Pair, start_and_point: Callable[[], None]) -> None:
    """Run the script that operators run; what compose does for them in it is done here."""
    prepare_new = f"PGPORT={pair.standby_port} sh {DEPLOY}/postgres/prepare-primary"
    promote = f"psql -X -q -p {pair.standby_port} -c 'SELECT pg_promote(true, 60)'"
    subprocess.run(
        [str(DEPLOY / "failover"), "postgres-2"],
        env=pair.said_to(pair.standby_port)
        | {"STOP": "true", "PROMOTE": promote, "PREPARE": prepare_new}
        | {"START": "true", "POINT": "true"},
        check=True,
        capture_output=True,
    )
    start_and_point()


def test_a_primary_that_is_killed_loses_no_visit_that_was_acknowledged(
    pair: Pair, tmp_path: Path
) -> None:
    platform = pair.platform
    pair.prepare_primary()
    pair.prepare_primary()
    watch, standby = pair.start_watch(), pair.start_standby()
    until(lambda: pair.ask(FOLLOWED) == [("sync",)])
    bouncer = pair.start_bouncer(platform.cluster.port)
    platform.web.start()
    shops, riders = prepare(platform, shops=4, riders=40)
    crowd = Crowd(url=platform.url, shops=shops, riders=riders, journal=tmp_path / "acks")
    crowd.begin()
    assert crowd.wait_for(10, within_s=30), crowd.surprises
    assert pair.follows() == "1.0"

    with pair.silent(standby):
        gone_at = time.monotonic()
        until(lambda: pair.ask(WAITED_FOR) == [("",)], within=30)
        assert crowd.wait_for(10, within_s=30), crowd.surprises
        tell(f"visits went on {time.monotonic() - gone_at:.1f} s after the standby was gone")
        until(lambda: pair.follows() == "0.0")
    standby = pair.start_standby()
    until(lambda: pair.ask(FOLLOWED) == [("sync",)])
    assert crowd.wait_for(10, within_s=30), crowd.surprises

    assert platform.cluster.process is not None
    platform.cluster.process.kill()
    watch.kill()
    before = len(crowd.acks)

    def start_and_point() -> None:
        # As its container is: the same server, told that it is the primary.
        assert process.stop([standby], within=30) == []
        started = pair.start_standby(primary="postgres-2")
        until(lambda: any("postgres/watch" in one for one in children(started.pid)))
        bouncer.kill()
        pair.start_bouncer(pair.standby_port)
        platform.cluster.port = pair.standby_port

    fail_over(pair, start_and_point)

    assert crowd.wait_for(10, within_s=30), crowd.surprises
    crowd.end(within_s=60)
    tell(f"{before} acknowledged before, {len(crowd.acks) - before} after: {dict(crowd.statuses)}")
    assert crowd.surprises == []
    check_kept(platform, crowd)
    check_paid(platform, crowd)
    # Nobody follows it yet, and a commit waits for nobody.
    until(lambda: pair.follows() == "0.0")
    assert pair.ask(WAITED_FOR) == [("",)]


def test_a_visit_is_acknowledged_when_the_standby_has_it_and_sessions_are_whole_through_pgbouncer(
    pair: Pair,
) -> None:
    pair.prepare_primary()
    watch, standby = pair.start_watch(), pair.start_standby()
    until(lambda: pair.ask(FOLLOWED) == [("sync",)])
    # The control: without it a commit waits for as long as the standby is gone.
    watch.kill()
    pair.start_bouncer(pair.platform.cluster.port)
    through = pair.platform.environment["DATABASE_URL"]

    with psycopg.connect(through, autocommit=True, options="-c lock_timeout=9") as one:
        # What we say of waiting does not pass PgBouncer; the role has it.
        assert one.execute("SHOW lock_timeout").fetchone() == ("2s",)
        assert one.execute("SHOW statement_timeout").fetchone() == ("5s",)
        one.execute("PREPARE kept AS SELECT 1")
        with psycopg.connect(through) as another:
            # Somebody else's session is another one, and what was prepared stays.
            assert another.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        assert one.execute("EXECUTE kept").fetchone() == (1,)

    with psycopg.connect(pair.platform.cluster.url) as owner:
        owner.execute("CREATE TABLE waited (one int)")
    standby.kill()
    until(lambda: pair.ask(FOLLOWED) == [])
    write = "INSERT INTO waited VALUES (1) RETURNING 1"
    waiting = Thread(target=pair.ask, args=[write], daemon=True)
    waiting.start()
    waiting.join(1)
    assert waiting.is_alive()
    assert pair.ask("SELECT * FROM waited") == []
