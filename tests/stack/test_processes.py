"""Nothing outlives its parent: each of the two ways is tested with the other one out of the way."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from uma.stack import process as processes
from uma.stack.folder import ROOT
from uma.stack.process import Program

Until = Callable[[Callable[[], bool], float], None]


@contextmanager
def _parent_of(command: list[str], log: Path) -> Iterator[tuple[psutil.Process, psutil.Process]]:
    """A process that started the command through us, and the command's process."""
    script = f"""
        import pathlib, time
        from uma.stack import process
        log = pathlib.Path({str(log)!r})
        child = process.start(process.Program(name="child", command={command!r}, log=log))
        print(child.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        yield psutil.Process(parent.pid), psutil.Process(int(parent.stdout.readline()))


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _guard_of(parent: psutil.Process) -> psutil.Process:
    return next(one for one in parent.children() if "guard.py" in " ".join(one.cmdline()))


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_without_the_guard_a_child_still_ends_with_its_parent(tmp_path: Path, until: Until) -> None:
    with _parent_of(["sleep", "61"], tmp_path / "log") as (parent, child):
        until(lambda: child.name() == "sleep", 5)
        _guard_of(parent).kill()

        parent.kill()

        until(lambda: not _is_alive(child), 2)


def test_the_guard_ends_grandchildren_too(tmp_path: Path, until: Until) -> None:
    with _parent_of(["sh", "-c", "sleep 62; true"], tmp_path / "log") as (parent, child):
        until(lambda: bool(child.children()), 5)
        grandchild = child.children()[0]

        parent.kill()

        until(lambda: not _is_alive(grandchild), 5)


def test_a_child_that_ignores_its_stop_signal_is_killed_in_time(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo deaf; while true; do sleep 1; done"
    child = processes.start(
        Program(name="stubborn", command=["sh", "-c", stubborn], log=tmp_path / "log")
    )
    while "deaf" not in child.log_text():
        assert child.ended() is None

    assert processes.stop([child], within=0.3) == ["stubborn"]

    assert child.ended() == -signal.SIGKILL


def test_a_crashed_leader_takes_its_group_along(tmp_path: Path, until: Until) -> None:
    child = processes.start(
        Program(
            name="leader", command=["sh", "-c", "sleep 63 & echo $!; wait"], log=tmp_path / "log"
        )
    )
    until(lambda: bool(child.log_text().strip()), 5)
    member = psutil.Process(int(child.log_text()))

    child.popen.kill()
    until(lambda: child.ended() is not None, 5)

    until(lambda: not _is_alive(member), 2)


def test_a_child_knows_only_the_environment_it_is_given(tmp_path: Path) -> None:
    child = processes.start(
        Program(
            name="env", command=["/usr/bin/env"], log=tmp_path / "log", environment={"UMA": "1"}
        )
    )
    while child.ended() is None:
        pass

    # Python adds the character set where no locale is set (PEP 538).
    assert {line for line in child.log_text().splitlines() if "LC_CTYPE" not in line} == {"UMA=1"}
