"""How long a connection may wait, and what becomes of pooled ones when the database ends them."""

import threading
import time
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from prometheus_client import REGISTRY
from psycopg_pool import PoolTimeout

from tests.kernel.test_checks import run
from tests.notifications.queueing import until
from uma.kernel.connections import look_at_the_pool

pytestmark = pytest.mark.django_db(transaction=True)


def _pool() -> Any:  # Any: only PostgreSQL's connections have one, and its type is not public
    return connection.pool  # type: ignore[attr-defined]


def _pids(number: int) -> list[int]:
    """Return the server processes behind this many pooled connections, all idle again."""
    pool = _pool()
    taken = [pool.getconn(timeout=60) for _ in range(number)]
    pids = [conn.info.backend_pid for conn in taken]
    for conn in taken:
        pool.putconn(conn)
    return pids


def _end(pids: list[int]) -> None:
    with connection.cursor() as cursor:
        for pid in pids:
            cursor.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])


@pytest.fixture
def pooled() -> None:
    connection.ensure_connection()
    if _pool() is None:
        pytest.fail("the suite runs with the pool that production has")


@pytest.mark.usefixtures("pooled")
def test_a_look_at_the_pool_drops_every_connection_that_broke() -> None:
    ended = _pids(2)
    _end(ended)

    look_at_the_pool()

    deadline = time.monotonic() + 60
    while set(_pids(2)) & set(ended) and time.monotonic() < deadline:
        pass
    assert not set(_pids(2)) & set(ended)


@pytest.mark.usefixtures("pooled")
def test_prometheus_reads_who_waits_for_the_pool() -> None:
    def told(name: str) -> float:
        value = REGISTRY.get_sample_value(f"uma_database_pool_{name}")
        assert value is not None
        return value

    pool, refused, waited_s = _pool(), told("refused_total"), told("wait_seconds_total")

    def wait_in_vain() -> None:
        with suppress(PoolTimeout):
            pool.getconn(timeout=0.5)

    # One is this test's own.
    taken = [pool.getconn(timeout=60) for _ in range(pool.max_size - 1)]
    try:
        waiting = threading.Thread(target=wait_in_vain, daemon=True)
        waiting.start()
        until(lambda: told("waiting") == 1)
        assert (told("size"), told("free")) == (pool.max_size, 0)
        waiting.join()
    finally:
        for conn in taken:
            pool.putconn(conn)

    assert told("refused_total") == refused + 1
    assert told("wait_seconds_total") > waited_s
    assert told("waiting") == 0


def test_whoever_migrates_may_build_an_index_for_as_long_as_it_takes() -> None:
    tell = "from uma import settings; print(settings.DATABASES['default']['OPTIONS']['options'])"

    serving, owner = (run("-c", tell, UMA_ACTS_AS_OWNER=one).stdout for one in ("0", "1"))

    assert "statement_timeout=5000" in serving
    assert "statement_timeout=0" in owner
    # Nobody queues behind a migration that waits for a lock.
    assert "lock_timeout=2000" in serving
    assert "lock_timeout=2000" in owner
