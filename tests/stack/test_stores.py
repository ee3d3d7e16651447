"""Each embedded server by itself: its data outlives kill -9, and its refusals say what to do."""

import dataclasses
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pymongo
import pytest
import redis

from uma.stack import folder as folders
from uma.stack import postgres
from uma.stack.documents import Documents
from uma.stack.errors import StackError
from uma.stack.folder import ROOT, Owner
from uma.stack.postgres import Cluster
from uma.stack.server import Server
from uma.stack.valkey import Valkey

Until = Callable[[Callable[[], bool], float], None]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder=tmp_path / "postgres")
    cluster.start()
    yield cluster
    cluster.stop()


def _write(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE paid (paise bigint)")
        connection.execute("INSERT INTO paid VALUES (23260)")


def _paid(cluster: Cluster) -> object:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute("SELECT paise FROM paid").fetchone()
    return row and row[0]


def test_postgresql_keeps_its_data_when_the_postmaster_is_killed(cluster: Cluster) -> None:
    _write(cluster)
    assert cluster.process is not None

    cluster.process.kill()
    cluster.start()

    assert _paid(cluster) == 23260


def test_postgresql_comes_back_at_the_same_address(cluster: Cluster) -> None:
    before = cluster.url

    cluster.stop()
    cluster.start()

    assert cluster.url == before
    assert Cluster(folder=cluster.folder).data == cluster.data


def test_postgresql_syncs_commits_and_asks_for_the_password(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url) as connection:
        settings = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
        }
    assert settings == dict.fromkeys(settings, ("on",))

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url.replace("uma:", "uma:not-"))


def test_postgresql_shows_its_files_to_nobody(cluster: Cluster) -> None:
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster.folder / "password").stat().st_mode) == 0o600


def test_the_data_folder_carries_the_major_version(cluster: Cluster) -> None:
    major = (cluster.data / "PG_VERSION").read_text().strip()

    assert cluster.data.name == f"data{major}"


def test_a_half_initialised_folder_is_named_and_left_alone(tmp_path: Path) -> None:
    cluster = Cluster(folder=tmp_path)
    cluster.data.mkdir()
    (cluster.data / "base").mkdir()

    with pytest.raises(StackError) as refusal:
        cluster.start()

    assert "half-initialised" in refusal.value.cause
    assert str(cluster.data) in refusal.value.cause
    assert "make reset" in refusal.value.advice
    assert (cluster.data / "base").exists()


def test_an_initialisation_that_was_killed_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    leftover = tmp_path / "new-1"
    leftover.mkdir()
    (leftover / "data").mkdir()
    cluster = Cluster(folder=tmp_path)

    cluster.start()
    cluster.stop()

    assert not list(tmp_path.glob("new-*"))


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path, cluster: Cluster) -> None:
    second = Cluster(folder=tmp_path / "second", wanted_port=cluster.port)

    with pytest.raises(StackError) as refusal:
        second.start()

    assert str(cluster.port) in refusal.value.cause
    assert "postgres (process" in refusal.value.cause
    assert f"UMA_POSTGRES_PORT={cluster.port + 1}" in refusal.value.advice


def test_a_remembered_port_that_is_taken_now_is_replaced(tmp_path: Path, cluster: Cluster) -> None:
    second = Cluster(folder=tmp_path / "second")
    folders.make_private(second.folder)
    (second.folder / "port").write_text(f"{cluster.port}\n")

    second.start()
    second.stop()

    assert second.port != cluster.port


