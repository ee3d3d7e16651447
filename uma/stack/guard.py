"""
Ends what a killed parent left: reads `+PID SIGNAL` and `-PID` lines, and acts when its input
closes.

Run by path, never imported. A process group that outlives the parent (kill -9 tells nobody) gets
its own stop signal and, three seconds later, SIGKILL. It covers grandchildren too, which
PR_SET_PDEATHSIG does not.
"""

import contextlib
import os
import signal
import sys
import time

_PATIENCE_SECONDS = 3.0


def _signal_group(pid: int, number: int) -> bool:
    """Return whether the group still had anybody in it."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main() -> None:
    # The terminal's Ctrl-C is for the parent, which stops its children in order.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    watched: dict[int, int] = {}
    for line in sys.stdin:
        if line.startswith("+"):
            pid, number = line[1:].split()
            watched[int(pid)] = int(number)
        else:
            watched.pop(int(line[1:]), None)
    left = [pid for pid, number in watched.items() if _signal_group(pid, number)]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [pid for pid in left if _signal_group(pid, 0)]
    for pid in left:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


main()
