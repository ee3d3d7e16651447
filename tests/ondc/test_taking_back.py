"""Tickets whose money was let go are not kept: their seller is asked to take them back, and not for ever."""

import json
from datetime import timedelta

import pytest

from apps.ondc import services
from apps.ondc.models import OutboundMessage, RideOrder, Transaction
from apps.ondc.services.holding import MOST_TAKE_BACKS, TAKE_BACK_PAUSE
from apps.ondc.voice import voice
from tests.ondc.network import Journey, clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def unpaid(journey: Journey) -> RideOrder:
    """Return an order that its seller has and whose payment was let go."""
    order = journey.reach("CONFIRMING")
    Transaction.objects.filter(pk=order.transaction_id).update(domain="ONDC:TRV11")
    RideOrder.objects.filter(pk=order.pk).update(stage="FAILED", status="ACTIVE", number="O1")
    order.refresh_from_db()
    return order


def test_what_was_not_paid_is_cancelled_technically_a_few_times_with_pauses(
    unpaid: RideOrder,
) -> None:
    now, said = clock(), []
    for _ in range(MOST_TAKE_BACKS + 1):
        now += TAKE_BACK_PAUSE + timedelta(seconds=1)
        said += services.take_back_unpaid(voice=voice(), now=now)
        assert services.take_back_unpaid(voice=voice(), now=now) == [], "it was asked just now"

    assert len(said) == MOST_TAKE_BACKS
    body = json.loads(OutboundMessage.objects.get(pk=said[0].pk).body)
    assert body["context"]["action"] == "cancel"
    assert body["message"]["order_id"] == unpaid.number
    assert body["message"]["cancellation_reason_id"] == "000"
    assert body["message"]["descriptor"]["code"] == "CONFIRM_CANCEL"


@pytest.mark.parametrize("change", [{"status": "CANCELLED"}, {"stage": "ACTIVE"}, {"status": ""}])
def test_what_is_cancelled_or_paid_or_is_not_theirs_is_left_alone(
    unpaid: RideOrder, change: dict[str, str]
) -> None:
    RideOrder.objects.filter(pk=unpaid.pk).update(**change)

    assert services.take_back_unpaid(voice=voice(), now=clock()) == []
