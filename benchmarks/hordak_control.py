"""django-hordak's own city, and its books."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from benchmarks import control
from benchmarks.data import Shop, Visit
from benchmarks.scans import BrokenBenchError
from benchmarks.servers import HORDAK_SETTINGS
from uma.stack.folder import ROOT

_FUNDS_PAISE = 1_000_000_000


def open_books(shops: Sequence[Shop], riders: Sequence[UUID]) -> None:
    """
    Make hordak's tables and give every shop, rider and fee its account.

    Raises:
        BrokenBenchError
    """
    plan = {
        "shops": [str(shop.merchant_id) for shop in shops],
        "riders": [str(rider) for rider in riders],
        "funds_paise": _FUNDS_PAISE,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hordak_books.prepare"],
        input=json.dumps(plan),
        env={**os.environ, "DJANGO_SETTINGS_MODULE": HORDAK_SETTINGS},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BrokenBenchError(f"hordak's books were not opened: {done.stderr[-2000:]}")
    analyze()


def analyze() -> None:
    """Let the planner know hordak's tables, as autovacuum would by and by."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE hordak_account, hordak_transaction, hordak_leg, hordak_books_purse")


def verify(visits: Sequence[Visit]) -> None:
    """
    Find one transaction in balance for each visit.

    Raises:
        BrokenBenchError
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE legs.paise <> 0) FROM hordak_transaction t"
            " CROSS JOIN LATERAL (SELECT sum(coalesce(credit, 0) - coalesce(debit, 0)) AS paise"
            "   FROM hordak_leg WHERE transaction_id = t.id) legs WHERE t.description = ANY (%s)",
            [[f"ride {visit.booking_id}" for visit in visits]],
        )
        found = (*cursor.fetchone(), control.settled_of(visits))
    if found != (len(visits), 0, len(visits)):
        raise BrokenBenchError(f"hordak settled {found} of {len(visits)}")
