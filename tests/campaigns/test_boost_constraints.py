"""What the database refuses about boosts and their slots, whoever writes."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.campaigns.models import Boost, BoostSlot, BoostTile, FeeSchedule
from tests.campaigns.boosting import boostable
from tests.merchants.making import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def row(**changes: object) -> Boost:
    facts: dict[str, object] = {
        "starts_at": NOON,
        "ends_at": NOON + 7 * DAY,
        "tiles": 1,
        "slot_paise": 500_00,
        "price_paise": 500_00,
        "gst_bps": 1800,
        "cgst_paise": 45_00,
        "sgst_paise": 45_00,
        "igst_paise": 0,
        "journal_id": uuid4(),
        "bought_by": uuid4(),
    }
    if "campaign" not in changes:
        facts["campaign"] = boostable()
    return Boost.objects.create(**facts | changes)


BACK_ROW = {
    "state": "STOPPED",
    "closed_at": NOON,
    "stopped_because": "MERCHANT",
    "unused_days": 1,
    "refund_paise": 100,
    "refund_journal_id": uuid4(),
}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("campaigns_boost_in_range", {"ends_at": NOON}),
        ("campaigns_boost_in_range", {"price_paise": 499_00}),
        ("campaigns_boost_in_range", {"slot_paise": 0, "price_paise": 0}),
        ("campaigns_boost_tax", {"cgst_paise": 44_00}),
        ("campaigns_boost_tax", {"igst_paise": 1}),
        ("campaigns_boost_state_whole", {"state": "SOMEHOW"}),
        ("campaigns_boost_state_whole", {"state": "OVER"}),
        ("campaigns_boost_state_whole", {"closed_at": NOON}),
        ("campaigns_boost_state_whole", {"state": "STOPPED", "closed_at": NOON}),
        ("campaigns_boost_refund_whole", {"refund_paise": 1}),
        ("campaigns_boost_refund_whole", BACK_ROW | {"refund_paise": 500_01}),
        ("campaigns_boost_refund_whole", BACK_ROW | {"refund_cgst_paise": 45_01}),
        ("campaigns_boost_refund_whole", BACK_ROW | {"refund_journal_id": None}),
    ],
)
def test_a_boost_that_cannot_be_true_is_refused(name: str, changes: dict[str, object]) -> None:
    campaign = boostable()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row(campaign=campaign, **changes)


def test_what_is_once_is_once() -> None:
    first, other = row(request_key="k"), boostable()
    slot = {"boost": first, "zone_code": "MNP", "tile": "tdm4x", "slots_limit": 3, "ends_at": NOON}
    BoostSlot.objects.create(number=1, **slot)
    BoostTile.objects.create(zone_code="MNP", tile="tdm4x")
    twins: list[tuple[str, Callable[[], object]]] = [
        ("campaigns_boost_live_once", lambda: row(campaign=first.campaign)),
        (
            "campaigns_boost_request_once",
            lambda: row(campaign=other, bought_by=first.bought_by, request_key="k"),
        ),
        ("journal_id", lambda: row(campaign=other, journal_id=first.journal_id)),
        ("campaigns_boost_slot_taken_once", lambda: BoostSlot.objects.create(number=1, **slot)),
        ("campaigns_boost_slot_within_limit", lambda: BoostSlot.objects.create(number=4, **slot)),
        ("campaigns_boost_slot_within_limit", lambda: BoostSlot.objects.create(number=0, **slot)),
        (
            "campaigns_boost_tile_once",
            lambda: BoostTile.objects.create(zone_code="MNP", tile="tdm4x"),
        ),
        (
            "campaigns_fees_boost_in_range",
            lambda: FeeSchedule.objects.update(boost_slots=21),
        ),
    ]

    for name, twin in twins:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            twin()


def test_a_boost_that_is_over_stays_over_and_none_is_deleted() -> None:
    over = row(state="OVER", closed_at=NOON)

    with (
        pytest.raises(IntegrityError, match="campaigns_boost_over_is_over"),
        transaction.atomic(),
    ):
        over.save()
    with (
        pytest.raises(IntegrityError, match="campaigns_boost_never_deleted"),
        transaction.atomic(),
    ):
        over.delete()
