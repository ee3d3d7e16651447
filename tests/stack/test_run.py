"""`make run` as a person meets it: real processes, real signals, one folder."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from tests import migrated
from tests.stack.conftest import Terminal
from uma.stack import environment, ports, supervisor
from uma.stack.postgres import Cluster
from uma.stack.valkey import Valkey

Until = Callable[[Callable[[], bool], float], None]

pytestmark = pytest.mark.timeout(300)
# A hang is longer; two others may be at work beside it.
_READY_WITHIN = 180


def _read_until(process: subprocess.Popen[str], word: str) -> str:
    """Return what it said up to and with the line that has the word."""
    assert process.stdout is not None
    said = ""
    deadline = time.monotonic() + _READY_WITHIN
    for line in process.stdout:
        said += line
        if word in line:
            return said
        assert time.monotonic() < deadline, said
    raise AssertionError(said)


def _values(terminal: Terminal) -> dict[str, str]:
    return environment.read(terminal.folder / ".local" / "env")


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        # It ended while we were looking.
        return ""


def _child(terminal: Terminal, word: str) -> psutil.Process:
    found = [one for one in terminal.processes() if word in _line(one)]
    assert found, f"no process with {word}"
    return min(found, key=lambda one: one.pid)


def _has(terminal: Terminal, word: str) -> bool:
    return any(word in _line(one) for one in terminal.processes())


def test_it_comes_up_repairs_itself_and_leaves_nothing(terminal: Terminal, until: Until) -> None:
    port = ports.any_free()
    with terminal.start("run", UMA_WEB_PORT=str(port)) as first:
        said = _read_until(first, "Ctrl-C stops everything")
        assert f"http://localhost:{port}/api/docs" in said
        _a_second_start_is_told_where_the_first_is(terminal, port=port, pid=first.pid)
        _reset_is_refused(terminal)
        _another_terminal_knows_the_way(terminal)
        _a_killed_database_comes_back(terminal, until)
        _a_killed_web_server_comes_back(terminal, port=port, until=until)
        secrets = _values(terminal)

        first.send_signal(signal.SIGKILL)
        assert not terminal.gone_within(10)

    with terminal.start("run", UMA_WEB_PORT=str(port)) as second:
        _read_until(second, "Ctrl-C stops everything")
        assert _marked(terminal) == "still here"
        assert _values(terminal)["UMA_QR_MASTER_KEYS"] == secrets["UMA_QR_MASTER_KEYS"]
        _ctrl_c_ends_everything_within_five_seconds(terminal, second)

    assert terminal.run("reset")[0] == 0
    assert [entry.name for entry in (terminal.folder / ".local").iterdir()] == ["owner"]


def _a_second_start_is_told_where_the_first_is(terminal: Terminal, *, port: int, pid: int) -> None:
    code, said = terminal.run("run", UMA_WEB_PORT=str(port))

    assert code == 1
    assert f"already runs: process {pid}, http://localhost:{port}" in said
    assert "make stop" in said


def _reset_is_refused(terminal: Terminal) -> None:
    code, said = terminal.run("reset")

    assert code == 1
    assert "already runs" in said
    assert (terminal.folder / ".local" / "env").exists()


def _another_terminal_knows_the_way(terminal: Terminal) -> None:
    path = terminal.folder / ".local" / "env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    values = _values(terminal)
    with psycopg.connect(values["DATABASE_OWNER_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE mark AS SELECT 'still here' AS said")
    _the_role_that_serves_owns_nothing(values["DATABASE_URL"])


def _the_role_that_serves_owns_nothing(url: str) -> None:
    with psycopg.connect(url) as connection:
        who = connection.execute(
            "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        assert who.fetchone() == ("uma_app", False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE wallet_account SET balance_paise = 1")


def _marked(terminal: Terminal) -> object:
    with psycopg.connect(_values(terminal)["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT said FROM mark").fetchone()
    return row and row[0]


def _a_killed_database_comes_back(terminal: Terminal, until: Until) -> None:
    pid_file = next((terminal.folder / ".local" / "postgres").glob("data*/postmaster.pid"))
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

    until(lambda: _answers(terminal), 15)
    assert _marked(terminal) == "still here"


def _answers(terminal: Terminal) -> bool:
    try:
        return _marked(terminal) is not None
    except psycopg.OperationalError:
        return False


def _a_killed_web_server_comes_back(terminal: Terminal, *, port: int, until: Until) -> None:
    web = _child(terminal, "granian")
    web.kill()

    # Between the killed one and the next there may be none at all.
    until(lambda: all(one.pid != web.pid for one in terminal.processes()), 10)
    until(lambda: _has(terminal, "granian") and ports.is_open(port), 30)


def _ctrl_c_ends_everything_within_five_seconds(
    terminal: Terminal, process: subprocess.Popen[str]
) -> None:
    started = time.monotonic()
    process.send_signal(signal.SIGINT)

    assert process.wait(10) == 0
    assert time.monotonic() - started < 5
    assert not terminal.gone_within(0.5)


def test_ctrl_c_in_the_middle_of_a_start_ends_everything(terminal: Terminal) -> None:
    with terminal.start("run", UMA_WEB_PORT=str(ports.any_free())) as process:
        _read_until(process, "PostgreSQL answers")

        process.send_signal(signal.SIGINT)

        assert process.wait(10) == 0
        assert not terminal.gone_within(0.5)


def test_a_taken_web_port_is_refused_before_anything_starts(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = terminal.run("run", UMA_WEB_PORT=str(port))

    assert code == 1
    assert f"Port {port}, meant for the web server, is taken by" in said
    assert f"(process {os.getpid()})" in said
    assert f"UMA_WEB_PORT={port + 1}" in said
    assert not (terminal.folder / ".local" / "postgres").exists()


def test_a_half_initialised_folder_stops_the_start_with_advice(terminal: Terminal) -> None:
    data = Cluster(folder=terminal.folder / ".local" / "postgres").data
    data.mkdir(parents=True)

    code, said = terminal.run("run", UMA_WEB_PORT=str(ports.any_free()))

    assert code == 1
    assert "half-initialised" in said
    assert "make reset" in said
    assert not terminal.gone_within(2)


def test_a_step_that_fails_is_named_with_its_log(terminal: Terminal) -> None:
    shutil.rmtree(terminal.folder / "apps" / "wallet")

    code, said = terminal.run("run", UMA_WEB_PORT=str(ports.any_free()))

    assert code == 1
    assert "Migrating the database failed" in said
    assert "ModuleNotFoundError: No module named 'apps.wallet" in said
    assert "log" in said
    assert not terminal.gone_within(2)


def test_a_setting_that_the_checks_refuse_is_named(
    terminal: Terminal, elsewhere: tuple[Cluster, Valkey]
) -> None:
    cluster, valkey = elsewhere

    code, said = terminal.run(
        "run",
        UMA_WEB_PORT=str(ports.any_free()),
        DATABASE_URL=cluster.url,
        REDIS_URL=valkey.url,
        MONGODB_URL="mongodb://127.0.0.1:9/uma",
    )

    assert code == 1
    assert "The document store may forget what it acknowledged." in said


@contextmanager
def _stores(folder: Path) -> Iterator[tuple[Cluster, Valkey]]:
    """Run servers that are somebody else's."""
    cluster, valkey = Cluster(folder=folder / "pg"), Valkey(folder=folder / "valkey")
    cluster.start()
    valkey.start()
    yield cluster, valkey
    cluster.stop()
    valkey.stop()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Cluster, Valkey]]:
    with _stores(tmp_path / "elsewhere") as stores:
        yield stores


