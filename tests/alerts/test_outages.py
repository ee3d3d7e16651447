"""Alerts about servers: each rings within a minute of what was really done to a process."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import requests
from django.utils import timezone

from tests.alerts.watching import prometheus
from tests.factories import bearer
from tests.faults.conftest import Platform
from tests.faults.visiting import prepare, tell
from uma.stack import ports, programs
from uma.stack.server import Server

pytestmark = pytest.mark.timeout(400)
WITHIN_S = 60.0
QUIET_S = 10.0
DISTRESS = {"ConnectionsRunOut", "ScansAreSlow", "WebIsGone"}
# Their causes end at once; what is told of a rate ends with its window (test_rules).
ENDED_AT_ONCE = {"ConnectionsRunOut", "DatabaseAway", "WebIsGone"}
OUTAGE = {
    "AnswersFail",
    "DatabaseAway",
    "EndedSessionsUnknown",
    "HandshakesFail",
    "ScansSpendBudgetFast",
    "ScansSpendBudgetSlowly",
}


class Counter:
    """A till that scans one booking again and again: settled once, and answered so each time after."""

    def __init__(self, platform: Platform) -> None:
        shops, riders = prepare(platform, shops=1, riders=1)
        now = timezone.now()
        booked = requests.post(
            f"{platform.url}/api/rides/book",
            json={"campaignId": shops[0][1]},
            headers=bearer(UUID(riders[0]), "rider", now=now) | {"Idempotency-Key": "one-booking"},
            timeout=20,
        )
        self._url = f"{platform.url}/api/handshake/execute"
        self._code = {"qrData": booked.json()["ride"]["qrCode"]}
        self._headers = bearer(UUID(shops[0][0]), "merchant", now=now)

    @contextmanager
    def busy(self) -> Iterator[None]:
        over = threading.Event()

        def scan() -> None:
            while not over.wait(0.2):
                with suppress(requests.RequestException):
                    requests.post(self._url, json=self._code, headers=self._headers, timeout=20)

        tills = [threading.Thread(target=scan, daemon=True) for _ in range(2)]
        for till in tills:
            till.start()
        try:
            yield
        finally:
            over.set()
            for till in tills:
                till.join()


def connections_left(platform: Platform, count: int) -> ExitStack:
    """Take all connections that the database has but so many."""
    taken = ExitStack()
    with psycopg.connect(platform.cluster.url) as one:
        (most,) = one.execute("SELECT current_setting('max_connections')::int").fetchone() or (0,)
        (used,) = one.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        ).fetchone() or (0,)
    for _ in range(most - used - count):
        taken.enter_context(psycopg.connect(platform.cluster.url))
    return taken


@contextmanager
def stood_in_the_way(platform: Platform) -> Iterator[None]:
    """Hold every booking locked, so that whoever scans waits and is sent away."""
    with psycopg.connect(platform.cluster.url) as holder:
        holder.execute("SELECT 1 FROM rides_booking FOR UPDATE")
        yield


@pytest.fixture
def second(platform: Platform, tmp_path: Path) -> Iterator[Server]:
    """Another web server of the platform."""
    server = programs.web(
        host=ports.HOST,
        port=ports.any_free(),
        workers=1,
        environment=platform.environment,
        logs=tmp_path,
    )
    server.start()
    yield server
    server.stop()


def address(server: Server) -> str:
    assert server.process is not None
    command = server.process.program.command
    return f"{ports.HOST}:{command[command.index('--port') + 1]}"


def test_an_outage_rings_within_a_minute_and_nothing_rings_without_one(
    tools: Path, tmp_path: Path, platform: Platform, second: Server
) -> None:
    till = Counter(platform)
    targets = [platform.url.removeprefix("http://"), address(second)]
    with prometheus(tools, tmp_path, targets) as watching, till.busy():
        time.sleep(QUIET_S)
        watching.hear_all(targets[0], processes=platform.web_processes, within_s=WITHIN_S)
        assert watching.ringing() == set()

        second.stop()
        with stood_in_the_way(platform), connections_left(platform, 12):
            rung_s = watching.wait(for_=DISTRESS, within_s=WITHIN_S)
        second.start()
        silent_s = watching.wait(without=ENDED_AT_ONCE & DISTRESS, within_s=WITHIN_S)
        tell(f"rows and connections taken, a server gone: {rung_s:.0f} s, over: {silent_s:.0f} s")

        assert platform.cluster.process is not None
        platform.cluster.process.kill()
        rung_s = watching.wait(for_=OUTAGE, within_s=WITHIN_S)
        platform.cluster.start()
        silent_s = watching.wait(without=ENDED_AT_ONCE, within_s=WITHIN_S)
        tell(f"no database: {rung_s:.0f} s, over: {silent_s:.0f} s")
