"""What Prometheus is told of the return on campaigns."""

from datetime import timedelta

import pytest

from apps.analytics import readings
from apps.analytics.models import Hour
from tests.factories import NOON, make_merchant
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db


def test_yesterdays_spend_and_bills_are_told_by_zone() -> None:
    merchant = make_merchant("Corner Café")
    for days, hour in ((0, 9), (1, 9), (1, 10), (2, 9)):
        Hour.objects.create(
            merchant=merchant, day=NOON.date() - timedelta(days=days), hour=hour, campaign_id=new_id(),
            outlet_id=new_id(), visits=1, spend_paise=100_00 + days, bill_paise=450_00,
        )  # fmt: skip

    zone = (merchant.zone.code,)
    assert readings.spend_paise(NOON) == {zone: 200_02.0}
    assert readings.bill_paise(NOON) == {zone: 900_00.0}
    assert readings.spend_paise(NOON + timedelta(days=9)) == {}
