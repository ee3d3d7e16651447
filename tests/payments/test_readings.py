"""What Prometheus is told of money that was paid and does not arrive."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.merchants.models import Merchant
from apps.payments import readings
from apps.payments.models import GatewayEvent, TopUp
from tests.factories import NOON, make_merchant
from tests.payments.making import received

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def opened(merchant: Merchant, *, at: datetime, state: str = "OPEN") -> None:
    TopUp.objects.create(
        merchant=merchant, amount_paise=500_00, state=state, order_id=f"order_{uuid4().hex[:14]}",
        requested_by=uuid4(), created_at=at, status_changed_at=at, next_look_at=at + 2 * HOUR,
    )  # fmt: skip


def test_an_event_that_nobody_acts_on_grows_old_parked_or_waiting() -> None:
    assert readings.unhandled_s(NOON) == 0
    event = received(b'{"event": "payment.captured"}', now=NOON - HOUR)
    assert event is not None
    rows = GatewayEvent.objects.filter(pk=event)

    assert readings.unhandled_s(NOON) == 3_600
    rows.update(state="PARKED")
    assert readings.unhandled_s(NOON) == 3_600
    rows.update(state="DONE", handled_at=NOON)
    assert readings.unhandled_s(NOON) == 0


def test_a_look_at_an_open_order_that_nobody_takes_is_late() -> None:
    merchant = make_merchant("Corner Café")
    opened(merchant, at=NOON - 3 * HOUR)
    opened(merchant, at=NOON - 9 * HOUR, state="EXPIRED")

    assert readings.overdue_s(NOON) == 3_600
    assert readings.overdue_s(NOON - 2 * HOUR) == 0


def test_quiet_is_counted_from_the_order_or_the_newest_event_and_only_while_one_is_open() -> None:
    received(b'{"event": "payment.captured"}', now=NOON - 9 * HOUR)
    assert readings.quiet_s(NOON) == 0
    opened(make_merchant("Corner Café"), at=NOON - 3 * HOUR)

    assert readings.quiet_s(NOON) == 3 * 3_600
    received(b'{"event": "payout.processed"}', now=NOON, source="RAZORPAYX")
    assert readings.quiet_s(NOON) == 3 * 3_600
    received(b'{"event": "payment.failed"}', now=NOON - HOUR)
    assert readings.quiet_s(NOON) == 3_600
