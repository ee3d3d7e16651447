"""`python -m uma.stack run | stop | reset | assets`: what the Makefile's targets of these names call."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from uma.stack import assets
from uma.stack.errors import StackError
from uma.stack.folder import LOCAL, Owner
from uma.stack.orphans import end_orphan
from uma.stack.screen import Screen
from uma.stack.stack import Stack, already_running

_STOP_PATIENCE_SECONDS = 10.0


def stop(folder: Path, screen: Screen) -> int:
    """Ask the owner of the folder to stop, and wait until it has."""
    owner = Owner(folder)
    if not folder.exists() or owner.take():
        screen.say("Nothing runs.")
        return 0
    pid = owner.facts().get("pid")
    if not isinstance(pid, int):
        raise StackError("It is just starting.", "Try again in a second.")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if owner.take():
            screen.say("Stopped.")
            return 0
        time.sleep(0.1)
    raise StackError(f"Process {pid} does not stop.", f"End it: kill -9 {pid}")


def reset(folder: Path, screen: Screen) -> int:
    """Remove everything this project keeps in the folder; refuse while it is in use."""
    if not folder.exists():
        screen.say("Nothing to clear.")
        return 0
    owner = Owner(folder)
    if not owner.take():
        raise already_running(owner)
    for pid_file in folder.glob("*/data*/postmaster.pid"):
        end_orphan(pid_file, belongs_to=str(pid_file.parent))
    test_runs = [Owner(run) for run in sorted(folder.glob("test/*")) if run.is_dir()]
    if not all(run.take() for run in test_runs):
        raise StackError("A test run uses its folder in there.", "Wait for it to end, then again.")
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != "owner":
            entry.unlink()
    screen.say(f"Cleared {folder}.")
    return 0


def build_assets(screen: Screen) -> int:
    """Build what the pages load, unless it is built already."""
    if assets.build():
        screen.say("Built what the pages load.")
    return 0


def main() -> int:
    screen = Screen()
    commands = {
        "run": lambda: Stack(environ=os.environ, screen=screen).run(),
        "stop": lambda: stop(LOCAL, screen),
        "reset": lambda: reset(LOCAL, screen),
        "assets": lambda: build_assets(screen),
    }
    if len(sys.argv) != 2 or sys.argv[1] not in commands:  # noqa: PLR2004 - the program and one word
        screen.say(f"usage: python -m uma.stack {' | '.join(commands)}")
        return 2
    try:
        return commands[sys.argv[1]]()
    except StackError as problem:
        screen.refuse(problem)
        return 1


if __name__ == "__main__":
    sys.exit(main())
