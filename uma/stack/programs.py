"""The platform's own processes: web server, Celery worker, beat, sandbox, and one-off commands."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from uma.stack import ports
from uma.stack import process as processes
from uma.stack.errors import StackError
from uma.stack.folder import ROOT
from uma.stack.journey import TEST_CODE, TEST_PREFIX
from uma.stack.process import Process, Program
from uma.stack.server import Server

_OK = 200


class PythonProgram(Server):
    """A long-running Python program of ours, ready when `ready` says so."""

    def __init__(
        self,
        *,
        name: str,
        title: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        logs: Path,
        ready: Callable[[Process], bool],
    ) -> None:
        super().__init__()
        self.name = name
        self.title = title
        self._program = python(name=name, arguments=arguments, environment=environment, logs=logs)
        self._ready = ready

    def prepare(self) -> None:
        """Nothing: it keeps nothing of its own on disk."""

    def program(self) -> Program:
        return self._program

    def is_ready(self) -> bool:
        assert self.process is not None
        return self._ready(self.process)


def python(
    *, name: str, arguments: Sequence[str], environment: Mapping[str, str], logs: Path
) -> Program:
    """Return a Python program that sees our environment and these values, and logs at once."""
    return Program(
        name=name,
        command=[sys.executable, *arguments],
        log=logs / f"{name}.log",
        environment={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
        folder=ROOT,
    )


def run_to_end(program: Program, *, title: str) -> str:
    """
    Run a one-off command and return what it printed.

    Raises:
        StackError: it failed.
    """
    process = processes.start(program)
    try:
        while (code := process.ended()) is None:
            time.sleep(0.02)
    except KeyboardInterrupt:
        process.kill()
        raise
    said = process.log_text(limit=200_000)
    if code != 0:
        raise StackError(
            f"{title} failed: {cause_in(said)}", f"The whole story is in {program.log}."
        )
    return said


def cause_in(said: str) -> str:
    """Return the line of a failed Django command's output that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if "ERRORS:" in lines[:-1]:
        # The system checks: warnings come after the errors.
        return lines[lines.index("ERRORS:") + 1]
    return lines[-1] if lines else "it said nothing"


def web(
    *, host: str, port: int, workers: int, environment: Mapping[str, str], logs: Path
) -> Server:
    """Return the web server (decisions/0010): `workers` processes of four threads."""
    return PythonProgram(
        name="web",
        title="The web server",
        arguments=_granian(host=host, port=port, workers=workers, threads=4),
        environment=environment,
        logs=logs,
        ready=lambda _: answers(f"http://{ports.HOST}:{port}/health/ready"),
    )


def callbacks(*, port: int, environment: Mapping[str, str], logs: Path) -> Server:
    """Return the web server that the network's callbacks come to (decisions/0068): two threads."""
    return PythonProgram(
        name="callbacks",
        title="The server of callbacks",
        arguments=_granian(host=ports.HOST, port=port, workers=1, threads=2),
        environment=environment,
        logs=logs,
        ready=lambda _: answers(f"http://{ports.HOST}:{port}/health/ready"),
    )


def _granian(*, host: str, port: int, workers: int, threads: int) -> list[str]:
    return [
        *("-m", "granian", "uma.wsgi:application", "--interface", "wsgi"),
        *("--host", host, "--port", str(port), "--workers", str(workers)),
        *("--blocking-threads", str(threads), "--backlog", "1024", "--no-ws"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "2"),
    ]


def worker(*, concurrency: int, environment: Mapping[str, str], logs: Path) -> Server:
    """Return the Celery worker."""
    return PythonProgram(
        name="worker",
        title="The worker",
        arguments=[
            *("-m", "celery", "--quiet", "-A", "uma.celery", "worker", "--loglevel", "INFO"),
            *("--concurrency", str(concurrency), "--without-gossip", "--without-mingle"),
        ],
        environment=environment,
        logs=logs,
        ready=lambda process: " ready." in process.log_text(),
    )


def beat(*, folder: Path, environment: Mapping[str, str], logs: Path) -> Server:
    """Return Celery's clock, which remembers in `folder` what it last sent."""
    return PythonProgram(
        name="beat",
        title="The clock of periodic jobs",
        arguments=[
            *("-m", "celery", "--quiet", "-A", "uma.celery", "beat", "--loglevel", "INFO"),
            *("--schedule", str(folder / "beat-schedule"), "--pidfile", ""),
        ],
        environment=environment,
        logs=logs,
        ready=lambda process: "beat: Starting" in process.log_text(),
    )


def sandbox(
    *, port: int, credentials: Path, people: Path, environment: Mapping[str, str], logs: Path
) -> Server:
    """
    Return the stand-ins for other people's clouds; they write `credentials` once they serve.

    Whoever has signed in there is kept in the file `people`.
    """
    return PythonProgram(
        name="sandbox",
        title="The sandbox",
        arguments=[
            *("-m", "apps.sandbox", "--port", str(port)),
            *("--write-credentials", str(credentials)),
            *("--accounts", str(people), "--test-numbers", f"{TEST_PREFIX}={TEST_CODE}"),
        ],
        environment=environment,
        logs=logs,
        ready=lambda _: credentials.exists() and ports.is_open(port),
    )


def razorpay(
    *, port: int, platform: str, kept: Path, environment: Mapping[str, str], logs: Path
) -> Server:
    """Return the pretended Razorpay, which tells `platform` of payments and remembers in `kept`."""
    return PythonProgram(
        name="razorpay",
        title="The pretended Razorpay",
        arguments=[
            *("-m", "apps.sandbox.razorpay", "--port", str(port)),
            *("--webhooks", platform, "--file", str(kept)),
        ],
        environment=environment,
        logs=logs,
        ready=lambda _: ports.is_open(port),
    )


def ondc(
    *, port: int, platform: str, kept: Path, environment: Mapping[str, str], logs: Path
) -> Server:
    """Return the pretended network of ride sellers, on which `platform` is the buyer app."""
    return PythonProgram(
        name="ondc",
        title="The pretended ONDC network",
        arguments=[
            *("-m", "apps.sandbox.ondc", "--port", str(port)),
            *("--buyer", platform, "--file", str(kept)),
            *("--pace", os.environ.get("UMA_ONDC_PACE", "0.5")),
        ],
        environment=environment,
        logs=logs,
        ready=lambda _: ports.is_open(port),
    )


def answers(url: str) -> bool:
    """Return whether a GET of the URL gives 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == _OK)
    except (urllib.error.URLError, OSError):
        return False
