"""
What a change of the field key does to the API: p99 while every sealed row is sealed again ÷ p99 before.

Run: `python -m benchmarks.key_rotation [--rows 100000] [--rounds 6]`; it brings its own servers and clears them
away. Riders read their own profile, which opens a name, an e-mail and a phone of the very rows that
are being rotated, through the web server that `make run` uses; the command runs beside it as in
production.
"""

import argparse
import logging
import secrets
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

from benchmarks.servers import Stores, Web, stores
from uma.stack import process as processes
from uma.stack import programs

ROWS = 100_000
# One request after the other on each connection: the server is busy, and not drowned.
CONNECTIONS = 2
REQUESTS = 500
QUIET_ROUNDS = 6
_CHUNK = 5_000
_READERS = 5_000


@dataclass(frozen=True)
class Load:
    """The latencies of one phase, in milliseconds."""

    latencies: list[float]

    def __str__(self) -> str:
        from benchmarks.figures import percentile  # noqa: PLC0415 — as in `main`

        shown = (f"p{rank} {percentile(self.latencies, rank):.1f} ms" for rank in (50, 95, 99))
        return f"{len(self.latencies)} requests, " + ", ".join(shown)


def fill(rows: int) -> list[UUID]:
    """Make so many people with sealed columns; return some to read as."""
    from apps.accounts.models import User, phone_index  # noqa: PLC0415 — after the settings

    now, ids = datetime.now(UTC), []
    for start in range(0, rows, _CHUNK):
        people = [
            User(
                username=f"bench-{number}",
                display_name=f"Rider {number}",
                email=f"rider.{number}@example.org",
                phone=(phone := f"+9190{number:08}"),
                phone_index=phone_index(phone),
                zone_code="BEN",
                created_at=now,
            )
            for number in range(start, min(start + _CHUNK, rows))
        ]
        User.objects.bulk_create(people)
        ids += [person.pk for person in people]
    return ids[:: max(1, rows // _READERS)]


class Readers:
    """Riders who look at their profiles, a different one each time."""

    def __init__(self, web: Web, ids: list[UUID]) -> None:
        from benchmarks import load  # noqa: PLC0415 — after the settings
        from uma.kernel.http.authentication import issue_access_token  # noqa: PLC0415 — as above
        from uma.kernel.ids import new_id  # noqa: PLC0415 — as above

        self._port = web.port
        now = datetime.now(UTC)
        self._requests = [
            load.request(
                "GET",
                "/api/user/profile",
                token=issue_access_token(user_id=key, role="rider", session_id=new_id(), now=now),
            )
            for key in ids
        ]
        self._turn = 0

    def round(self) -> list[float]:
        """Send a round of requests; every answer must be the reader's own profile."""
        from benchmarks import load  # noqa: PLC0415 — after the settings
        from benchmarks.scans import BrokenBenchError  # noqa: PLC0415 — as above

        chosen = [self._requests[(self._turn + n) % len(self._requests)] for n in range(REQUESTS)]
        self._turn += REQUESTS
        answers = load.send(chosen, port=self._port, connections=CONNECTIONS).answers
        for answer in answers:
            if answer.status != 200 or b'"Rider ' not in answer.body:
                raise BrokenBenchError(f"{answer.status}: {answer.body[:300]!r}")
        return [answer.latency_ms for answer in answers]

    def rounds(self, count: int) -> Load:
        return Load([ms for _ in range(count) for ms in self.round()])


@contextmanager
def rotating(running: Stores, keys: str) -> Iterator[processes.Process]:
    """Run the command beside whatever happens inside."""
    command = programs.python(
        name="rotate",
        arguments=["manage.py", "rotate_field_keys"],
        environment={**running.environment, "UMA_FIELD_KEYS": keys},
        logs=running.folder / "logs",
    )
    process = processes.start(command)
    try:
        yield process
    finally:
        process.kill()


def measure(running: Stores, *, rows: int, rounds: int) -> float:
    """Return p99 during ÷ p99 before, and print what was seen; `rounds` before and after."""
    old = running.environment["UMA_FIELD_KEYS"]
    both = f"B2:{secrets.token_hex(32)},{old}"
    started = time.monotonic()
    ids = fill(rows)
    print(f"{rows} people with three sealed values each ({time.monotonic() - started:.0f} s)")
    with running.web(UMA_FIELD_KEYS=both) as web:
        readers = Readers(web, ids)
        readers.rounds(rounds)  # warms connections, plans and pages
        before = readers.rounds(rounds)
        print(f"before: {before}")
        started, latencies = time.monotonic(), []
        with rotating(running, both) as process:
            while process.ended() is None:
                latencies += readers.round()
            took = time.monotonic() - started
            said = process.log_text(limit=10_000)
            if process.ended() != 0 or "Every sealed value opens." not in said:
                raise RuntimeError(f"The rotation failed: {said[-2000:]}")
        during, after = Load(latencies), readers.rounds(rounds)
    print(f"during: {during}, {took:.0f} s in all with the check")
    print(f"after:  {after}")
    return report(before, during, after)


def report(before: Load, during: Load, after: Load) -> float:
    """Print the ratios; the machine's own unrest is what before and after differ by."""
    from benchmarks.figures import percentile  # noqa: PLC0415 — as in `main`

    p99 = [percentile(one.latencies, 99) for one in (before, during, after)]
    p50 = [median(one.latencies) for one in (before, during, after)]
    ratio = p99[1] / p99[0]
    print(
        f"p99 during ÷ before: {ratio:.2f} (after ÷ before: {p99[2] / p99[0]:.2f});"
        f" median: {p50[1] / p50[0]:.2f} ({p50[2] / p50[0]:.2f})"
    )
    return ratio


def main() -> None:
    """Start the servers, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.key_rotation", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="people, three sealed values each")
    parser.add_argument("--rounds", type=int, default=QUIET_ROUNDS, help=f"of {REQUESTS} requests")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore", message="No directory at")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with stores() as running:
        import django  # noqa: PLC0415  # after the environment

        django.setup()
        logging.disable(logging.WARNING)
        measure(running, rows=chosen.rows, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
