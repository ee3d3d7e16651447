"""Whether the platform is up, alive and ready; each answer within a second, whatever is frozen."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from pymongo import MongoClient
from redis.backoff import NoBackoff
from redis.retry import Retry

SERVICE = "uma"
PATIENCE_S = 1.0
FRESH_FOR_S = 1.0


class Probe:
    """
    One check of one dependency, run by at most one thread at a time.

    A frozen server does not honour its own time-outs, so the caller waits only `PATIENCE_S`; a
    check that is still stuck then answers "down" to everybody until it returns, and no second
    thread joins it.
    """

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._up = False
        self._known_at = float("-inf")

    def is_up(self) -> bool:
        """Tell whether the dependency answered, now or within the last second."""
        with self._lock:
            if time.monotonic() - self._known_at < FRESH_FOR_S:
                return self._up
            if self._running is None or not self._running.is_alive():
                self._running = threading.Thread(target=self._run, daemon=True)
                self._running.start()
            running = self._running
        running.join(PATIENCE_S)
        return self._up and not running.is_alive()

    def _run(self) -> None:
        try:
            self._check()
        except Exception:  # noqa: BLE001  # whatever went wrong, it is not up
            self._up = False
        else:
            self._up = True
        self._known_at = time.monotonic()


def _database() -> None:
    # A connection of its own: the pool may be exhausted by the very trouble this should report.
    options: dict[str, Any] = connections["default"].get_connection_params()
    for name in ("pool", "context", "cursor_factory", "server_side_binding", "isolation_level"):
        options.pop(name, None)
    options["connect_timeout"] = 1
    with psycopg.connect(**options, autocommit=True) as connection:
        connection.execute("SELECT 1")


def _broker() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.3,
        socket_connect_timeout=0.3,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        client.ping()


def _documents() -> None:
    with MongoClient[dict[str, Any]](
        settings.MONGODB_URL,
        serverSelectionTimeoutMS=300,
        connectTimeoutMS=300,
        socketTimeoutMS=300,
        maxPoolSize=1,
    ) as client:
        client.admin.command("ping")


database, broker, documents = Probe(_database), Probe(_broker), Probe(_documents)


def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say that the service answers, and what time it thinks it is."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return JsonResponse({"status": "ok", "timestamp": now, "service": SERVICE})


def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Say that the process runs; whoever restarts it asks this."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """
    Say whether requests should be sent here.

    Only the database decides. The broker and the document store are reported, never waited for:
    without them handshakes still settle, and taking every server out of the proxy would stop those
    too.
    """
    up = {
        "database": database.is_up(),
        "broker": broker.is_up(),
        "documents": documents.is_up(),
    }
    checks = {name: "up" if is_up else "down" for name, is_up in up.items()}
    is_ready = up["database"]
    return JsonResponse(
        {"status": "ready" if is_ready else "unready", "checks": checks},
        status=200 if is_ready else 503,
    )
