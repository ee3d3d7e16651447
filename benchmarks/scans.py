"""Scans over HTTP: a tenth sent again, a tenth scanned twice, and every answer held to account."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import psycopg
from django.db import connection as django_connection

from apps.rides import invariants as bookings
from apps.rides import qr
from apps.wallet import invariants as ledger
from benchmarks import load
from benchmarks.data import Visit
from benchmarks.figures import percentile
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id

CLIENTS = 32
# A tenth of the visits is sent again with its key and a tenth with another, each this many requests
# later: some meet the first while it is being settled, some after.
_LATER = 16
_EVERY, _REPLAY, _DOUBLE = 10, 3, 7
# A code lives from 15 to 30 seconds, so no batch may take longer to send.
BATCH = 480
# Bookings come in multiples of this, so that pgbench's clients share the scans evenly.
GRAIN = 160


class BrokenBenchError(RuntimeError):
    """An answer or the books are not as they must be: nothing that was measured counts."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One scan of the load: of which visit, with which key."""

    visit: Visit
    key: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a run of scans did, over all its batches."""

    per_second: float
    p99_ms: float
    # Per visit, repeats included.
    wal_kb: float
    web_cpu_s: float
    postgres_cpu_s: float


@dataclass(frozen=True, slots=True)
class Meters:
    """Readings that only grow: CPU seconds of the web server and of PostgreSQL, bytes of WAL."""

    web_cpu_s: float
    postgres_cpu_s: float
    wal_bytes: int


def schedule(visits: Sequence[Visit]) -> list[Sent]:
    """Return the scans in the order of sending, repeats among them."""
    placed: list[tuple[float, Sent]] = []
    for position, visit in enumerate(visits):
        first = Sent(visit, str(visit.booking_id))
        placed.append((position, first))
        if position % _EVERY == _REPLAY:
            placed.append((position + _LATER + 0.5, first))
        if position % _EVERY == _DOUBLE:
            placed.append((position + _LATER + 0.5, Sent(visit, f"again-{visit.booking_id}")))
    return [sent for _, sent in sorted(placed, key=lambda one: one[0])]


class Tokens(Protocol):
    """Where a scanner's access token comes from."""

    def token(self, person_id: UUID) -> str: ...


class Scanners:
    """The access tokens of the shops' scanners, each used for several minutes as on a phone."""

    def __init__(self) -> None:
        self._tokens: dict[UUID, str] = {}

    def token(self, person_id: UUID) -> str:
        if person_id not in self._tokens:
            self._tokens[person_id] = issue_access_token(
                user_id=person_id,
                role="merchant",
                session_id=new_id(),
                now=datetime.now(UTC),
                life=timedelta(hours=2),
            )
        return self._tokens[person_id]


def request_of(sent: Sent, *, keys: qr.Keyring, step: int, scanners: Tokens) -> bytes:
    """Return one scan as bytes, with the code that the rider shows at this step."""
    kid, ref = keys.signing_kid, sent.visit.ref
    text = qr.token(key=qr.booking_key(keys=keys, kid=kid, ref=ref), kid=kid, ref=ref, step=step)
    return load.request(
        "POST",
        "/api/handshake/execute",
        token=scanners.token(sent.visit.shop.scanner_id),
        body=json.dumps({"qrData": text}).encode(),
        key=sent.key,
    )


def run(
    visits: Sequence[Visit],
    *,
    port: int,
    keys: qr.Keyring,
    scanners: Tokens,
    read: Callable[[], Meters],
) -> Scanned:
    """Scan all visits with their repeats and verify the answers; return the figures."""
    seconds, latencies, scans = 0.0, list[float](), 0
    before = read()
    for start in range(0, len(visits), BATCH):
        sent = schedule(visits[start : start + BATCH])
        step = qr.step_at(datetime.now(UTC))
        requests = [request_of(one, keys=keys, step=step, scanners=scanners) for one in sent]
        done = load.send(requests, port=port, connections=CLIENTS)
        verify(sent, done.answers)
        seconds += done.seconds
        scans += len(sent)
        latencies += [answer.latency_ms for answer in done.answers]
    after = read()
    return Scanned(
        per_second=scans / seconds,
        p99_ms=percentile(latencies, 99),
        wal_kb=(after.wal_bytes - before.wal_bytes) / 1024 / len(visits),
        web_cpu_s=(after.web_cpu_s - before.web_cpu_s) / len(visits),
        postgres_cpu_s=(after.postgres_cpu_s - before.postgres_cpu_s) / len(visits),
    )


def run_once(visits: Sequence[Visit], *, port: int, keys: qr.Keyring, scanners: Tokens) -> None:
    """Scan each visit once, with no repeats, for what is counted per handshake."""
    sent = [Sent(visit, str(visit.booking_id)) for visit in visits]
    step = qr.step_at(datetime.now(UTC))
    requests = [request_of(one, keys=keys, step=step, scanners=scanners) for one in sent]
    verify(sent, load.send(requests, port=port, connections=CLIENTS).answers)


def verify(sent: Sequence[Sent], answers: Sequence[load.Answer]) -> None:
    """
    Hold every answer to account: one first settlement for each visit, repeats that say the same.

    Raises:
        BrokenBenchError
    """
    if len(sent) != len(answers):
        raise BrokenBenchError(f"{len(sent)} scans, {len(answers)} answers")
    settled: dict[UUID, str] = {}
    claims: dict[UUID, list[str]] = {}
    for one, answer in zip(sent, answers, strict=True):
        if answer.status != 200:
            raise BrokenBenchError(f"{answer.status}: {answer.body[:500]!r}")
        body: Mapping[str, Any] = json.loads(answer.body)
        booking_id, handshake = one.visit.booking_id, body["handshake"]
        if handshake["bookingId"] != str(booking_id):
            raise BrokenBenchError("an answer about another booking")
        claims.setdefault(booking_id, []).append(handshake["id"])
        if not (answer.replayed or body.get("alreadyRedeemed")):
            if booking_id in settled:
                raise BrokenBenchError(f"booking {booking_id} was settled twice")
            settled[booking_id] = handshake["id"]
    for booking_id, said in claims.items():
        if set(said) != {settled.get(booking_id)}:
            raise BrokenBenchError(
                f"booking {booking_id}: {said}, settled {settled.get(booking_id)}"
            )


def verify_rows(visits: Sequence[Visit], database: psycopg.Connection[Any]) -> None:
    """
    Find a committed handshake for every acknowledged visit, and one only.

    Raises:
        BrokenBenchError
    """
    row = database.execute(
        "SELECT count(*), count(DISTINCT h.booking_id),"
        "       count(*) FILTER (WHERE b.state = 'REDEEMED' AND w.state = 'CAPTURED')"
        "  FROM handshake_handshake h JOIN rides_booking b ON b.id = h.booking_id"
        "  JOIN wallet_hold w ON w.id = b.id WHERE b.id = ANY (%s)",
        [[visit.booking_id for visit in visits]],
    ).fetchone()
    if row != (len(visits),) * 3:
        raise BrokenBenchError(f"{len(visits)} visits were acknowledged, the rows say {row}")


def verify_books() -> None:
    """
    Ask the ledger and the bookings every invariant they have.

    Raises:
        BrokenBenchError
    """
    with django_connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    wrong = [*bookings.find_violations()]
    found = [violation for check in ledger.checks() for violation in check.find()]
    if wrong or found:
        raise BrokenBenchError(f"the books do not balance: {[*wrong, *found][:5]}")