def test_an_orphan_of_a_killed_run_is_ended_before_its_data_is_opened(
    tmp_path: Path, until: Until
) -> None:
    first = Cluster(folder=tmp_path / "postgres")
    first.start()
    _write(first)
    orphan = psutil.Process(int((first.data / "postmaster.pid").read_text().split()[0]))

    second = Cluster(folder=first.folder)
    second.start()

    until(lambda: not _is_alive(orphan), 5)
    assert _paid(second) == 23260
    for cluster in (second, first):
        cluster.stop()


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("kind", [Cluster, Valkey, Documents])
def test_a_server_ends_when_its_parent_is_killed(
    kind: type[Server], tmp_path: Path, until: Until
) -> None:
    script = f"""
        import pathlib, sys, time
        from {kind.__module__} import {kind.__name__}
        server = {kind.__name__}(folder=pathlib.Path({str(tmp_path / "server")!r}))
        server.start()
        print(server.process.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        server = psutil.Process(int(parent.stdout.readline()))
        assert _is_alive(server)

        parent.send_signal(signal.SIGKILL)

        until(lambda: not _is_alive(server), 8)


def test_valkey_keeps_what_it_synced_when_it_is_killed(tmp_path: Path) -> None:
    server = Valkey(folder=tmp_path / "valkey")
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("message", "once")
        # Until the append-only file is synced here; `everysec` may be a second behind.
        client.execute_command("WAITAOF", 1, 0, 5000)
    assert server.process is not None

    server.process.kill()
    server.start()

    with redis.Redis.from_url(server.url) as client:
        assert client.get("message") == b"once"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    server.stop()


def test_valkey_asks_for_the_password(tmp_path: Path) -> None:
    server = Valkey(folder=tmp_path / "valkey")
    server.start()

    with (
        redis.Redis(port=server.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    server.stop()


def test_the_document_store_keeps_acknowledged_writes_when_it_is_killed(tmp_path: Path) -> None:
    server = Documents(folder=tmp_path / "documents")
    server.start()
    with pymongo.MongoClient[dict[str, object]](server.url, timeoutMS=5000) as client:
        client.uma.missions.insert_one({"_id": 1, "visits": 3})
    assert server.process is not None

    server.process.kill()
    server.start()

    with pymongo.MongoClient[dict[str, object]](server.url, timeoutMS=5000) as client:
        assert client.uma.missions.find_one({"_id": 1}) == {"_id": 1, "visits": 3}
    server.stop()


def test_only_one_process_owns_a_folder(tmp_path: Path) -> None:
    first, second = Owner(tmp_path), Owner(tmp_path)

    assert first.take(url="http://localhost:8000")
    assert not second.take()
    assert second.facts() == {"pid": os.getpid(), "url": "http://localhost:8000"}

    first.leave()
    assert second.take()
    second.leave()


def test_a_nearly_full_disk_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="Free some space"):
        folders.require_space(tmp_path, needed_bytes=2**60)


def test_a_disk_that_is_full_is_named_in_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    """Real disks of a few megabytes, mounted where only their own process sees them."""
    apart = ["unshare", "--mount"]
    if os.geteuid() != 0:
        apart += ["--user", "--map-root-user"]

    said = subprocess.run(
        [*apart, sys.executable, "-m", "tests.stack.small_disk", tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert said.returncode == 0, said.stderr
    at_once, later, again = json.loads(said.stdout)
    for cause, advice in (at_once, later):
        assert "disk" in cause
        assert "is full" in cause
        assert "Free some space" in advice
    assert again == []


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StackError, match="cannot be written"):
        folders.make_private(tmp_path / "file")


class TestWhoRunsTheServer:
    """PostgreSQL refuses root; an ordinary user needs no help."""

    def test_an_ordinary_user_runs_it_directly(self) -> None:
        binary = postgres.find_binaries()["postgres"]

        assert postgres.unprivileged_prefix(binary, as_root=False) == ()

    def test_root_runs_it_in_a_user_namespace_and_owns_the_files(self, cluster: Cluster) -> None:
        if os.geteuid() != 0:
            assert cluster.program().command[0] == cluster.binaries["postgres"]
        assert cluster.data.stat().st_uid == os.geteuid()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_without_user_namespaces_root_becomes_nobody(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = shutil.which
        monkeypatch.setattr(
            shutil, "which", lambda name: None if name == "unshare" else found(name)
        )
        monkeypatch.setattr(
            postgres, "unprivileged_prefix", postgres.unprivileged_prefix.__wrapped__
        )
        _let_others_pass(tmp_path)
        _let_others_run_it(tmp_path, monkeypatch)
        cluster = Cluster(folder=tmp_path / "postgres")

        cluster.start()
        _write(cluster)

        assert cluster.program().command[0] == "setpriv"
        assert cluster.data.stat().st_uid == 65534
        assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700
        assert _paid(cluster) == 23260
        cluster.stop()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_root_without_either_way_is_told_what_to_do(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda _: None)

        with pytest.raises(StackError, match="DATABASE_URL"):
            postgres.unprivileged_prefix.__wrapped__("/bin/true", as_root=True)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_root_in_a_folder_closed_to_others_is_told_which(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _let_others_pass(tmp_path)
        found = shutil.which
        monkeypatch.setattr(
            shutil, "which", lambda name: None if name == "unshare" else found(name)
        )
        program = tmp_path / "home" / "project" / "initdb"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
        ask = postgres.unprivileged_prefix.__wrapped__
        assert ask(str(program), as_root=True)[0] == "setpriv"

        program.parent.parent.chmod(0o700)

        with pytest.raises(StackError, match=f"may enter {program.parent.parent}") as told:
            ask(str(program), as_root=True)
        assert f"chmod o+x {program.parent.parent}" in str(told.value.advice)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_an_ordinary_user_gets_a_working_server(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same command line that `Cluster` builds for one, run as one."""
        _let_others_run_it(tmp_path, monkeypatch)
        folder = tmp_path / "postgres"
        cluster = Cluster(folder=folder)
        cluster.start()
        command = list(cluster.program().command)
        cluster.stop()
        _give_to_nobody(tmp_path, folder)
        plain = command[command.index(cluster.binaries["postgres"]) :]

        with subprocess.Popen(
            plain, user=65534, group=65534, extra_groups=[], stderr=subprocess.DEVNULL
        ) as server:
            deadline = time.monotonic() + 10
            while not cluster.is_ready() and time.monotonic() < deadline:
                time.sleep(0.05)
            answered = cluster.is_ready()
            server.send_signal(signal.SIGINT)

        assert answered


def _let_others_run_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a copy of the binaries that everybody may read, wherever the project lies."""
    found = postgres.find_binaries()
    installed = Path(found["postgres"]).parents[2]
    for source in installed.parent.glob(f"{installed.name}*"):
        if source.is_dir() and not source.name.endswith(".dist-info"):
            shutil.copytree(source, folder / source.name)
    bin_folder = folder / Path(found["postgres"]).parent.relative_to(installed.parent)
    here = dataclasses.replace(found, folder=bin_folder)
    monkeypatch.setattr(postgres, "find_binaries", lambda: here)


def _give_to_nobody(tmp_path: Path, folder: Path) -> None:
    _let_others_pass(tmp_path)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)


def _let_others_pass(folder: Path) -> None:
    """Open what pytest made private, up to the machine's own folder for temporary files."""
    for path in (folder, *folder.parents):
        if path == Path(tempfile.gettempdir()):
            break
        path.chmod(0o711)