@pytest.fixture
def named() -> Iterator[str]:
    """The address of a database that has today's tables and no row of the city's."""
    with migrated.copied(f"named_{os.getpid()}") as url:
        yield url


def test_named_servers_are_used_and_none_of_ours_is_started(
    terminal: Terminal, named: str, elsewhere: tuple[Cluster, Valkey]
) -> None:
    _, valkey = elsewhere
    documents = "mongodb://127.0.0.1:9/uma?w=majority&journal=true"
    with terminal.start(
        "run",
        UMA_WEB_PORT=str(ports.any_free()),
        DATABASE_URL=named,
        REDIS_URL=valkey.url,
        MONGODB_URL=documents,
    ) as process:
        said = _read_until(process, "Ctrl-C stops everything")
        values = _values(terminal)
        assert terminal.run("stop") == (0, "Stopped.\n")
        assert process.wait(10) == 0
    with psycopg.connect(named) as connection:
        walked = connection.execute("SELECT count(*) FROM handshake_handshake").fetchone()

    assert "PostgreSQL answers" not in said
    assert values["DATABASE_URL"] == named
    assert values["REDIS_URL"] == valkey.url
    assert values["MONGODB_URL"] == documents
    assert not (terminal.folder / ".local" / "postgres").exists()
    assert walked == (1,), "the journey that a start ends with is in the named database"


def test_a_crashing_program_waits_longer_each_time_up_to_a_limit() -> None:
    assert [supervisor.pause_before(attempt) for attempt in range(1, 8)] == [
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        15.0,
        15.0,
    ]


def test_settings_that_are_no_numbers_are_named(terminal: Terminal) -> None:
    code, said = terminal.run("run", UMA_WEB_PORT="eighty")

    assert code == 1
    assert "UMA_WEB_PORT=eighty" in said


def test_the_owner_s_facts_are_readable_by_the_second_start(terminal: Terminal) -> None:
    (terminal.folder / ".local").mkdir()
    (terminal.folder / ".local" / "owner").write_text(json.dumps({"pid": 1, "url": "gone"}))

    code, said = terminal.run("stop")

    assert (code, said) == (0, "Nothing runs.\n")
