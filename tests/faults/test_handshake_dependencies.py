"""
Handshakes need PostgreSQL and nothing else: Valkey frozen and dead, the document store gone.

How fast is judged by the healthy run a moment before, in the same test, never by the clock alone.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.conftest import Platform
from tests.faults.visiting import Ack, Crowd, another_web, prepare, rows, tell
from uma.stack.documents import Documents

pytestmark = pytest.mark.timeout(300)

RUN_S = 3.0
# Six runs were at 0.9 to 1.1 of the healthy median; a wait of any socket's time-out would be some hundred times it.
SLOWER_AT_MOST = 2.0
SWEPT_WITHIN_S = 90.0
SWEEP = "from apps.handshake.tasks import announce_forgotten; announce_forgotten()"


def median_s(acks: Sequence[Ack]) -> float:
    assert len(acks) >= 5, "too few to judge"  # a median of fewer says nothing
    return statistics.median(ack.seconds for ack in acks)


def judge(what: str, healthy: Sequence[Ack], hurt: Sequence[Ack]) -> None:
    """Hold that visits with a dependency away were as many-sided and about as fast as before."""
    ratio = median_s(hurt) / median_s(healthy)
    tell(f"{what}: {len(hurt)} handshakes, median {ratio:.2f} of the healthy one")
    assert ratio <= SLOWER_AT_MOST, f"{what}: {ratio:.1f} times slower"


def crowd_of(platform: Platform, url: str, folder: Path) -> Crowd:
    shops, riders = prepare(platform, shops=2, riders=12)
    return Crowd(url=url, shops=shops, riders=riders, journal=folder / "acks", threads=4)


def check_nothing_lost(platform: Platform, crowd: Crowd) -> None:
    """Every visit was answered at the first attempt, and what was told is what is there."""
    assert crowd.surprises == []
    assert set(crowd.statuses) == {"rides/book 201", "handshake/execute 200"}
    kept = rows(platform, f"SELECT id, 1 FROM handshake_handshake WHERE {crowd.of_ours}")
    assert sorted(name for name, _ in kept) == sorted(ack.handshake_id for ack in crowd.acks)
    platform.manage("verify_ledger")


def unannounced(platform: Platform, crowd: Crowd) -> int:
    ((_, count),) = rows(
        platform,
        "SELECT '', count(*) FROM handshake_handshake"
        f" WHERE announced_at IS NULL AND {crowd.of_ours}",
    )
    return count


def test_with_valkey_frozen_or_dead_handshakes_are_answered_and_the_sweep_catches_up(
    platform: Platform, tmp_path: Path
) -> None:
    valkey = platform.valkey
    with another_web(platform, tmp_path) as (web, url):
        crowd = crowd_of(platform, url, tmp_path)
        crowd.run(1.0)
        healthy = crowd.run(RUN_S)
        platform.freeze(valkey)
        try:
            judge("Valkey frozen", healthy, crowd.run(RUN_S))
        finally:
            platform.thaw(valkey)
        assert valkey.process is not None
        valkey.process.kill()
        try:
            judge("Valkey dead", healthy, crowd.run(RUN_S))
            # The messages that wait in the web server die with it: only the sweep knows of them.
            assert web.process is not None
            web.process.kill()
        finally:
            valkey.start()
    check_nothing_lost(platform, crowd)
    forgotten = unannounced(platform, crowd)
    assert forgotten > 0, "the control: nothing was left to the sweep"

    began = time.monotonic()
    while unannounced(platform, crowd) and time.monotonic() - began < SWEPT_WITHIN_S:
        platform.manage("shell", "-c", SWEEP)
    # Again, so that a handshake told before is met by a second sweep.
    platform.manage("shell", "-c", SWEEP)

    tell(f"{forgotten} follow-ups swept in {time.monotonic() - began:.0f} s")
    assert unannounced(platform, crowd) == 0
    told = rows(
        platform,
        "SELECT h.id, count(m.id) FROM handshake_handshake h LEFT JOIN notifications_inboxmessage m"
        f" ON m.dedupe_key = 'handshake:' || h.id WHERE {crowd.of_ours} GROUP BY h.id",
    )
    assert {name: count for name, count in told if count != 1} == {}
    ((_, counted),) = rows(
        platform,
        f"SELECT '', sum(visits) FROM campaigns_allotment WHERE scope = 'all' AND {crowd.of_ours}",
    )
    assert counted == len(crowd.acks)


def test_with_the_document_store_gone_handshakes_are_answered_at_their_speed(
    platform: Platform, tmp_path: Path
) -> None:
    store = Documents(folder=tmp_path / "documents")
    store.start()
    try:
        with another_web(platform, tmp_path, MONGODB_URL=store.url) as (_, url):
            crowd = crowd_of(platform, url, tmp_path)
            crowd.run(1.0)
            healthy = crowd.run(RUN_S)
            assert store.process is not None
            store.process.kill()
            judge("document store dead", healthy, crowd.run(RUN_S))
        check_nothing_lost(platform, crowd)
    finally:
        store.stop()
