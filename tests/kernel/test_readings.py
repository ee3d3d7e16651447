"""Gauges over the tables: read when asked and not more often, and missing when nobody can say."""

from datetime import datetime

import psycopg
import pytest
from django.db import OperationalError
from prometheus_client import CollectorRegistry, generate_latest

from uma.kernel import readings
from uma.kernel.readings import _Gauge, _Readings


def told(collector: _Readings) -> list[str]:
    registry = CollectorRegistry()
    registry.register(collector)
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_a_gauge_is_a_number_or_one_for_each_of_its_labels() -> None:
    collector = _Readings()
    collector.add(_Gauge("uma_one", "One.", (), lambda _: 3))
    collector.add(_Gauge("uma_many", "Many.", ("of",), lambda _: {("a",): 1.0, ("b",): 2.0}))

    assert told(collector) == [
        "uma_one 3.0",
        'uma_many{of="a"} 1.0',
        'uma_many{of="b"} 2.0',
        "uma_database_answers 1.0",
    ]


def test_whoever_asks_again_at_once_gets_what_was_read() -> None:
    asked: list[datetime] = []

    def read(now: datetime) -> float:
        asked.append(now)
        return len(asked)

    collector = _Readings()
    collector.add(_Gauge("uma_asked", "How often.", (), read))

    assert told(collector)[0] == told(collector)[0] == "uma_asked 1.0"
    collector._read_at -= readings.FRESH_S
    assert told(collector)[0] == "uma_asked 2.0"


def test_a_database_that_does_not_answer_is_asked_once_and_said_to_be_away() -> None:
    asked: list[str] = []

    def fail(_: datetime) -> float:
        asked.append("first")
        raise OperationalError

    def never(_: datetime) -> float:
        asked.append("second")
        return 1.0

    collector = _Readings()
    collector.add(_Gauge("uma_first", "First.", (), fail))
    collector.add(_Gauge("uma_second", "Second.", (), never))

    assert told(collector) == ["uma_database_answers 0.0"]
    assert asked == ["first"]


def test_a_statement_that_postgresql_ends_is_missing_alone() -> None:
    def cancelled(_: datetime) -> float:
        raise OperationalError from psycopg.errors.QueryCanceled()

    collector = _Readings()
    collector.add(_Gauge("uma_first", "First.", (), cancelled))
    collector.add(_Gauge("uma_second", "Second.", (), lambda _: 1.0))

    assert told(collector) == ["uma_second 1.0", "uma_database_answers 1.0"]


def test_two_gauges_of_one_name_are_refused() -> None:
    collector = _Readings()
    collector.add(_Gauge("uma_one", "One.", (), lambda _: 1.0))

    with pytest.raises(ValueError, match="uma_one is read twice"):
        collector.add(_Gauge("uma_one", "Another.", (), lambda _: 2.0))


@pytest.mark.django_db
def test_every_gauge_of_the_project_can_be_read() -> None:
    readings._readings._read_at = float("-inf")

    said = generate_latest(readings.READINGS).decode()

    assert "uma_database_answers 1.0" in said
    assert {
        line.split()[2] for line in said.splitlines() if line.startswith("# TYPE")
    } == readings.names()
