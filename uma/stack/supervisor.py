"""Keeps what was started alive: what crashes comes back after a pause that grows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from uma.stack import process as processes
from uma.stack.errors import StackError
from uma.stack.server import Server

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0
_CALM_SECONDS = 30.0


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before this attempt (1, 2, …) to start a crashed server again."""
    return float(min(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), _LONGEST_PAUSE_SECONDS))


@dataclass
class _Watched:
    server: Server
    attempts: int = 0
    due: float | None = None


class Supervisor:
    """
    The parent of every server; `servers` are in the order in which they were started.

    Those that hold data stop last, so that nothing is cut off while it writes.
    """

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._stores: list[_Watched] = []
        self._programs: list[_Watched] = []

    def launch(self, servers: Sequence[Server], *, stores: bool) -> None:
        """Start these together; `stores` marks those that hold data."""
        group = self._stores if stores else self._programs
        for server in servers:
            # On the list first: a start that is interrupted half-way is stopped as well.
            group.append(_Watched(server))
            server.launch()

    def look(self) -> None:
        """Look once at every server; start again what crashed and has waited."""
        now = time.monotonic()
        for watched in [*self._stores, *self._programs]:
            process = watched.server.process
            if process is None or (watched.due is None and process.ended() is None):
                continue
            if watched.due is None:
                if now - process.started > _CALM_SECONDS:
                    watched.attempts = 0
                watched.attempts += 1
                pause = pause_before(watched.attempts)
                watched.due = now + pause
                self._say(
                    f"{watched.server.title} ended ({_how(process.ended())}); again in {pause:g} s."
                    f" Its log: {process.program.log}"
                )
            elif now >= watched.due:
                self._start_again(watched, now=now)

    def stop(self, *, within: float) -> list[str]:
        """Stop everything within these seconds; return the names of what had to be killed."""
        deadline = time.monotonic() + within
        # Programs get two fifths: what is left is enough for a store to close its files.
        killed = self._stop(self._programs, within=within * 0.4)
        return killed + self._stop(self._stores, within=deadline - time.monotonic())

    def kill(self) -> None:
        """End everything at once, as a second Ctrl-C asks."""
        for watched in [*self._programs, *self._stores]:
            if watched.server.process is not None:
                watched.server.process.kill()

    def _start_again(self, watched: _Watched, *, now: float) -> None:
        watched.due = None
        try:
            watched.server.launch()
        except StackError as problem:
            watched.attempts += 1
            watched.due = now + pause_before(watched.attempts)
            self._say(str(problem))

    @staticmethod
    def _stop(group: list[_Watched], *, within: float) -> list[str]:
        running = [one.server.process for one in group if one.server.process is not None]
        return processes.stop(running, within=within)


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit code {code}"
