"""
Run a command that ends when its parent does: `launch.py SIGNAL PARENT COMMAND…` (run by path, never
imported).
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    number, parent, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    # Linux only; elsewhere the guard process alone sees to it (guard.py).
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
        # The parent may have died before the line above: then no signal would ever come.
        if os.getppid() != parent:
            sys.exit(1)
    # Ignored signals survive exec: a shell's background job ignores SIGINT, PostgreSQL needs it.
    for name in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    os.execvp(command[0], command)  # noqa: S606 - no shell is the point


main()
