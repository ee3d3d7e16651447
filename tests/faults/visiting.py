"""
Visitors: threads that book and are scanned over HTTP for as long as they may, whatever breaks.

Each answer is written down before it counts. A call without an answer is made again with the same
key until there is one, as an app does, so nobody is left not knowing.
"""

import json
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import requests
from django.utils import timezone

from tests.factories import bearer
from tests.faults.conftest import Platform
from uma.stack import ports, programs
from uma.stack.server import Server

TIMEOUT_S = 10
PAUSE_S = 0.1
OK, CREATED, BROKEN = 200, 201, 500


@dataclass(frozen=True)
class Ack:
    """One scan that was answered 200; `replayed`: an attempt without an answer had settled it."""

    handshake_id: str
    booking_id: str
    rider_id: str
    paise: int
    attempts: int
    replayed: bool
    seconds: float


@dataclass
class Crowd:
    """Visitors at a platform; `acks` is what they were told, `surprises` what no rule explains."""

    url: str
    shops: Sequence[Sequence[str]]
    riders: Sequence[str]
    journal: Path
    threads: int = 6
    acks: list[Ack] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._given_up = threading.Event()
        self._lock = threading.Lock()
        self._running: list[threading.Thread] = []

    def begin(self) -> None:
        self._over.clear()
        self._running = [
            threading.Thread(
                target=self._visit,
                args=[self.riders[number :: self.threads], number],
                daemon=True,  # a failed test must not wait for them
            )
            for number in range(self.threads)
        ]
        for thread in self._running:
            thread.start()

    def end(self, within_s: float, meanwhile: Callable[[], None] | None = None) -> None:
        """Let every visitor finish the visit it is in, as all must; `meanwhile` is done again and again."""
        self._over.set()
        deadline = time.monotonic() + within_s
        while self._visiting() and time.monotonic() < deadline:
            if meanwhile:
                meanwhile()
            time.sleep(PAUSE_S)
        if self._visiting():
            # Nobody of a failed test visits while the next ones run.
            self._given_up.set()
            raise AssertionError("somebody got no answer")

    def _visiting(self) -> bool:
        return any(thread.is_alive() for thread in self._running)

    @property
    def of_ours(self) -> str:
        """The SQL condition that names these shops' rows by their campaigns."""
        return "campaign_id IN (" + ", ".join(f"'{campaign}'" for _, campaign in self.shops) + ")"

    def run(self, seconds: float) -> list[Ack]:
        """Visit for a while and return this while's acknowledgements."""
        before = len(self.acks)
        self.begin()
        time.sleep(seconds)
        self.end(within_s=60)
        return self.acks[before:]

    def wait_for(self, more: int, *, within_s: float) -> bool:
        """Wait until there are so many more acknowledgements; tell whether there are."""
        goal, deadline = len(self.acks) + more, time.monotonic() + within_s
        while len(self.acks) < goal and time.monotonic() < deadline:
            time.sleep(0.01)
        return len(self.acks) >= goal

    def _visit(self, riders: Sequence[str], number: int) -> None:
        session = requests.Session()
        turn = number
        with (self.journal.with_suffix(f".{number}")).open("a") as journal:
            while not self._over.is_set():
                shop = self.shops[turn % len(self.shops)]
                rider = riders[(turn // len(self.shops)) % len(riders)]
                turn += 1
                try:
                    ack = self._one(session, rider, owner=shop[0], campaign=shop[1])
                except Surprise as surprise:
                    self.surprises.append(str(surprise))
                    return
                journal.write(json.dumps(vars(ack)) + "\n")
                journal.flush()
                self.acks.append(ack)

    def _one(self, session: requests.Session, rider: str, *, owner: str, campaign: str) -> Ack:
        as_rider = bearer(UUID(rider), "rider", now=timezone.now())
        as_owner = bearer(UUID(owner), "merchant", now=timezone.now())
        booked = self._insist(session, "rides/book", {"campaignId": campaign}, as_rider)
        ride, attempts = booked.body["ride"], 0
        began = time.monotonic()
        while True:
            code = {"qrData": ride["qrCode"]}
            scanned = self._insist(session, "handshake/execute", code, as_owner)
            attempts += scanned.attempts
            if scanned.status == OK:
                break
            # So long without an answer that the code is old, and nothing was settled: the phone
            # shows the next one, which is another request.
            ride = self._insist(session, f"rides/{ride['id']}", None, as_rider).body
        shook = scanned.body["handshake"]
        return Ack(
            handshake_id=shook["id"],
            booking_id=shook["bookingId"],
            rider_id=rider,
            paise=round(shook["amounts"]["reimbursement"] * 100),
            attempts=attempts,
            replayed=scanned.replayed,
            seconds=time.monotonic() - began,
        )

    def _insist(
        self,
        session: requests.Session,
        path: str,
        body: dict[str, str] | None,
        headers: dict[str, str],
    ) -> "Answer":
        """Ask until there is an answer that says for sure what has happened."""
        key, attempts = {"Idempotency-Key": secrets.token_hex(16)} if body else {}, 0
        while True:
            if self._given_up.is_set():
                raise Surprise(f"{path}: no answer to {attempts} attempts")
            attempts += 1
            try:
                response = session.request(
                    "POST" if body else "GET",
                    f"{self.url}/api/{path}",
                    json=body,
                    headers=headers | key,
                    timeout=TIMEOUT_S,
                )
            except requests.RequestException as silence:
                self._count(type(silence).__name__)
                time.sleep(PAUSE_S)
                continue
            if body:
                self._count(f"{path} {response.status_code}")
            if response.status_code in {OK, CREATED} or _is(response, "qr_stale"):
                replayed = response.headers.get("Idempotent-Replayed") == "true"
                return Answer(response.status_code, response.json(), attempts, replayed)
            if not (response.status_code >= BROKEN or _is(response, "busy")):
                raise Surprise(f"{path}: {response.status_code} {response.text[:300]}")
            time.sleep(PAUSE_S)

    def _count(self, what: str) -> None:
        with self._lock:
            self.statuses[what] += 1


@dataclass(frozen=True)
class Answer:
    """What a visitor was told in the end, and after how many attempts."""

    status: int
    body: dict[str, Any]  # Any: a JSON document
    attempts: int
    replayed: bool


class Surprise(Exception):
    """An answer that no rule explains."""


def _is(response: requests.Response, code: str) -> bool:
    """Tell whether the answer is this problem."""
    found = "problem+json" in response.headers.get("Content-Type", "")
    return found and bool(response.json()["code"] == code)


def prepare(platform: Platform, *, shops: int, riders: int) -> tuple[list[list[str]], list[str]]:
    """Open shops, each with an owner and a live campaign, and register riders; return their ids."""
    program = programs.python(
        name="preparing",
        arguments=["-m", "tests.faults.preparing", str(shops), str(riders)],
        environment={**platform.environment, "DJANGO_SETTINGS_MODULE": "uma.settings"},
        logs=platform.folder / "log",
    )
    said = programs.run_to_end(program, title="preparing visits")
    made = json.loads(said.strip().splitlines()[-1])
    return made["shops"], made["riders"]


@contextmanager
def another_web(platform: Platform, logs: Path, **environment: str) -> Iterator[tuple[Server, str]]:
    """Run a web server of this test's own on the platform, as `make run` does; give its URL."""
    port = ports.any_free()
    server = programs.web(
        host=ports.HOST,
        port=port,
        workers=3,
        environment={**platform.environment, **environment},
        logs=logs,
    )
    server.start()
    try:
        yield server, f"http://{ports.HOST}:{port}"
    finally:
        server.stop()


def rows(platform: Platform, query: str) -> list[tuple[str, int]]:
    """Ask the platform's database for (text, integer) rows."""
    with psycopg.connect(platform.cluster.url) as connection:
        found = connection.execute(query.encode()).fetchall()
    return [(str(name), int(value)) for name, value in found]


def tell(sentence: str) -> None:
    """Say a figure where a person reads it: pytest shows it with -s and on a failure."""
    sys.stderr.write(sentence + "\n")
