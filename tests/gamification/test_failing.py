"""Guests turned away: a business reads its own, however many others there are."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.gamification import selectors, services
from apps.gamification.models import FailedScan
from tests.factories import NOON, make_booking, make_rider, make_shop
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db
OTHERS = 6_000
MEND: str = import_module("apps.gamification.migrations.0005_whose_scan_failed").MEND


def test_failures_of_others_hide_none_of_a_businesss_own_and_are_not_read() -> None:
    shop, elsewhere = make_shop(), make_shop("Elsewhere")
    booking = make_booking(shop, make_rider(), now=NOON)
    services.note_failed_scan(ref=booking.ref, code="wallet_frozen", now=NOON)
    FailedScan.objects.bulk_create(
        FailedScan(
            booking_id=new_id(), merchant_id=elsewhere.merchant.pk, outlet_id=elsewhere.outlet.pk,
            code="system", at=NOON + timedelta(seconds=number),
        )
        for number in range(OTHERS)
    )  # fmt: skip
    day: dict[str, Any] = {"since": NOON - timedelta(days=1), "until": NOON + timedelta(days=1)}

    found = selectors.failed_scans(merchant_id=shop.merchant.pk, **day)

    assert found == {"wallet_frozen": 1}
    assert selectors.failed_scans(
        merchant_id=shop.merchant.pk, outlet_ids=[shop.outlet.pk], **day
    ) == {"wallet_frozen": 1}
    assert not selectors.failed_scans(
        merchant_id=shop.merchant.pk, outlet_ids=[elsewhere.outlet.pk], **day
    )
    assert selectors.failed_scans(merchant_id=elsewhere.merchant.pk, **day) == {"system": OTHERS}
    rows = FailedScan.objects.filter(merchant_id=shop.merchant.pk, at__gte=NOON)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE gamification_failedscan")
    assert "gamification_failed_scan_of" in rows.explain()


def test_what_was_noted_before_it_said_whose_it_was_says_so_and_stays() -> None:
    shop = make_shop()
    booking = make_booking(shop, make_rider(), now=NOON)
    FailedScan.objects.create(booking_id=booking.pk, code="system", at=NOON)

    with connection.cursor() as cursor:
        cursor.execute(MEND)

    noted = FailedScan.objects.get()
    assert (noted.merchant_id, noted.outlet_id) == (shop.merchant.pk, shop.outlet.pk)
    with pytest.raises(IntegrityError, match="failed_scan_append_only"), transaction.atomic():
        FailedScan.objects.update(code="other")
