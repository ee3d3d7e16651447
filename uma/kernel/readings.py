"""Gauges over the tables, read when Prometheus asks: whoever is scraped is not who did the work."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# A process asks the database at most this often, however many Prometheus scrape it.
FRESH_S = 5.0
# What never happened is late since then: no row says when a platform began.
STARTED_AT = timezone.now()

# By the values of the labels; a gauge without labels is a number.
Values = Mapping[tuple[str, ...], float]
Read = Callable[[datetime], Values | float]


@dataclass(slots=True)
class _Gauge:
    name: str
    help: str
    labels: tuple[str, ...]
    read: Read
    values: Values = field(default_factory=dict)

    def family(self) -> Metric:
        family = GaugeMetricFamily(self.name, self.help, labels=self.labels)
        for labels, value in self.values.items():
            family.add_metric(labels, value)
        return family


class _Readings(Collector):
    """
    All gauges that were defined with `reading`.

    A database that does not answer leaves them out, and `uma_database_answers` says so: the first that
    fails speaks for the rest, since each of them would wait for as long.
    """

    def __init__(self) -> None:
        self._gauges: dict[str, _Gauge] = {}
        self._read_at = float("-inf")
        self._answers = 0.0

    def add(self, gauge: _Gauge) -> None:
        if gauge.name in self._gauges:
            raise ValueError(f"{gauge.name} is read twice")
        self._gauges[gauge.name] = gauge

    def describe(self) -> Iterator[Metric]:
        """Name the gauges without reading them."""
        yield from (GaugeMetricFamily(one.name, one.help) for one in self._gauges.values())
        yield GaugeMetricFamily("uma_database_answers", _ANSWERS)

    def collect(self) -> Iterator[Metric]:
        if time.monotonic() - self._read_at >= FRESH_S:
            self._refresh()
        yield from (one.family() for one in self._gauges.values())
        yield GaugeMetricFamily("uma_database_answers", _ANSWERS, value=self._answers)

    def _refresh(self) -> None:
        self._read_at = time.monotonic()
        now = timezone.now()
        # Whoever asks meanwhile is told what was read before.
        answers = 1.0
        for one in self._gauges.values():
            values = self._read(one, now) if answers else {}
            answers, one.values = (0.0, {}) if values is None else (answers, values)
        self._answers = answers

    @staticmethod
    def _read(one: _Gauge, now: datetime) -> Values | None:
        """Return nothing of a gauge whose statement PostgreSQL ended, and None when nobody answers."""
        try:
            read = one.read(now)
        except (DatabaseError, RuntimeError) as failure:
            # RuntimeError: this thread may not ask.
            return None if getattr(failure.__cause__, "sqlstate", None) is None else {}
        return {(): read} if isinstance(read, int | float) else read


_ANSWERS = "Whether the database answered when it was last asked for these."
_readings = _Readings()
READINGS = CollectorRegistry()


def reading(name: str, help: str, *labels: str) -> Callable[[Read], Read]:  # noqa: A002 - Prometheus' word
    """Define a gauge by the function that reads it: now → number, or label values → number."""

    def add(read: Read) -> Read:
        _readings.add(_Gauge(name, help, labels, read))
        return read

    return add


def names() -> set[str]:
    """Return the names of all gauges that are read."""
    return {one.name for one in _readings.describe()}


READINGS.register(_readings)


def age_s(at: datetime | None, now: datetime) -> float:
    """Return for how many seconds something has waited; 0 without it, or when it is not due yet."""
    return 0.0 if at is None else max((now - at).total_seconds(), 0.0)


@reading(
    "uma_database_connections_ratio", "Open connections, as a share of those PostgreSQL takes."
)
def _connections(now: datetime) -> float:  # noqa: ARG001 - every reading is asked as of a time
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT numbackends / current_setting('max_connections')::float8"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        (share,) = cursor.fetchone()
    return float(share)


# A slot is a standby's place in the primary's log; what is read of it needs no right of an operator's. Who follows is
# there for a failover while commits wait for it, and not otherwise.
_SLOTS = (
    "SELECT slot_name, active AND current_setting('synchronous_standby_names') <> '',"
    " pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)"
    " FROM pg_replication_slots WHERE slot_type = 'physical'"
)


def _slots() -> list[tuple[str, bool, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS)
        return [
            (name, active, None if behind is None else int(behind))
            for name, active, behind in cursor.fetchall()
        ]


@reading("uma_standby_follows", "Whether a standby follows and commits wait for it.", "standby")
def _standbys(now: datetime) -> Values:  # noqa: ARG001 - as above
    return {(name,): float(active) for name, active, _ in _slots()}


@reading("uma_standby_behind_bytes", "What a standby has not written down of the log.", "standby")
def _behind(now: datetime) -> Values:  # noqa: ARG001 - as above
    return {(name,): float(behind) for name, _, behind in _slots() if behind is not None}
