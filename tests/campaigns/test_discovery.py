"""The map: what is found, in which order, page by page, and why a deal cannot be booked."""

import math
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns import selectors, services
from apps.campaigns.errors import UnknownCampaign
from apps.campaigns.models import Campaign, Deal
from apps.campaigns.selectors import Found, Search, Sort
from apps.campaigns.selectors import discovery as module
from apps.merchants import services as merchants
from tests.campaigns.making import make_campaign, take
from tests.campaigns.plans import explained
from tests.merchants.making import MANIPAL, NOON, fund, make_merchant, make_outlet
from uma.kernel.geo import METRES_PER_DEGREE, Box, Point, distance_m
from uma.kernel.http.errors import InvalidCursor
from uma.kernel.zones import Window

pytestmark = pytest.mark.django_db
# Copies of one campaign and its outlet, strewn over two degrees.
OUTLETS = """
INSERT INTO merchants_outlet
SELECT copy.* FROM merchants_outlet o, generate_series(1, 10000) AS n,
       LATERAL jsonb_populate_record(o, jsonb_build_object(
         'id', gen_random_uuid(), 'name', 'Outlet ' || n,
         'location', point(74 + random() * 2, 12 + random() * 2))) copy
"""
CAMPAIGNS = """
INSERT INTO campaigns_campaign
SELECT copy.* FROM campaigns_campaign c, merchants_outlet o,
       LATERAL jsonb_populate_record(c, jsonb_build_object('id', o.id)) copy
 WHERE c.id = %(campaign)s AND o.id NOT IN (SELECT outlet_id FROM campaigns_deal)
"""
DEALS = """
INSERT INTO campaigns_deal
SELECT copy.* FROM campaigns_deal d, merchants_outlet o,
       LATERAL jsonb_populate_record(d, jsonb_build_object(
         'id', gen_random_uuid(), 'outlet_id', o.id, 'campaign_id', o.id,
         'location', o.location)) copy
 WHERE d.campaign_id = %(campaign)s AND o.id <> d.outlet_id
"""
RIDER = uuid4()


def found(now: Any = NOON, **search: Any) -> Found:
    return selectors.discover(search=Search(**search), rider_id=RIDER, now=now)


def ids(**search: Any) -> list[UUID]:
    return [deal.facts.campaign_id for deal in found(**search).deals]


def at(east_m: float, north_m: float = 0, centre: Point = MANIPAL) -> Point:
    return Point(
        latitude=centre.latitude + north_m / METRES_PER_DEGREE,
        longitude=centre.longitude
        + east_m / METRES_PER_DEGREE / math.cos(math.radians(centre.latitude)),
    )


def deal_at(place: Point, **terms: Any) -> Campaign:
    merchant = make_merchant(funds_paise=1_00_000_00)
    make_outlet(merchant, at=place, category=terms.pop("category", "cafe"))
    return make_campaign(merchant, **terms)


def test_near_finds_what_is_within_the_radius_the_nearest_first() -> None:
    far, near = deal_at(at(900)), deal_at(at(300))
    deal_at(at(1100))

    page = found(near=MANIPAL, radius_m=1000, sort=Sort.DISTANCE)

    assert [deal.facts.campaign_id for deal in page.deals] == [near.pk, far.pk]
    assert [deal.away_m for deal in page.deals] == [300, 900]
    assert page.next_cursor is None


def test_the_order_is_of_metres_although_the_index_is_of_degrees() -> None:
    # Far north a degree to the east is half as long: by degrees the second would be the first.
    oslo = Point(latitude=60.0, longitude=10.0)
    east, north = deal_at(at(1000, centre=oslo)), deal_at(at(0, 1200, centre=oslo))

    search: dict[str, Any] = {"near": oslo, "radius_m": 5000, "sort": Sort.DISTANCE}

    assert ids(**search) == [east.pk, north.pk]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_hold_every_deal_once_while_others_are_inserted(sort: Sort) -> None:
    made = {deal_at(at(100 + 10 * n), cap_paise=100_00 + n * 100).pk for n in range(7)}
    seen, after = [], None
    for step in range(10):
        page = found(near=MANIPAL, radius_m=2000, sort=sort, limit=2, after=after)
        seen += [deal.facts.campaign_id for deal in page.deals]
        # Before the position we are at, whatever the order: the pages to come must not move.
        if step == 1:
            deal_at(at(1), cap_paise=499_00, now=NOON)
            Deal.objects.filter(reimbursement_paise=499_00).update(
                listed_at=NOON + timedelta(minutes=5)
            )
        after = page.next_cursor
        if after is None:
            break

    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == made


