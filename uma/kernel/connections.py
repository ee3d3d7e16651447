"""The pool of this process: what waits for its connections, and what is done once one of them broke."""

import threading
from collections.abc import Iterator
from typing import Any

from django.db import connection
from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_looking = threading.Lock()


def look_at_the_pool() -> None:
    """
    Have the pool drop the idle connections that broke, beside the request that met the first.

    Otherwise each of them costs one more request its answer. In a thread of its own, and one at a
    time: a database that is frozen answers the look only when it thaws.
    """
    # Any: the pool is there with PostgreSQL and pooling, and has no public type in Django.
    pool: Any = getattr(connection, "pool", None)
    if pool is not None and _looking.acquire(blocking=False):
        threading.Thread(target=_look, args=[pool], daemon=True).start()


def _look(pool: Any) -> None:  # Any: as above
    try:
        pool.check()
    finally:
        _looking.release()


class _Pool(Collector):
    """The pool's own figures, when somebody asks; psycopg leaves those out that are 0."""

    def describe(self) -> Iterator[Metric]:
        """Name the figures without a pool."""
        return self._told({})

    def collect(self) -> Iterator[Metric]:
        pool: Any = getattr(connection, "pool", None)  # Any: as above
        return self._told(pool.get_stats() if pool is not None else {})

    def _told(self, stats: dict[str, int]) -> Iterator[Metric]:
        name = "uma_database_pool"
        yield GaugeMetricFamily(
            f"{name}_size", "Connections of the pool.", value=stats.get("pool_size", 0)
        )
        yield GaugeMetricFamily(
            f"{name}_free", "Connections nobody has.", value=stats.get("pool_available", 0)
        )
        yield GaugeMetricFamily(
            f"{name}_waiting", "Who waits for one.", value=stats.get("requests_waiting", 0)
        )
        yield CounterMetricFamily(
            f"{name}_waited", "Who had to wait for one.", value=stats.get("requests_queued", 0)
        )
        yield CounterMetricFamily(
            f"{name}_wait_seconds",
            "How long they waited, all together.",
            value=stats.get("requests_wait_ms", 0) / 1000,
        )
        yield CounterMetricFamily(
            f"{name}_refused", "Who got none in time.", value=stats.get("requests_errors", 0)
        )


REGISTRY.register(_Pool())
