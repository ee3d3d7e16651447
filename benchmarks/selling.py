"""Bookings over HTTP: all on one campaign, or spread over many."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import load
from benchmarks.data import Shop
from benchmarks.scans import CLIENTS, BrokenBenchError
from uma.kernel.http.authentication import issue_access_token
from uma.kernel.ids import new_id


def per_second(
    shops: Sequence[Shop],
    riders: Sequence[UUID],
    *,
    port: int,
    database: psycopg.Connection[Any],
) -> float:
    """
    Let each rider book once, the shops in turn; return bookings per second.

    Raises:
        BrokenBenchError: a refusal, or rows that do not say what was answered
    """
    now = datetime.now(UTC)
    requests = [
        load.request(
            "POST",
            "/api/rides/book",
            token=issue_access_token(user_id=rider, role="rider", session_id=new_id(), now=now),
            body=json.dumps({"campaignId": str(shops[number % len(shops)].campaign_id)}).encode(),
            key=f"book-{rider}",
        )
        for number, rider in enumerate(riders)
    ]
    done = load.send(requests, port=port, connections=CLIENTS)
    for answer in done.answers:
        if answer.status != 201:
            raise BrokenBenchError(f"{answer.status}: {answer.body[:500]!r}")
    row = database.execute(
        "SELECT count(*) FROM rides_booking b JOIN wallet_hold h ON h.id = b.id"
        " WHERE b.rider_id = ANY (%s) AND b.state = 'BOOKED' AND h.state = 'OPEN'",
        [list(riders)],
    ).fetchone()
    if row != (len(riders),):
        raise BrokenBenchError(f"{len(riders)} bookings were acknowledged, the rows say {row}")
    return len(riders) / done.seconds
