"""A scan that waited on the scanner's device for a network: settled for what it was when it was made."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.handshake import identify
from apps.handshake.models import Handshake
from apps.rides.errors import QrStale
from tests.factories import NOON, bearer, code_of, keyring, make_booking, make_shop
from tests.rides.calling import problem

pytestmark = pytest.mark.django_db
LATEST = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("shown", "scanned", "fresh"),
    [
        # Seconds before the server has the scan: when the phone showed the code, when it was read.
        (0, None, True),
        (90, None, False),
        (300, 300, True),
        (310, 300, True),
        (600, 600, True),
        (601, 601, False),
        (3_600, 3_600, False),
        # A picture of a code is no fresher for having been scanned today.
        (390, 300, False),
        (90, 0, False),
        # A device whose clock is wrong harms nobody who is online.
        (0, 3_600, True),
        (0, -3_600, True),
        # From a clock that is ahead nothing becomes fresh.
        (-300, -300, False),
    ],
)
def test_a_code_is_fresh_now_or_was_when_it_was_scanned(
    shown: int, scanned: int | None, *, fresh: bool
) -> None:
    booking = make_booking(now=NOON)
    now = NOON + timedelta(hours=2)
    text = code_of(booking, at=now - timedelta(seconds=shown))

    found = identify.by_qr(
        text=text,
        keys=keyring(),
        now=now,
        scanned_at=None if scanned is None else now - timedelta(seconds=scanned),
    ).freshness()

    assert (found is None) == fresh
    assert found is None or isinstance(found, QrStale)


def scanned(
    owner_headers: dict[str, str], text: str, at: datetime, *, key: str = "scan-1"
) -> Any:  # Any: Django's test response
    return Client().post(
        "/api/handshake/execute",
        {"qrData": text, "scannedAt": at.isoformat()},
        content_type="application/json",
        headers=owner_headers | {"Idempotency-Key": key},
    )


def test_a_scan_of_eight_minutes_ago_settles_once_however_often_it_is_sent() -> None:
    now = timezone.now()
    shop = make_shop(now=now - timedelta(days=1))
    booking = make_booking(shop, now=now - timedelta(minutes=30))
    at = now - timedelta(minutes=8)
    headers = bearer(shop.owner_id, "merchant", now=now)
    text = code_of(booking, at=at)

    answers = [scanned(headers, text, at) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[1].content == answers[2].content
    assert answers[2]["Idempotent-Replayed"] == "true"
    assert Handshake.objects.count() == 1


def test_a_scan_of_eleven_minutes_ago_is_refused() -> None:
    now = timezone.now()
    shop = make_shop(now=now - timedelta(days=1))
    booking = make_booking(shop, now=now - timedelta(minutes=30))
    at = now - LATEST - timedelta(minutes=1)
    headers = bearer(shop.owner_id, "merchant", now=now)

    problem(scanned(headers, code_of(booking, at=at), at), 410, "qr_stale")

    assert Handshake.objects.count() == 0


@pytest.mark.parametrize("at", ["yesterday", "", 7, [], "2026-13-01T00:00:00Z"])
def test_an_instant_that_is_none_is_refused(at: object) -> None:
    shop = make_shop()
    answer = Client().post(
        "/api/handshake/execute",
        {"qrData": "UMA1.x", "scannedAt": at},
        content_type="application/json",
        headers=bearer(shop.owner_id, "merchant", now=timezone.now()),
    )

    problem(answer, 422, "validation_failed")
