"""
What a night of gamification costs: time and memory for a quarter, a half and all of the riders.

Run: `python -m benchmarks.nightly [--riders 10000] [--days 90]`; it brings its own stores and clears them
away. Every rider has a visit every third day, the badges that follow and a mission joined, as after days on
which all went well; one in a hundred missed a visit today, with two strikes from before. Measured are the
jobs of the night: missions planned, missed visits judged, badges and missions looked at, and every document
made anew, the streaks among them. Then riders whose follow-up was lost altogether are caught up with, and the
document store is frozen while somebody looks at the badges.
"""

import argparse
import logging
import os
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks.servers import stores
from uma.stack import ports
from uma.stack.documents import Documents

RIDERS, DAYS, SHOPS = 10_000, 90, 40
LOST = 200
# One in so many missed a visit today.
MISSED_OF = 100
LOOKS = 20


def timed(does: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    began = time.monotonic()
    does()
    return time.monotonic() - began


def peak_mb() -> int:
    """Return the most memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def judge(*, now: datetime) -> int:
    """Judge what was missed as the job of every minute does; return how many riders."""
    from apps.gamification import selectors, services  # noqa: PLC0415 — after the settings

    done = 0
    while batch := selectors.riders_to_settle(limit=500):
        for rider_id in batch:
            services.settle_rider(rider_id=rider_id, now=now)
        done += len(batch)
    return done


def night(riders: int, *, now: datetime) -> dict[str, float]:
    """Run the jobs of a night and print what each cost; return the seconds."""
    from apps.gamification import services  # noqa: PLC0415 — as above
    from benchmarks import histories  # noqa: PLC0415

    jobs: dict[str, Callable[[], object]] = {
        "missed visits judged": lambda: judge(now=now),
        "badges and missions looked at": lambda: services.repair_awards(now=now),
        "missions planned and looked at": lambda: (
            services.generate_missions(zone_code=histories.ZONE, now=now),
            services.expire_missions(now=now),
        ),
        "documents and streaks made anew": lambda: services.rebuild(now=now),
    }
    took = {}
    print(f"{riders} riders:")
    for name, job in jobs.items():
        took[name] = timed(job)
        print(f"  {name:<32}{took[name]:7.1f} s  {took[name] / riders * 1000:6.2f} ms a rider")
    took["the whole night"] = sum(took.values())
    print(f"  {'the whole night':<32}{took['the whole night']:7.1f} s, peak {peak_mb()} MB")
    return took


def measure_all(documents: Documents, *, riders: int, days: int) -> None:
    """Measure for a quarter, a half and all of the riders, then what goes wrong."""
    from apps.gamification import services  # noqa: PLC0415 — as above
    from apps.gamification.documents import prepare  # noqa: PLC0415
    from benchmarks import histories  # noqa: PLC0415

    now = datetime.now(UTC)
    prepare()
    histories.open_zone(shops=SHOPS, now=now - timedelta(days=days))
    services.generate_missions(zone_code=histories.ZONE, now=now)
    nights: dict[int, dict[str, float]] = {}
    done = 0
    for part in (riders // 4, riders // 2, riders):
        histories.crowd(part - done, days=days, now=now)
        histories.missed(part // MISSED_OF, days=days, now=now)
        done = part
        nights[part] = night(part, now=now)
    for name in nights[riders]:
        half, all_of_them = (
            nights[part][name] / nights[riders // 4][name] for part in (riders // 2, riders)
        )
        print(f"{name}: twice the riders {half:.1f} times as long, four times {all_of_them:.1f}")
    fresh = histories.lost(min(LOST, riders), days=days, now=now)
    took = timed(lambda: [services.settle_rider(rider_id=one, now=now) for one in fresh])
    print(f"Catching up with a lost follow-up: {took / len(fresh) * 1000:.0f} ms a rider")
    frozen(documents, now=now)


def frozen(documents: Documents, *, now: datetime) -> None:
    """Print how long the catalogue takes while the document store is frozen."""
    from apps.gamification import selectors  # noqa: PLC0415 — as above

    def look() -> None:
        selectors.badges(now=now)

    look()
    assert documents.process is not None
    os.kill(documents.process.pid, signal.SIGSTOP)
    try:
        looks = [timed(look) * 1000 for _ in range(LOOKS)]
    finally:
        os.kill(documents.process.pid, signal.SIGCONT)
    print(
        f"Badges while the document store is frozen: the slowest of {LOOKS} looks {max(looks):.0f} ms,"
        f" the median {median(looks):.1f} ms"
    )


@contextmanager
def all_stores() -> Iterator[Documents]:
    """Run the stores of the measurements and a document store beside them."""
    with stores() as running:
        documents = Documents(folder=running.folder / "documents", wanted_port=ports.any_free())
        documents.start()
        os.environ["MONGODB_URL"] = documents.url
        try:
            yield documents
        finally:
            documents.stop()


def main() -> None:
    """Bring the stores up, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nightly", description=__doc__)
    parser.add_argument("--riders", type=int, default=RIDERS)
    parser.add_argument("--days", type=int, default=DAYS)
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore", message="No directory at")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with all_stores() as documents:
        import django  # noqa: PLC0415  # after the environment

        django.setup()
        logging.disable(logging.ERROR)
        measure_all(documents, riders=chosen.riders, days=chosen.days)


if __name__ == "__main__":
    main()
