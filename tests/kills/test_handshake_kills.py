"""
Kill -9 in the middle of handshakes: no acknowledged one is lost, none happens twice.

Visitors book and scan over HTTP; meanwhile web workers, PostgreSQL's backends and PostgreSQL whole
are killed, each time after new acknowledgements, so that every kill meets work in progress.
"""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.conftest import Platform
from tests.faults.visiting import Crowd, another_web, prepare, rows, tell
from uma.stack.postgres import DATABASE, SERVING_USER
from uma.stack.server import Server

pytestmark = pytest.mark.timeout(1000)

SEED = 20261123
# Each a moment by itself, whatever dies in it; test_scan_kills.py has the others of two hundred.
STRIKES = 90 if os.environ.get("CI") else 12
LONGEST_S = 700.0
# What a strike meets; one in ten of those at PostgreSQL meets a web worker as well.
# The next worker takes seconds of a whole core to start; PostgreSQL is back in a fraction of one.
CHANCES = {"worker": 2, "backend": 14, "postmaster": 1}
TOGETHER = 0.1
# Backends of visits in progress that one strike ends at the same moment.
BACKENDS = 3
ACKS_BETWEEN = 1
PATIENCE_S = 10.0


def children(pid: int) -> dict[int, str]:
    """Return the processes that a process has started, with their command lines."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            line = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(child)] = line.strip()
    return found


class Killer:
    """Ends processes of the platform as `kill -9` does."""

    def __init__(self, platform: Platform, web: Server) -> None:
        self.platform = platform
        self.web = web
        self.chance = random.Random(SEED)  # noqa: S311  # no secret: a test's own dice
        self.kills: Counter[str] = Counter()
        self.strikes = 0

    def _next(self) -> str:
        """What was never struck yet comes first: twelve throws of the dice may miss the rarest."""
        missing = [what for what in CHANCES if not self.kills[what]]
        (thrown,) = self.chance.choices(list(CHANCES), weights=list(CHANCES.values()))
        return missing[0] if missing else thrown

    def strike(self) -> None:
        """Kill a part of the platform, or a web worker and a part of PostgreSQL at the same moment."""
        what = self._next()
        also_worker = what != "worker" and self.chance.random() < TOGETHER
        struck = {"postmaster": self._postmaster, "backend": self._backends, "worker": self._worker}
        killed = struck[what]()
        self.kills[what] += killed
        if also_worker:
            self.kills["worker"] += self._worker()
        # Three backends that die at one moment are one crash of PostgreSQL.
        self.strikes += killed > 0

    def supervise(self) -> None:
        """Start the web server again if it gave up, as it does when killed too often too soon."""
        if not self.web.alive():
            self.web.start()

    def _worker(self) -> int:
        assert self.web.process is not None
        found = children(self.web.process.pid)
        serving = sorted(pid for pid, line in found.items() if "resource_tracker" not in line)
        # Never the youngest: a worker killed before it served is no kill in the middle of a scan.
        return self._kill(serving[:-1], most=1)

    def _backends(self) -> int:
        pid_file = self.platform.cluster.data / "postmaster.pid"
        postmaster = int(pid_file.read_text().splitlines()[0])
        serving = {
            pid: line
            for pid, line in children(postmaster).items()
            if line.startswith(f"postgres: {SERVING_USER} {DATABASE} ")
        }
        working = [pid for pid, line in serving.items() if not line.endswith(" idle")]
        return self._kill(working or list(serving), most=BACKENDS)

    def _postmaster(self) -> int:
        assert self.platform.cluster.process is not None
        self.platform.cluster.process.kill()
        self.platform.cluster.start()
        return 1

    def _kill(self, pids: list[int], *, most: int) -> int:
        killed = 0
        for pid in self.chance.sample(sorted(pids), k=min(most, len(pids))):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        return killed


def survive(crowd: Crowd, killer: Killer) -> None:
    """Kill until there were enough strikes or the time is over; then let everybody finish."""
    began = time.monotonic()
    crowd.begin()
    assert crowd.wait_for(10, within_s=30), crowd.surprises
    while killer.strikes < STRIKES and time.monotonic() - began < LONGEST_S:
        killer.supervise()
        crowd.wait_for(ACKS_BETWEEN, within_s=PATIENCE_S)
        killer.strike()
        assert not crowd.surprises
    crowd.end(within_s=60, meanwhile=killer.supervise)


def test_no_acknowledged_handshake_is_lost_or_doubled_by_kill_9(
    platform: Platform, tmp_path: Path
) -> None:
    shops, riders = prepare(platform, shops=4, riders=60)
    began = time.monotonic()
    with another_web(platform, tmp_path) as (web, url):
        crowd = Crowd(url=url, shops=shops, riders=riders, journal=tmp_path / "acks")
        killer = Killer(platform, web)
        survive(crowd, killer)

    late = sum(ack.replayed for ack in crowd.acks)
    tell(
        f"{killer.strikes} strikes killed {dict(killer.kills)} in {time.monotonic() - began:.0f} s,"
        f" {len(crowd.acks)} acknowledged, {late} of them settled before an attempt that died,"
        f" {dict(crowd.statuses)}"
    )
    assert crowd.surprises == []
    assert killer.strikes >= STRIKES
    assert set(killer.kills) == set(CHANCES)
    check_kept(platform, crowd)
    check_paid(platform, crowd)
    platform.manage("verify_ledger")
    platform.manage("verify_bookings")


def check_kept(platform: Platform, crowd: Crowd) -> None:
    """
    What was told and what is there are one set, and each of it moved money once.

    Every visitor insisted on an answer, so nothing may be there that nobody was told.
    """
    told = {ack.handshake_id for ack in crowd.acks}
    assert len(told) == len(crowd.acks)
    posted = rows(
        platform,
        "SELECT h.id, count(j.id) FROM handshake_handshake h LEFT JOIN wallet_journal j"
        " ON j.hold_id = h.booking_id AND j.kind = 'handshake'"
        f" WHERE {crowd.of_ours} GROUP BY h.id",
    )
    assert {name for name, _ in posted} == told
    assert {name: count for name, count in posted if count != 1} == {}


def check_paid(platform: Platform, crowd: Crowd) -> None:
    """Each rider's wallet holds what that rider's acknowledgements say, to the paisa."""
    owed: Counter[str] = Counter()
    for ack in crowd.acks:
        owed[ack.rider_id] += ack.paise
    paid = rows(
        platform,
        "SELECT split_part(code, ':', 2), balance_paise FROM wallet_account"
        " WHERE kind = 'rider_wallet' AND balance_paise > 0",
    )
    assert {rider: paise for rider, paise in paid if rider in set(crowd.riders)} == owed