def test_many_deals_at_one_spot_are_paged_without_loss() -> None:
    made = {deal_at(at(500)).pk for _ in range(5)}

    first = found(near=MANIPAL, sort=Sort.DISTANCE, limit=3)
    second = found(near=MANIPAL, sort=Sort.DISTANCE, limit=3, after=first.next_cursor)

    assert {deal.facts.campaign_id for deal in first.deals + second.deals} == made
    assert second.next_cursor is None


def test_a_page_that_needs_more_rows_than_first_read_is_still_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LEAST_SHRINK", 1)
    monkeypatch.setattr(module, "_SPARE_ROWS", 0)
    north = Point(latitude=60.0, longitude=10.0)
    made = [deal_at(at(100 * n, centre=north)) for n in range(1, 6)]
    made += [deal_at(at(0, 100 * n + 50, centre=north)) for n in range(1, 6)]

    page = found(near=north, sort=Sort.DISTANCE, limit=4)

    assert [deal.away_m for deal in page.deals] == [100, 150, 200, 250]


def test_a_campaign_of_many_outlets_stands_once_at_its_nearest() -> None:
    merchant = make_merchant()
    near, far = make_outlet(merchant, at=at(200)), make_outlet(merchant, at=at(700))
    campaign = make_campaign(merchant, outlet_ids=(far.pk, near.pk))

    for sort in Sort:
        page = found(near=MANIPAL, sort=sort)
        assert [deal.facts.outlet_id for deal in page.deals] == [near.pk]
    assert ids() == [campaign.pk]


def test_without_a_place_the_newest_come_first() -> None:
    old = deal_at(at(10), now=NOON - timedelta(days=1))
    new = deal_at(at(20))

    assert ids() == [new.pk, old.pk]


def test_the_highest_cashback_comes_first_when_asked() -> None:
    low, high = deal_at(at(10), cap_paise=50_00), deal_at(at(5000), cap_paise=300_00)

    assert ids(near=MANIPAL, sort=Sort.CASHBACK) == [high.pk, low.pk]


def test_filters_narrow_the_answer() -> None:
    cafe = deal_at(at(10), category="cafe", cap_paise=100_00)
    salon = deal_at(at(20), category="salon", cap_paise=200_00)

    assert ids(category="salon") == [salon.pk]
    assert ids(min_cashback_paise=100_01) == [salon.pk]
    assert ids(zone_code="BLR") == []
    assert set(ids(zone_code="MNP")) == {cafe.pk, salon.pk}
    assert ids(box=Box(at(-5, -5), at(15, 5))) == [cafe.pk]


def test_open_now_leaves_out_what_opens_later() -> None:
    always = deal_at(at(10))
    over_midnight = deal_at(at(20), windows=(Window(6, time(23), time(12, 30)),))
    deal_at(at(30), windows=(Window(0, time(18), time(23)),))

    assert set(ids(open_now=True)) == {always.pk, over_midnight.pk}
    assert set(ids(open_now=True, now=NOON + timedelta(minutes=30))) == {always.pk}


def test_what_is_not_on_sale_is_not_on_the_map() -> None:
    deal_at(at(10), submit=False)
    deal_at(at(20), starts_at=NOON + timedelta(hours=1))
    deal_at(at(30), ends_at=NOON + timedelta(hours=1))
    paused = deal_at(at(40))
    services.pause(campaign_id=paused.pk, merchant_id=paused.merchant_id, actor_id=None, now=NOON)

    assert len(ids()) == 1
    assert ids(now=NOON + timedelta(hours=1)) != []
    assert len(ids(now=NOON + timedelta(hours=1))) == 1


def test_a_deal_says_every_reason_why_it_cannot_be_booked() -> None:
    campaign = deal_at(at(10), daily_seats=1, windows=(Window(0, time(18), time(23)),))
    services.change(
        campaign_id=campaign.pk,
        merchant_id=None,
        changes={"windows": ()},
        actor_id=None,
        now=NOON,
    )
    take(campaign, RIDER)
    merchants.pause_zone(code="MNP", actor_id=None, reason="flood", now=NOON)
    merchants.freeze_wallet(
        merchant_id=campaign.merchant_id, actor_id=None, reason="looks odd", now=NOON
    )

    (deal,) = found(near=MANIPAL, sort=Sort.DISTANCE).deals

    midnight = NOON.replace(hour=18, minute=30)
    assert not deal.bookable
    assert [(why.code, why.until) for why in deal.reasons] == [
        ("zone_paused", None),
        ("daily_seats_exhausted", midnight),
        ("merchant_wallet_frozen", None),
    ]


