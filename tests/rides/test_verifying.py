"""Bookings against everything they name: each rule finds what breaks it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.rides import invariants, services
from apps.rides.invariants import Violation
from apps.rides.models import Booking
from apps.wallet import services as wallet
from tests.factories import NOON, make_booking, make_shop

pytestmark = pytest.mark.django_db


def tamper(booking: Booking, **columns: Any) -> None:  # Any: columns of many types
    """Change a row as somebody with the database's own rights could: no trigger looks."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Booking.objects.filter(pk=booking.pk).update(**columns)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_live_ended_and_redeemed_bookings_agree_with_everything() -> None:
    shop = make_shop()
    make_booking(shop)
    booking = make_booking(shop)
    services.void(booking_id=booking.pk, actor_id=shop.owner_id, reason="x", now=NOON)

    call_command("verify_bookings")

    assert invariants.find_violations() == []


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ("rider-exists", {"rider_id": uuid4()}),
        ("merchant-exists", {"merchant_id": uuid4()}),
        ("outlet-is-the-merchants-and-in-its-zone", {"outlet_id": uuid4()}),
        ("outlet-is-the-merchants-and-in-its-zone", {"zone_code": "BLR"}),
        ("campaign-is-the-merchants", {"campaign_id": uuid4()}),
        ("held-is-what-was-sold", {"max_cost_paise": 232_61}),
        (
            "hold-agrees-with-state",
            {"state": "EXPIRED", "status_changed_at": NOON + timedelta(days=1)},
        ),
        (
            "hold-agrees-with-state",
            {"state": "REDEEMED", "redeemed_at": NOON},
        ),
    ],
)
def test_what_was_tampered_with_is_named(
    rule: str, columns: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    booking = make_booking()
    tamper(booking, **columns)

    assert Violation(rule, booking.pk) in invariants.find_violations()
    with pytest.raises(CommandError):
        call_command("verify_bookings")
    assert f"{rule}: booking {booking.pk}" in capsys.readouterr().err


def test_a_hold_that_no_booking_owns_is_named() -> None:
    shop, hold_id = make_shop(), uuid4()
    wallet.place_hold(
        hold_id=hold_id,
        merchant_id=shop.merchant.pk,
        amount_paise=100,
        zone_code="MNP",
        reference=f"hold:{hold_id}",
        event_at=NOON,
        actor_id=None,
    )

    assert invariants.find_violations() == [Violation("every-hold-has-its-booking", hold_id)]
