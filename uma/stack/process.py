"""A child process of the stack: in its own group, with its own log, and never left behind."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_LAUNCH = [sys.executable, "-I", "-S", str(_HERE / "launch.py")]
_GUARD = [sys.executable, "-I", "-S", str(_HERE / "guard.py")]
_LOG_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run: `environment` is complete (nothing is inherited beside it) when given."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM


class Guard:
    """The one guard process of this process; it outlives us only to clear up."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def watch(self, pid: int, stop_signal: int) -> None:
        self._say(f"+{pid} {int(stop_signal)}\n")

    def forget(self, pid: int) -> None:
        self._say(f"-{pid}\n")

    def close(self) -> None:
        """Let it act on what is still watched, and wait for it."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()

    def _say(self, line: str) -> None:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                _GUARD, stdin=subprocess.PIPE, text=True, start_new_session=True
            )
            atexit.register(self.close)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(line)
            self._process.stdin.flush()


_guard = Guard()


@dataclass
class Process:
    """A started program."""

    program: Program
    popen: subprocess.Popen[bytes]
    log_start: int
    started: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def ended(self) -> int | None:
        """Return the exit code once it has ended (and clear up its group), else None."""
        code = self.popen.poll()
        if code is not None:
            self._bury()
        return code

    def log_text(self, limit: int = 20_000) -> str:
        """Return the last `limit` bytes that this start wrote to the log."""
        with contextlib.suppress(OSError), self.program.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(self.log_start, log.tell() - limit))
            return log.read().decode(errors="replace")
        return ""

    def ask(self, number: signal.Signals | None = None) -> None:
        """Send the whole group its stop signal (or another)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number or self.program.stop_signal)

    def kill(self) -> None:
        """End it as `kill -9` does, and take in its exit code."""
        self.ask(signal.SIGKILL)
        self.popen.wait()
        self._bury()

    def _bury(self) -> None:
        # Members of the group that outlived the leader (workers of a crashed web server) go with
        # it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        _guard.forget(self.pid)


def start(program: Program) -> Process:
    """Start a program; on the main thread, since PR_SET_PDEATHSIG follows the starting thread."""
    program.log.parent.mkdir(parents=True, exist_ok=True)
    if program.log.exists() and program.log.stat().st_size > _LOG_LIMIT_BYTES:
        program.log.replace(program.log.with_suffix(".old"))
    with program.log.open("ab") as log:
        popen = subprocess.Popen(
            [*_LAUNCH, str(int(program.stop_signal)), str(os.getpid()), *program.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=program.folder,
            env=None if program.environment is None else dict(program.environment),
            # Its own group: Ctrl-C reaches the supervisor alone, which stops things in order.
            start_new_session=True,
        )
        _guard.watch(popen.pid, program.stop_signal)
        return Process(program=program, popen=popen, log_start=log.tell())


def stop(processes: Iterable[Process], within: float) -> list[str]:
    """
    Stop these together and return the names of those that had to be killed.

    `within` is in seconds: after it, SIGKILL.
    """
    waiting = [process for process in processes if process.ended() is None]
    for process in waiting:
        process.ask()
    deadline = time.monotonic() + within
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = [process for process in waiting if process.ended() is None]
    for process in waiting:
        process.kill()
    return [process.program.name for process in waiting]