def test_a_wallet_that_cannot_pay_one_visit_is_a_reason() -> None:
    merchant = make_merchant(funds_paise=232_59)
    make_outlet(merchant)
    make_campaign(merchant)

    assert [why.code for why in found().deals[0].reasons] == ["low_balance"]

    fund(merchant.pk, 1)

    assert found().deals[0].bookable


def test_a_boost_is_labelled_while_it_lasts() -> None:
    campaign = deal_at(at(10))
    Campaign.objects.filter(pk=campaign.pk).update(boosted_until=NOON + timedelta(days=1))

    assert found().deals[0].boosted
    assert not found(now=NOON + timedelta(days=1)).deals[0].boosted


@pytest.mark.parametrize("cursor", ["", "newest", "newest|x|y", "cashback|1|2", "|||"])
def test_a_position_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        found(after=cursor or "?")


def test_what_was_never_approved_does_not_exist_for_riders() -> None:
    draft = make_campaign(submit=False)

    with pytest.raises(UnknownCampaign):
        selectors.one_deal(campaign_id=draft.pk, rider_id=RIDER, place=None, now=NOON)


def test_the_number_of_statements_does_not_grow_with_the_rows() -> None:
    counts = []
    for total in (1, 12):
        while len(ids(limit=100)) < total:
            deal_at(at(10 * total), seats=5, audience="new_only")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found(near=MANIPAL, sort=Sort.DISTANCE)
        counts.append(len(queries))

    assert counts == [3, 3]


@pytest.fixture
def crowded() -> None:
    """Twenty thousand campaigns around one city, each at an outlet of its own."""
    pattern = deal_at(at(10))
    with connection.cursor() as cursor:
        for copy in (OUTLETS, CAMPAIGNS, DEALS):
            cursor.execute(copy, {"campaign": pattern.pk})
        cursor.execute("ANALYZE campaigns_deal, merchants_outlet, campaigns_campaign")


def plan_of(search: Search) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN " + module._statement(search), module._parameters(search, RIDER, NOON, 40)
        )
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.usefixtures("crowded")
def test_each_order_is_read_from_its_own_index() -> None:
    box = Box(at(-500, -500), at(500, 500))
    for search, index in (
        (Search(box=box), "campaigns_deal_near"),
        (Search(sort=Sort.NEWEST), "campaigns_deal_newest"),
        (Search(sort=Sort.CASHBACK), "campaigns_deal_cashback"),
        (Search(near=MANIPAL, sort=Sort.DISTANCE), "Function Scan on campaigns_nearest n"),
    ):
        plan = plan_of(search)
        assert index in plan
        assert "Seq Scan on campaigns_" not in plan


@pytest.mark.usefixtures("crowded")
def test_the_nearest_are_read_in_the_order_of_the_partial_index() -> None:
    for open_now in (False, True):
        with explained() as plans:
            page = found(near=MANIPAL, radius_m=50_000, sort=Sort.DISTANCE, open_now=open_now)

        plan = "\n".join(plans)
        assert len(page.deals) == 20
        assert "Index Scan using campaigns_deal_near on campaigns_deal d" in plan
        assert "Order By: (location <->" in plan


PLACES = st.builds(
    Point,
    latitude=st.floats(-75, 75),
    longitude=st.floats(-170, 170),
)


@given(near=PLACES, east=st.floats(-0.5, 0.5), north=st.floats(-0.5, 0.5))
@pytest.mark.django_db(transaction=False)
def test_no_place_is_nearer_than_its_degrees_allow(near: Point, east: float, north: float) -> None:
    place = Point(latitude=near.latitude + north, longitude=near.longitude + east)
    degrees = math.hypot(east, north)

    away_m = distance_m(near, place)

    assert module._least_metres(near, degrees) <= away_m + 1
    assert away_m / METRES_PER_DEGREE * (1 - module._SLACK) <= degrees + 1e-5
