"""Periodic jobs of a platform, run by its own worker now instead of when their time comes, and time that passes."""

import psycopg
from celery import Celery

from tests.faults.conftest import Platform


def run(platform: Platform, *names: str) -> None:
    """Hand jobs of the network's to the worker as the clock does, by the names of their tasks."""
    with Celery(broker=platform.valkey.url, set_as_current=False) as clock:
        for name in names:
            clock.send_task("uma.run_job", kwargs={"job": f"apps.ondc.tasks.{name}"})


def let_pass(platform: Platform, *, journey: str, seconds: float) -> None:
    """Let a journey's confirmation have been said so long ago: its waits are minutes, and a test's are not."""
    with psycopg.connect(platform.cluster.url) as connection:
        moved = connection.execute(
            "UPDATE ondc_question SET asked_at = asked_at - %(ago)s * interval '1 second',"
            " until = until - %(ago)s * interval '1 second'"
            " WHERE transaction_id = %(journey)s AND action = 'confirm'",
            {"ago": seconds, "journey": journey},
        )
    assert moved.rowcount == 1
