"""Several at once on the real database, and what it takes to make a race certain."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Model

from apps.campaigns import services
from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment, Campaign
from tests.campaigns.making import take
from tests.concurrency.meeting import STAND, ends_of, paused
from tests.merchants.making import NOON

# Changes of our SQL functions (`tests.wallet.racing.altered`): a stop before it writes, and what is taken out.
SLOW = ("    IF broken IS NOT NULL THEN", f"    {STAND}\n    IF broken IS NOT NULL THEN")
UNLOCKED = (" FOR NO KEY UPDATE", "")
UNPINNED = (" SET enable_seqscan TO 'off'", "")


def at_once(jobs: list[Callable[[], object]]) -> Counter[str]:
    """Run the jobs in threads that start together; count how they ended."""
    return ends_of(*jobs)


def book(campaign: Campaign, rider: Any = None) -> Callable[[], object]:
    return lambda: take(campaign, rider or uuid4())


def whole(campaign: Campaign) -> Allotment:
    return Allotment.objects.get(campaign=campaign, scope=ALL)


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
    """Let whoever saves a row stop before it."""
    monkeypatch.setattr(model, "save", paused(model.save))


def edit(campaign: Campaign, **changes: object) -> None:
    services.change(
        campaign_id=campaign.pk, merchant_id=None, changes=changes, actor_id=None, now=NOON
    )
