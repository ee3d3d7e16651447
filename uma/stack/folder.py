"""
The git-ignored folder `.local/`: who owns it now, whether it can be written, and whether the disk
has room.
"""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import IO, Any

from uma.stack.errors import StackError

ROOT = Path(__file__).resolve().parent.parent.parent
LOCAL = ROOT / ".local"
# PostgreSQL stops itself when the disk is full; better not to start.
NEEDED_BYTES = 512 * 1024 * 1024


def make_private(folder: Path) -> None:
    """
    Create the folder (0700) if need be.

    Raises:
        StackError: it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise StackError(
            f"The folder {folder} cannot be written ({problem.strerror}).",
            "Give it to the user you are, or run from a copy of the project that is yours.",
        ) from problem


def require_space(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Raise a StackError when the disk of this folder is nearly full."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise StackError(
            f"The disk under {folder} has {free // 2**20} MiB left of the"
            f" {needed_bytes // 2**20} MiB needed.",
            "Free some space (`make reset` clears this project's own data) and start again.",
        )


class Owner:
    """The advisory lock that makes one process the owner of a folder; it dies with the process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "owner"
        self._file: IO[str] | None = None

    def take(self, **facts: object) -> bool:
        """Become the owner, leaving these facts for the others; False when somebody else is."""
        # Not inherited by children (PEP 446), so an orphan of ours cannot hold it.
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        self.tell(**facts)
        return True

    def tell(self, **facts: object) -> None:
        """Replace the facts that the others read."""
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        json.dump({"pid": os.getpid(), **facts}, self._file)
        self._file.flush()

    def facts(self) -> dict[str, Any]:  # Any: what another process said
        """Return what the owner says about itself; empty when it has not said anything yet."""
        try:
            told = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def leave(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
