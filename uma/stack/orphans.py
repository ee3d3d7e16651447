"""Servers that a killed run left: found by the process id they wrote, ended, never adopted."""

import os
import signal
import time
from pathlib import Path

from uma.stack.errors import StackError

_STEPS = ((signal.SIGINT, 5.0), (signal.SIGKILL, 5.0))


def end_orphan(pid_file: Path, *, belongs_to: str) -> None:
    """
    End the server whose id the file holds, if it is alive and its command line names `belongs_to`.

    The caller owns the folder, so whoever serves from it has lost its parent. A zombie counts as
    gone: process 1 may take seconds to collect it, and it holds nothing.

    Raises:
        StackError: it does not end.
    """
    pid = _read_pid(pid_file)
    if pid is None or not _is_ours(pid, belongs_to):
        return
    for number, patience in _STEPS:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _is_ours(pid, belongs_to):
                return
            time.sleep(0.05)
    raise StackError(
        f"A server of an earlier run (process {pid}) does not end; it holds {pid_file.parent}.",
        f"End it (kill -9 {pid}) and start again.",
    )


def _read_pid(pid_file: Path) -> int | None:
    try:
        first = pid_file.read_text().split(maxsplit=1)[0]
    except (OSError, IndexError):
        return None
    return int(first) if first.isdecimal() else None


def _is_ours(pid: int, belongs_to: str) -> bool:
    """Return whether a live process (not a zombie: those have no command line) names the folder."""
    proc = Path(f"/proc/{pid}/cmdline")
    if not Path("/proc/self").exists():
        # No /proc: the server's own lock file check has to do.
        return False
    try:
        words = proc.read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return any(belongs_to in word for word in words)
