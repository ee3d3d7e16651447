"""Boosted deals at the head of the list: which, for how long, on which page, and labelled."""

import math
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.campaigns import selectors, services
from apps.campaigns.models import Campaign, Deal
from apps.campaigns.selectors import Found, Search, Sort
from apps.merchants import services as merchants
from tests.campaigns.boosting import boost, boostable, stop
from tests.campaigns.making import make_campaign
from tests.campaigns.plans import explained
from tests.campaigns.test_discovery import CAMPAIGNS, DEALS, OUTLETS
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet
from uma.kernel.geo import METRES_PER_DEGREE, Box, Point

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
RIDER = uuid4()


def at(east_m: float) -> Point:
    shrink = math.cos(math.radians(MANIPAL.latitude))
    return Point(MANIPAL.latitude, MANIPAL.longitude + east_m / METRES_PER_DEGREE / shrink)


def found(now: Any = NOON, **search: Any) -> Found:
    return selectors.discover(search=Search(**search), rider_id=RIDER, now=now)


def ids(page: Found) -> list[UUID]:
    return [deal.facts.campaign_id for deal in page.deals]


def labels(page: Found) -> list[bool]:
    return [deal.boosted for deal in page.deals]


@pytest.mark.parametrize(
    "search",
    [
        {"near": MANIPAL, "sort": Sort.DISTANCE},
        {"near": MANIPAL, "sort": Sort.CASHBACK},
        {"box": Box(at(-5000), Point(MANIPAL.latitude + 0.1, MANIPAL.longitude + 0.1))},
        {"sort": Sort.NEWEST},
        {"zone_code": "MNP"},
    ],
    ids=["near", "cashback", "box", "newest", "zone"],
)
def test_a_boosted_deal_is_the_first_in_every_order_once_and_labelled(search: Any) -> None:
    near, far = boostable(at=at(100), cap_paise=200_00), boostable(at=at(3000), cap_paise=100_00)
    Deal.objects.filter(campaign=near).update(listed_at=NOON + timedelta(minutes=1))
    assert ids(found(**search)) == [near.pk, far.pk]

    boost(far)

    page = found(**search)
    assert (ids(page), labels(page)) == ([far.pk, near.pk], [True, False])


def test_it_is_first_for_its_week_and_not_a_second_longer() -> None:
    near, far = boostable(at=at(100)), boostable(at=at(3000))
    boost(far)

    def first(now: Any) -> UUID:
        return ids(found(now=now, near=MANIPAL, sort=Sort.DISTANCE))[0]

    assert first(NOON + 7 * DAY - timedelta(seconds=1)) == far.pk
    assert first(NOON + 7 * DAY) == near.pk
    stop(far, now=NOON + DAY)
    assert first(NOON + DAY) == near.pk


def test_what_cannot_be_booked_is_neither_first_nor_labelled() -> None:
    near, far = boostable(at=at(100)), boostable(at=at(3000))
    boost(far)
    merchants.freeze_wallet(merchant_id=far.merchant_id, actor_id=None, reason="x", now=NOON)

    page = found(near=MANIPAL, sort=Sort.DISTANCE)

    assert (ids(page), labels(page)) == ([near.pk, far.pk], [False, False])


def test_what_is_paused_is_not_listed_and_not_first() -> None:
    near, far = boostable(at=at(100)), boostable(at=at(3000))
    boost(far)
    services.pause(campaign_id=far.pk, merchant_id=far.merchant_id, actor_id=None, now=NOON)

    assert ids(found(near=MANIPAL, sort=Sort.DISTANCE)) == [near.pk]


def test_what_a_search_does_not_ask_for_is_not_first_either() -> None:
    boost(boostable(at=at(3000), cap_paise=100_00))
    near = boostable(at=at(100), cap_paise=200_00)

    assert ids(found(near=MANIPAL, radius_m=1000, sort=Sort.DISTANCE)) == [near.pk]
    assert ids(found(min_cashback_paise=150_00)) == [near.pk]
    assert ids(found(category="gym")) == []


def test_three_at_most_stand_first_and_the_others_are_labelled_in_their_place() -> None:
    plain = boostable(at=at(50))
    boosted = [boostable(at=at(1000 * n)) for n in range(1, 5)]
    services.set_fees(zone_code="MNP", effective_from=NOON, boost_slots=9, actor_id=None, now=NOON)
    for campaign in boosted:
        boost(campaign)

    page = found(near=MANIPAL, sort=Sort.DISTANCE)

    nearest = [campaign.pk for campaign in boosted[:3]]
    assert ids(page) == [*nearest, plain.pk, boosted[3].pk]
    assert labels(page) == [True, True, True, False, True]


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_every_deal_once_though_boosts_end_between_them(sort: Sort, limit: int) -> None:
    campaigns = [boostable(at=at(100 * n), cap_paise=100_00 + n * 100) for n in range(1, 8)]
    for campaign in campaigns[2:4]:
        boost(campaign)
    seen: list[UUID] = []
    page = found(near=MANIPAL, radius_m=2000, sort=sort, limit=limit)
    seen += ids(page)
    stop(campaigns[2], now=NOON)
    while page.next_cursor is not None:
        page = found(near=MANIPAL, radius_m=2000, sort=sort, limit=limit, after=page.next_cursor)
        assert len(page.deals) <= limit
        seen += ids(page)

    assert sorted(seen) == sorted(campaign.pk for campaign in campaigns)


def test_a_boosted_campaign_of_many_outlets_stands_first_once_at_its_nearest() -> None:
    merchant = make_merchant(funds_paise=1_00_000_00)
    near, far = make_outlet(merchant, at=at(500)), make_outlet(merchant, at=at(900))
    plain = boostable(at=at(100))
    campaign = make_campaign(merchant, outlet_ids=(far.pk, near.pk))
    boost(campaign)

    page = found(near=MANIPAL, sort=Sort.DISTANCE)

    assert ids(page) == [campaign.pk, plain.pk]
    assert page.deals[0].facts.outlet_id == near.pk


def test_boosts_cost_a_search_no_statement() -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            found(near=MANIPAL, sort=Sort.DISTANCE)
        counts.append(len(queries))
        boost(boostable(at=at(100)))

    with CaptureQueriesContext(connection) as queries:
        found(near=MANIPAL, sort=Sort.DISTANCE)

    # Of an empty map no reasons are asked for.
    assert [*counts[1:], len(queries)] == [3, 3]


def test_the_boosted_are_read_from_their_own_small_index() -> None:
    pattern = boostable(at=at(10))
    with connection.cursor() as cursor:
        for copy in (OUTLETS, CAMPAIGNS, DEALS):
            cursor.execute(copy.replace("10000", "2000"), {"campaign": pattern.pk})
        cursor.execute("ANALYZE campaigns_deal")
    boost(pattern)

    with explained() as plans:
        page = found(near=MANIPAL, radius_m=50_000, sort=Sort.DISTANCE)

    plan = "\n".join(plans)
    assert ids(page)[0] == pattern.pk
    assert "campaigns_deal_boosted" in plan
    assert "Seq Scan on campaigns_deal" not in plan


def test_a_deal_asked_for_alone_is_labelled_too() -> None:
    campaign = boostable()
    boost(campaign)

    deal = selectors.one_deal(campaign_id=campaign.pk, rider_id=RIDER, place=None, now=NOON)

    assert deal.boosted
    assert Campaign.objects.get(pk=campaign.pk).version == campaign.version
