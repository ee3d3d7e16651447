"""One measurement: everything on one machine in one run, repetitions interleaved."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
from rich.console import Console

from apps.rides import qr
from benchmarks import pgbench, scans, wire
from benchmarks.data import City, Shop
from benchmarks.figures import Figure, ratios, varies_too_much
from benchmarks.servers import Stores

LIMIT_CLIENTS = (4, 8, 16, 32)
_COUNTED_SCANS = 160


@dataclass(frozen=True)
class Size:
    """How much is measured: bookings are multiples of `scans.GRAIN`."""

    repetitions: int
    shops: int
    visits: int
    limit_visits: int
    limit_clients: tuple[int, ...]
    control_visits: int
    outlets: int
    searches: int
    bookings: int


FULL = Size(5, 200, 960, 1920, LIMIT_CLIENTS, 320, 200_000, 300, 640)
SHORT = Size(1, 16, 160, 320, (8,), 160, 5_000, 40, 96)


@dataclass
class Samples:
    """What each arm gave, one value a repetition."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, **found: float) -> None:
        for name, value in found.items():
            self.values[name].append(value)

    def __getitem__(self, name: str) -> list[float]:
        return self.values[name]


class Session:
    """The prepared city, the running web server, and the samples so far."""

    def __init__(self, stores: Stores, size: Size, console: Console) -> None:
        self.stores = stores
        self.size = size
        self.console = console
        self.database = psycopg.connect(stores.cluster.url, autocommit=True)
        self.keys = qr.keyring(os.environ["UMA_QR_MASTER_KEYS"])
        self.scanners = scans.Scanners()
        self.samples = Samples()
        started = time.monotonic()
        self.city = City(self.database, now=datetime.now(UTC))
        self.shops = [self.city.shop(f"Shop {number}") for number in range(size.shops)]
        # A fresh one for each run: its customers are new to it, as they are elsewhere.
        self.busy_shops = [
            self.city.shop(f"Busy {number}") for number in range(size.repetitions + 1)
        ]
        self.city.add_riders(max(size.limit_visits, size.visits))
        self.database.execute("VACUUM (ANALYZE)")
        self.say(f"the city stands ({time.monotonic() - started:.0f} s)")

    def say(self, text: str) -> None:
        self.console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/dim] {text}")

    def scan(self, port: int, shops: list[Shop], visits: int) -> scans.Scanned:
        sold = self.city.bookings(visits, shops, now=datetime.now(UTC))
        return scans.run(
            sold, port=port, keys=self.keys, scanners=self.scanners, database=self.database
        )

    def limit(self, clients: int, *, lock_merchant: bool = False) -> pgbench.Limit:
        sold = self.city.bookings(self.size.limit_visits, self.shops, now=datetime.now(UTC))
        sent = scans.schedule(sold)
        self.city.queue_for_pgbench([one.visit for one in sent])
        found = pgbench.settle(
            self.stores.cluster, clients=clients, scans=len(sent), lock_merchant=lock_merchant
        )
        scans.verify_rows(sold, self.database)
        return found

    def repeat_handshakes(self) -> None:
        """Measure the handshake beside its limit, once more in each repetition."""
        with self.stores.web() as port:
            self.scan(port, self.shops, scans.GRAIN * 2)
            for number, busy in enumerate(self.busy_shops[1:], start=1):
                self._repetition(port, busy)
                scans.verify_books()
                self.say(f"repetition {number} of {self.size.repetitions}: {self._last()}")

    def _repetition(self, port: int, busy: Shop) -> None:
        best = max(self.limit(clients).per_second for clients in self.size.limit_clients)
        spread = self.scan(port, self.shops, self.size.visits)
        locking = self.limit(32, lock_merchant=True)
        hot = self.scan(port, [busy], self.size.visits)
        self.samples.add(
            limit=best,
            spread=spread.per_second,
            hot=hot.per_second,
            wal_kb=spread.wal_kb,
            p99=spread.p99_ms,
            hot_p99=hot.p99_ms,
            locking_p99=locking.p99_ms,
        )

    def _last(self) -> str:
        found = {name: values[-1] for name, values in self.samples.values.items()}
        return (
            f"{found['spread'] / found['limit']:.2f} of the limit,"
            f" hot {found['hot'] / found['spread']:.2f} of spread"
            f" (here and now: {found['spread']:.0f}/s beside {found['limit']:.0f}/s)"
        )

    def count_trips(self) -> None:
        """Count what crosses the wire to PostgreSQL for handshakes, by a proxy before it."""
        url = urlsplit(self.stores.cluster.url)
        assert url.port is not None
        with wire.counting(url.port) as (port, counts):
            behind = self.stores.cluster.url.replace(f":{url.port}/", f":{port}/")
            with self.stores.web(DATABASE_URL=behind, PGSSLMODE="disable") as web:
                self.scan(web, self.shops, scans.GRAIN)
                sold = self.city.bookings(_COUNTED_SCANS, self.shops, now=datetime.now(UTC))
                before = counts.trips, counts.statements
                scans.run_once(sold, port=web, keys=self.keys, scanners=self.scanners)
                trips, statements = counts.trips - before[0], counts.statements - before[1]
        self.samples.add(trips=trips / len(sold), statements=statements / len(sold))

    def figures(self) -> Iterator[Figure]:
        """Yield what was measured, in the order of the goals."""
        got = self.samples
        void = varies_too_much(got["limit"])
        yield Figure(
            "P1",
            "scans/s over HTTP at 32 clients ÷ the best pgbench rate of the same work",
            "≥ 0.40",
            ratios(got["spread"], got["limit"]),
            void,
        )
        yield Figure(
            "P2",
            "scans/s at one busy merchant ÷ spread over many",
            "≥ 0.90",
            ratios(got["hot"], got["spread"]),
            void,
        )
        yield Figure(
            "P5",
            "p99 of a scan over HTTP ÷ p99 of pgbench that locks the merchant at the scan",
            "≤ 1.5",
            ratios(got["p99"], got["locking_p99"]),
            void,
        )
        yield Figure(
            "P5 hot",
            "the same at one busy merchant ÷ p99 of the spread pgbench run",
            "≤ 0.5",
            ratios(got["hot_p99"], got["locking_p99"]),
            void,
        )
        yield Figure(
            "P6", "round trips to PostgreSQL per handshake, counted", "≤ 4", tuple(got["trips"])
        )
        yield Figure(
            "statements",
            "statements per handshake, BEGIN and COMMIT among them",
            "-",
            tuple(got["statements"]),
        )
        yield Figure(
            "wal_kb",
            "kB of WAL per handshake, repeats and page images included",
            "≤ 4.0",
            tuple(got["wal_kb"]),
        )
