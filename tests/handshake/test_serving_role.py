"""The whole life of a visit as the role that serves: it owns nothing and lacks nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from apps.handshake import disputes, reversals, services
from apps.handshake.models import Dispute
from apps.rides import services as rides
from apps.rides.models import Booking
from apps.wallet import codes
from apps.wallet import services as wallet
from tests.factories import NOON, make_booking, make_rider, make_shop, request_key
from tests.handshake.visiting import execute, purses, visit

pytestmark = pytest.mark.usefixtures("app_role")

LATER = NOON + timedelta(hours=1)


def test_the_test_is_connected_as_a_role_that_owns_nothing(app_role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == (app_role, app_role)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


def test_a_visit_is_booked_scanned_told_swept_and_returned() -> None:
    shop, rider = make_shop(), make_rider()
    booking = make_booking(shop, rider)
    with_hold = purses(shop.merchant.pk, rider.pk)
    executed = execute(booking, shop.owner_id)
    services.announce(handshake_id=executed.handshake.pk, now=LATER)
    services.sweep_released(now=LATER, limit=10)
    reversals.reverse(
        handshake_id=executed.handshake.pk,
        merchant_id=None,
        actor_id=shop.owner_id,
        amount_paise=None,
        reason="returned goods",
        key=request_key(),
        now=LATER,
    )

    booking.refresh_from_db()
    assert with_hold == {"wallet": 10_000_00 - 232_60, "held": 232_60}
    assert booking.state == Booking.State.REVERSED
    assert purses(shop.merchant.pk, rider.pk)["wallet"] > with_hold["wallet"]


@pytest.mark.parametrize("for_merchant", [True, False])
def test_a_visit_is_contested_and_decided(*, for_merchant: bool) -> None:
    handshake = visit(make_shop(), fare_paise=132_00)
    dispute = disputes.open_dispute(
        handshake=handshake, opened_by=uuid4(), opened_as="rider", reason="not me", now=LATER
    )

    disputes.decide(
        dispute_id=dispute.pk, actor_id=uuid4(), for_merchant=for_merchant, reason="x", now=LATER
    )

    assert Dispute.objects.get().state == ("FOR_MERCHANT" if for_merchant else "FOR_RIDER")


def test_bookings_are_cancelled_and_expire() -> None:
    shop = make_shop()
    rider = make_rider()
    cancelled = make_booking(shop, rider)
    rides.cancel(booking_id=cancelled.pk, rider_id=rider.pk, now=NOON)
    overdue = make_booking(shop, make_rider())

    rides.expire_overdue(now=overdue.expires_at + timedelta(minutes=1), limit=10)

    cancelled.refresh_from_db()
    overdue.refresh_from_db()
    assert (cancelled.state, overdue.state) == ("CANCELLED", "EXPIRED")
    assert shop.held_paise == 0


def test_accounts_are_frozen_and_thawed() -> None:
    shop = make_shop()
    named = [codes.merchant_wallet(shop.merchant.pk), codes.merchant_held(shop.merchant.pk)]

    wallet.freeze(codes=named, at=NOON)
    wallet.unfreeze(codes=named)

    assert make_booking(shop).state == "BOOKED"


def test_the_books_are_proved(capsys: pytest.CaptureFixture[str]) -> None:
    visit(make_shop())

    call_command("verify_ledger")

    assert "agrees with itself" in capsys.readouterr().out
