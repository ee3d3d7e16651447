import os
import socket
import threading
import time
from datetime import datetime

import psycopg
import pytest
from django.test import Client
from pytest_django import Settings

from tests.kernel.valkey import OwnValkey
from uma.kernel import queue
from uma.kernel.http import health
from uma.kernel.http.health import Probe

pytestmark = pytest.mark.urls("tests.kernel.urls")

_HANG_S = 30


@pytest.fixture(autouse=True)
def fresh_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("database", "broker", "documents"):
        monkeypatch.setattr(health, name, Probe(getattr(health, f"_{name}")))


def test_health_says_who_answers_and_when(client: Client) -> None:
    answer = client.get("/health").json()

    assert (answer["status"], answer["service"]) == ("ok", "uma")
    assert answer["timestamp"].endswith("Z")
    assert datetime.fromisoformat(answer["timestamp"]).tzinfo is not None
    assert client.get("/health/live").json() == {"status": "live"}


@pytest.mark.django_db
def test_ready_reports_the_broker_and_the_document_store_but_waits_for_neither(
    client: Client, settings: Settings, valkey: OwnValkey
) -> None:
    settings.REDIS_URL = valkey.url
    settings.MONGODB_URL = "mongodb://127.0.0.1:1/uma?w=majority&journal=true"
    up = client.get("/health/ready")
    health.broker = Probe(health._broker)
    valkey.freeze()

    started = time.perf_counter()
    frozen = client.get("/health/ready")
    took = time.perf_counter() - started

    assert up.status_code == 200
    assert up.json()["checks"] == {"database": "up", "broker": "up", "documents": "down"}
    assert frozen.status_code == 200
    assert frozen.json()["checks"]["broker"] == "down"
    # A ping without a time-out would still be waiting.
    assert took < 10


def test_without_the_database_nothing_is_sent_here(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(health, "database", Probe(refuse))

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (503, "unready")
    assert answer.json()["checks"]["database"] == "down"


def test_a_check_that_hangs_is_waited_for_once_and_joined_by_no_second() -> None:
    release, runs = threading.Event(), []

    def hang() -> None:
        runs.append(1)
        release.wait(60)

    probe = Probe(hang)
    started = time.perf_counter()
    answers = [probe.is_up(), probe.is_up()]
    took = time.perf_counter() - started
    release.set()

    assert answers == [False, False]
    assert runs == [1]
    assert took < 30


def test_a_check_is_shared_for_a_second() -> None:
    runs: list[int] = []
    probe = Probe(lambda: runs.append(1))

    assert all(probe.is_up() for _ in range(50))
    assert len(runs) == 1


@pytest.mark.django_db
def test_metrics_name_routes_and_never_addresses(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    client.get("/api/open")
    client.get("/api/does/not/exist/secret-address")

    text = client.get("/metrics").content.decode()

    # A server's processes share an address: each says whose count it is.
    mine = f'method="GET",process="{os.getpid()}",route="api/open",status="200"'
    assert f"uma_http_requests_total{{{mine}}}" in text
    assert "secret-address" not in text
    assert queue.DROPPED._name in text


@pytest.mark.parametrize(
    ("token", "presented", "status"),
    [
        ("", "", 404),
        ("", "Bearer ", 404),
        ("s3cret", "", 404),
        ("s3cret", "Bearer wrong", 404),
        ("s3cret", "Bearer s3cret", 200),
    ],
)
def test_outside_of_debug_metrics_are_for_whoever_has_the_token(
    client: Client, settings: Settings, token: str, presented: str, status: int
) -> None:
    settings.METRICS_TOKEN = token

    answer = client.get("/metrics", headers={"Authorization": presented})

    assert answer.status_code == status


def test_a_frozen_database_is_found_out_within_the_patience() -> None:
    # A server that accepts and never answers is what a frozen machine looks like from outside.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        frozen = Probe(lambda: _connect(silent.getsockname()[1]))
        started = time.perf_counter()
        assert not frozen.is_up()
        # Far below what the connection itself would wait.
        assert time.perf_counter() - started < _HANG_S / 2


def _connect(port: int) -> None:
    psycopg.connect(
        host="127.0.0.1", port=port, dbname="x", user="x", connect_timeout=_HANG_S
    ).close()
