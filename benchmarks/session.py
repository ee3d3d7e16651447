"""One measurement: everything on one machine in one run, repetitions interleaved."""

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg
from rich.console import Console

from apps.rides import qr
from benchmarks import (
    callbacks,
    control,
    dashboard,
    exporting,
    growth,
    hordak_control,
    memory,
    pgbench,
    scans,
    selling,
    statements,
    wire,
)
from benchmarks.data import City, Shop, Visit
from benchmarks.discovery import Searches, fill_map
from benchmarks.servers import CONTROL_SETTINGS, HORDAK_SETTINGS, Stores, Web, cpu_seconds
from benchmarks.sizes import Size

_COUNTED_SCANS = 160
# As many as are over before the storm is; of fewer, the p99 is the second slowest.
_SCANS_IN_A_STORM = 3 * scans.GRAIN


@dataclass
class Samples:
    """What each arm gave, one value a repetition."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, **found: float) -> None:
        for name, value in found.items():
            self.values[name].append(value)

    def forget_first(self, *names: str) -> None:
        """Leave out the first repetition, which warmed up."""
        for name in names:
            del self.values[name][0]

    def __getitem__(self, name: str) -> list[float]:
        return self.values[name]


class Session:
    """The prepared city and the samples so far."""

    def __init__(self, stores: Stores, size: Size, console: Console) -> None:
        self.stores = stores
        self.size = size
        self.console = console
        self.samples = Samples()
        self._database = psycopg.connect(stores.cluster.url, autocommit=True)
        self._keys = qr.keyring(os.environ["UMA_QR_MASTER_KEYS"])
        self._scanners = scans.Scanners()
        self._control_scanners = control.ControlTokens()
        started = time.monotonic()
        self._city = City(self._database, now=datetime.now(UTC))
        self._shops = [self._city.shop(f"Shop {number}") for number in range(size.shops)]
        # A fresh one for each run: its customers are new to it, as they are elsewhere.
        self._busy = [
            (self._city.shop(f"Busy {number}"), self._city.shop(f"Locked {number}"))
            for number in range(size.repetitions)
        ]
        self._city.add_riders(max(size.limit_visits, size.visits))
        control.open_shops(self._shops, self._city.riders)
        hordak_control.open_books(self._shops, self._city.riders)
        self._database.execute("VACUUM (ANALYZE)")
        self.say(f"the city stands ({time.monotonic() - started:.0f} s)")

    def say(self, text: str) -> None:
        self.console.print(f"[dim]{datetime.now(UTC):%H:%M:%S}[/dim] {text}")

    def repeat(self) -> None:
        """Measure handshakes and bookings beside their limits, repetition after repetition."""
        with (
            self.stores.web() as web,
            self.stores.web(DJANGO_SETTINGS_MODULE=CONTROL_SETTINGS) as other,
            self.stores.web(DJANGO_SETTINGS_MODULE=HORDAK_SETTINGS) as hordak,
        ):
            self._scan(web, self._shops, scans.GRAIN * 2)
            self._scan_control(other, scans.GRAIN, turn=0)
            self._scan_hordak(hordak, scans.GRAIN, turn=50)
            for number, (busy, locked) in enumerate(self._busy, start=1):
                self._limits(locked)
                self._handshakes(web, busy)
                self._straightforward(other, turn=number)
                kept = self._scan_hordak(hordak, self.size.control_visits, turn=50 + number)
                self.samples.add(hordak=kept.per_second)
                self._bookings(web, busy)
                scans.verify_books()
                self.say(f"repetition {number} of {self.size.repetitions}: {self._last()}")

    def count_trips(self) -> None:
        """Count what crosses the wire to PostgreSQL for handshakes, by a proxy before it."""
        url = urlsplit(self.stores.cluster.url)
        assert url.port is not None
        with wire.counting(url.port) as (port, counts):
            behind = self.stores.cluster.serving_url.replace(f":{url.port}/", f":{port}/")
            with self.stores.web(DATABASE_URL=behind, PGSSLMODE="disable") as web:
                self._scan(web, self._shops, scans.GRAIN)
                sold = self._city.bookings(_COUNTED_SCANS, self._shops, now=datetime.now(UTC))
                before = counts.trips, counts.statements
                scans.run_once(sold, port=web.port, keys=self._keys, scanners=self._scanners)
                trips, statements = counts.trips - before[0], counts.statements - before[1]
        self.samples.add(trips=trips / len(sold), statements=statements / len(sold))

    def remember(self) -> None:
        """See whether a web process grows with the requests it has answered."""
        with self.stores.web() as web:
            sold = self._city.bookings(scans.GRAIN, self._shops, now=datetime.now(UTC))
            self._run(sold, web, self._scanners)
            grown = memory.growth(
                sold, web, many=self.size.requests, keys=self._keys, scanners=self._scanners
            )
        self.samples.add(memory=grown)
        self.say(f"{self.size.requests} requests were answered")

    def be_called_back(self) -> None:
        """Take callbacks beside a server that only acknowledges them, and scan while they pour in."""
        seller, kept, size = callbacks.Seller(), 0, self.size
        with (
            self.stores.web(**seller.environment) as web,
            self.stores.callbacks(**seller.environment) as callee,
            self.stores.callbacks(DJANGO_SETTINGS_MODULE="benchmarks.ack_only") as other,
        ):
            self._scan(web, self._shops, scans.GRAIN)
            for _ in range(size.repetitions + 1):
                told = seller.answers(self._city.riders[0], size.callbacks)
                acked, acked_p99 = callbacks.send(told, port=other.port)
                taken, taken_p99 = callbacks.send(told, port=callee.port)
                quiet = self._scan(web, self._shops, _SCANS_IN_A_STORM)
                more = seller.answers(self._city.riders[0], size.callbacks)
                with ThreadPoolExecutor(max_workers=1) as beside:
                    pouring = beside.submit(callbacks.send, more, port=callee.port)
                    stormy = self._scan(web, self._shops, _SCANS_IN_A_STORM)
                    pouring.result()
                kept += len(told) + len(more)
                callbacks.verify_kept(kept)
                self.samples.add(
                    acked=acked, acked_p99=acked_p99, taken=taken, taken_p99=taken_p99,
                    quiet_p99=quiet.p99_ms, storm_p99=stormy.p99_ms,
                )  # fmt: skip
        self.samples.forget_first(
            "acked", "acked_p99", "taken", "taken_p99", "quiet_p99", "storm_p99"
        )
        self.say(f"{kept} callbacks were taken")

    def look(self) -> None:
        """Give two merchants a year, then look at both dashboards in turn."""
        now, few, many = datetime.now(UTC), self.size.few_visits, self.size.many_visits
        tokens = {
            visits: dashboard.fill(self._city, self._city.shop(name), visits=visits, now=now)
            for visits, name in ((few, "Few"), (many, "Many"))
        }
        self.say(f"a year of {many} visits was counted")
        with self.stores.web() as web:
            for _ in range(self.size.repetitions + 1):
                looked = {
                    visits: dashboard.p95_ms(tokens, visits, looks=self.size.looks, port=web.port)
                    for visits in (few, many)
                }
                opened = {
                    visits: dashboard.page_p95_ms(
                        tokens, visits, looks=self.size.looks, port=web.port
                    )
                    for visits in (few, many)
                }
                self.samples.add(
                    looked_few=looked[few], looked_many=looked[many],
                    opened_few=opened[few], opened_many=opened[many],
                )  # fmt: skip
        self.samples.forget_first("looked_few", "looked_many", "opened_few", "opened_many")
        self.say("the dashboards were looked at")

    def take_away(self) -> None:
        """Export every visit there is, and copy the same with psql, in turn."""
        analyst, rows = exporting.Analyst(self.stores), 0
        for _ in range(self.size.repetitions + 1):
            done = analyst.export()
            rows = done.rows
            self.samples.add(
                exported=rows / done.seconds,
                copied=rows / analyst.copy_table(),
                copied_query=rows / analyst.copy_query(),
                export_mb=done.peak_mb,
            )
        self.samples.forget_first("exported", "copied", "copied_query", "export_mb")
        self.say(f"{rows} rows were exported")

    def read_back(self) -> None:
        """Give two riders the same month, one of them with a long past, then read both in turn."""
        now, few, many = datetime.now(UTC), self.size.few_visits, self.size.many_visits
        lines = (statements.LINES + few, statements.LINES + many)
        codes = {n: statements.fill(self._database, lines=n, now=now) for n in lines}
        self.say(f"an account has {lines[1]} lines")
        for _ in range(self.size.repetitions + 1):
            took = [
                statements.p95_ms(codes[n], lines=n, looks=self.size.looks, now=now) for n in lines
            ]
            self.samples.add(read_few=took[0], read_many=took[1])
        self.samples.forget_first("read_few", "read_many")
        self.say("the statements were read")

    def grow(self) -> None:
        """Let the ledger have years behind it, then scan again beside the straightforward version."""
        started = time.monotonic()
        growth.fill(self._database, wanted=self.size.entries, now=datetime.now(UTC))
        self.say(f"the ledger has {self.size.entries} entries ({time.monotonic() - started:.0f} s)")
        with (
            self.stores.web() as web,
            self.stores.web(DJANGO_SETTINGS_MODULE=CONTROL_SETTINGS) as other,
        ):
            for number in range(self.size.repetitions + 1):
                grown = self._scan(web, self._shops, self.size.visits)
                beside = self._scan_control(other, self.size.control_visits, turn=100 + number)
                self.samples.add(grown=grown.per_second / beside.per_second)
        self.samples.forget_first("grown")
        self.say("scans were made on top of it")

    def search(self) -> None:
        """Fill the map, then search it over HTTP and as SQL alone, in turn."""
        started = time.monotonic()
        fill_map(self._city, self._shops[0], outlets=self.size.outlets)
        self.say(f"the map is full ({time.monotonic() - started:.0f} s)")
        rider_id = self._city.riders[0]
        with self.stores.web() as web:
            Searches(rider_id, count=self.size.searches, seed=0).over_http(web.port)
            Searches(rider_id, count=self.size.searches, seed=0).sql_alone()
            for number in range(1, self.size.repetitions + 1):
                searches = Searches(rider_id, count=self.size.searches, seed=number)
                self.samples.add(
                    search=searches.over_http(web.port), search_sql=searches.sql_alone()
                )
        self.say("the map was searched")

    def _limits(self, locked: Shop) -> None:
        runs = [self._limit(clients) for clients in self.size.limit_clients]
        best = max(runs, key=lambda run: run.per_second)
        locking = self._limit(scans.CLIENTS, lock_merchant=True)
        locking_hot = self._limit(scans.CLIENTS, lock_merchant=True, shops=[locked])
        self.samples.add(
            limit=best.per_second,
            limit_cpu=best.postgres_cpu_s,
            locking_p99=locking.p99_ms,
            locking_hot_p99=locking_hot.p99_ms,
        )

    def _handshakes(self, web: Web, busy: Shop) -> None:
        spread = self._scan(web, self._shops, self.size.visits)
        hot = self._scan(web, [busy], self.size.visits)
        self.samples.add(
            spread=spread.per_second,
            p99=spread.p99_ms,
            wal_kb=spread.wal_kb,
            cpu=spread.web_cpu_s,
            whole_cpu=spread.web_cpu_s + spread.postgres_cpu_s,
            postgres_cpu=spread.postgres_cpu_s,
            hot=hot.per_second,
            hot_p99=hot.p99_ms,
        )

    def _straightforward(self, other: Web, *, turn: int) -> None:
        done = self._scan_control(other, self.size.control_visits, turn=turn)
        self.samples.add(
            control=done.per_second,
            young=self.samples["spread"][-1] / done.per_second,
            control_cpu=done.web_cpu_s,
            control_postgres_cpu=done.postgres_cpu_s,
        )

    def _bookings(self, web: Web, busy: Shop) -> None:
        half = self.size.bookings
        riders = self._city.new_riders(2 * half)
        several = selling.per_second(
            self._shops, riders[:half], port=web.port, database=self._database
        )
        one = selling.per_second([busy], riders[half:], port=web.port, database=self._database)
        self.samples.add(sold=several, sold_hot=one)

    def _scan(self, web: Web, shops: Sequence[Shop], visits: int) -> scans.Scanned:
        sold = self._city.bookings(visits, shops, now=datetime.now(UTC))
        done = self._run(sold, web, self._scanners)
        scans.verify_rows(sold, self._database)
        return done

    def _scan_control(self, other: Web, visits: int, *, turn: int) -> scans.Scanned:
        sold = control.bookings(visits, self._shops, self._city.riders, turn)
        done = self._run(sold, other, self._control_scanners)
        control.verify(sold, self._shops)
        control.analyze()
        return done

    def _scan_hordak(self, hordak: Web, visits: int, *, turn: int) -> scans.Scanned:
        sold = control.bookings(visits, self._shops, self._city.riders, turn)
        done = self._run(sold, hordak, self._control_scanners)
        hordak_control.verify(sold)
        hordak_control.analyze()
        return done

    def _run(self, sold: Sequence[Visit], web: Web, scanners: scans.Tokens) -> scans.Scanned:
        def read() -> scans.Meters:
            row = self._database.execute(
                "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
            ).fetchone()
            assert row is not None
            return scans.Meters(
                cpu_seconds(web.pid), self.stores.postgres_cpu_seconds(), int(row[0])
            )

        return scans.run(sold, port=web.port, keys=self._keys, scanners=scanners, read=read)

    def _limit(
        self, clients: int, *, lock_merchant: bool = False, shops: Sequence[Shop] = ()
    ) -> pgbench.Limit:
        sold = self._city.bookings(
            self.size.limit_visits, shops or self._shops, now=datetime.now(UTC)
        )
        sent = scans.schedule(sold)
        self._city.queue_for_pgbench([one.visit for one in sent])
        before = self.stores.postgres_cpu_seconds()
        found = pgbench.settle(
            self.stores.cluster, clients=clients, scans=len(sent), lock_merchant=lock_merchant
        )
        found.postgres_cpu_s = (self.stores.postgres_cpu_seconds() - before) / len(sold)
        scans.verify_rows(sold, self._database)
        return found

    def _last(self) -> str:
        found = {name: values[-1] for name, values in self.samples.values.items()}
        return (
            f"{found['spread'] / found['limit']:.2f} of the limit,"
            f" {found['spread'] / found['control']:.1f} times the straightforward version"
            f" (here and now {found['spread']:.0f}, {found['limit']:.0f} and"
            f" {found['control']:.0f} a second)"
        )
