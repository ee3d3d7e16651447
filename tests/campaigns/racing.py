"""Several at once on the real database, and what it takes to make a race certain."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Model

from apps.campaigns import services
from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment, Campaign
from tests.campaigns.making import take
from tests.merchants.making import NOON

SQL = import_module("apps.campaigns.migrations.0002_take_and_give_back")
LOCK = " FOR NO KEY UPDATE"
PINNED = " SET enable_seqscan = off"


def at_once(jobs: list[Callable[[], object]]) -> Counter[str]:
    """Run the jobs in threads that start together; count how they ended."""
    ends: list[str] = [""] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(place: int, job: Callable[[], object]) -> None:
        start.wait(timeout=30)
        try:
            job()
            ends[place] = "done"
        except Exception as refusal:  # noqa: BLE001  # the outcome is what the test is about
            ends[place] = type(refusal).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return Counter(ends)


def book(campaign: Campaign, rider: Any = None) -> Callable[[], object]:
    return lambda: take(campaign, rider or uuid4())


def whole(campaign: Campaign) -> Allotment:
    return Allotment.objects.get(campaign=campaign, scope=ALL)


@contextmanager
def altered(create: str, *without: str) -> Iterator[None]:
    """Replace one of our SQL functions by one that lacks something and takes its time."""
    slower = create.replace(
        "    IF broken IS NOT NULL THEN",
        "    PERFORM pg_sleep(0.2);\n    IF broken IS NOT NULL THEN",
    )
    for part in without:
        assert part in slower
        slower = slower.replace(part, "")
    with connection.cursor() as cursor:
        cursor.execute(slower.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(create.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


@contextmanager
def dropped(constraint: str) -> Iterator[None]:
    """Drop a check of the allotments, empty the table, and put the check back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
        )
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE campaigns_allotment DROP CONSTRAINT {constraint}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM campaigns_allotment")
            cursor.execute(
                f"ALTER TABLE campaigns_allotment ADD CONSTRAINT {constraint} {definition}"
            )


def slowly(monkeypatch: pytest.MonkeyPatch, model: type[Model]) -> None:
    original = model.save

    def slow(self: Model, *facts: Any, **more: Any) -> None:
        time.sleep(0.2)
        original(self, *facts, **more)

    monkeypatch.setattr(model, "save", slow)


def edit(campaign: Campaign, **changes: object) -> None:
    services.change(
        campaign_id=campaign.pk, merchant_id=None, changes=changes, actor_id=None, now=NOON
    )
