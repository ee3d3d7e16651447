"""
What every service of the stack has in common: launch, wait until it answers, explain why it does
not.
"""

import time
from abc import ABC, abstractmethod

from uma.stack import process as processes
from uma.stack.errors import StackError
from uma.stack.process import Process, Program

_PAUSE_SECONDS = 0.03


class Server(ABC):
    """One service as one child process of ours."""

    name: str
    title: str
    ready_within: float = 30.0

    def __init__(self) -> None:
        self.process: Process | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Lay out on disk what it needs, end an orphan, settle the port; before every launch."""

    @abstractmethod
    def program(self) -> Program:
        """Return what to run."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether it answers now."""

    def may_try_again(self, log: str) -> bool:  # noqa: ARG002 - for the services that can
        """Return whether the reason for this end goes away by itself within seconds."""
        return False

    def explain(self, log: str) -> StackError:
        """Turn the end of the log into one sentence and an advice."""
        assert self.process is not None
        last = next((line for line in reversed(log.splitlines()) if line.strip()), "no message")
        return StackError(
            f"{self.title} did not start: {last.strip()}",
            f"The whole story is in {self.process.program.log}.",
        )

    def launch(self) -> None:
        """Start the process without waiting for it."""
        self.prepare()
        self.process = processes.start(self.program())

    def alive(self) -> bool:
        return self.process is not None and self.process.ended() is None

    def wait_ready(self) -> None:
        """
        Wait until it answers.

        Raises:
            StackError: it ended, or did not answer within `ready_within` seconds.
        """
        assert self.process is not None
        deadline = time.monotonic() + self.ready_within
        while time.monotonic() < deadline:
            if self.process.ended() is not None:
                log = self.process.log_text()
                if not self.may_try_again(log):
                    raise self.explain(log)
                time.sleep(0.3)
                self.launch()
            elif self.is_ready():
                return
            time.sleep(_PAUSE_SECONDS)
        log = self.process.log_text()
        self.stop()
        raise self.explain(log)

    def start(self) -> None:
        self.launch()
        self.wait_ready()

    def stop(self, within: float = 3.0) -> None:
        if self.process is not None:
            processes.stop([self.process], within=within)
