"""What the night's missions may be made of: goods at places of ours, stops nearby, and nothing that is gone."""

from dataclasses import astuple
from datetime import datetime, time, timedelta

import pytest

from apps.campaigns import services as campaigns
from apps.gamification.selectors import Candidate
from apps.ondc import documents
from apps.ondc.selectors import commerce_candidates, transit_candidates
from tests.documents import patiently
from tests.factories import Shop, make_shop
from tests.ondc.network import Participant, clock
from tests.ondc.telling import BUS, METRO, asked, imported, line, shop, tells
from uma.kernel import mongo
from uma.kernel.geo import Point
from uma.kernel.mongo import DocumentsAway
from uma.kernel.zones import Window

pytestmark = pytest.mark.django_db
TIGER_CIRCLE = Point(13.3526, 74.7928)
STOPS = (("TC", "Tiger Circle", "13.3526,74.7930"), ("FA", "Far Away", "13.4409,74.7477"))
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def store(db: None, document_store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    assert db is None
    monkeypatch.setattr(mongo, "_away_until", 0.0)
    patiently(documents.drop)
    documents.prepare()
    return document_store


@pytest.fixture
def ours() -> Shop:
    return make_shop("Corner Café", at=TIGER_CIRCLE, now=clock())


def goods(now: datetime | None = None) -> list[Candidate]:
    return commerce_candidates(zone_id="MNP", now=now or clock())


def stops(now: datetime | None = None) -> list[Candidate]:
    return transit_candidates(zone_id="MNP", now=now or clock())


def test_goods_are_those_of_shops_at_our_places_under_the_shops_own_name(
    seller: Participant, ours: Shop
) -> None:
    elsewhere = shop("S2")
    elsewhere["locations"][0]["gps"] = "13.3545,74.7928"
    tells(seller, asked(), shop("S1"), elsewhere)
    imported()

    found = goods()

    assert ours.outlet.location == TIGER_CIRCLE
    assert {(one.name, one.provider, one.price_paise) for one in found} == {
        ("Filter Coffee", "Corner Café S1", 40_00),
        ("Masala Dosa", "Corner Café S1", 70_00),
    }
    assert found[0].hours[0] == Window(0, time(7), time(23))
    assert not any(one.is_sold_here for one in found)
    # The same thing has the same name on every day.
    assert [astuple(one) for one in goods()] == [astuple(one) for one in found]


def test_stops_are_those_near_our_places(seller: Participant, ours: Shop) -> None:
    tells(seller, asked(BUS), line(*STOPS))
    tells(seller, asked(METRO), line(*STOPS, mode="METRO"))
    imported()

    found = stops()

    assert ours.outlet.location == TIGER_CIRCLE
    assert sorted((one.name, one.provider, one.price_paise) for one in found) == [
        ("Bus to Tiger Circle", "City Bus", 15_00),
        ("Metro to Tiger Circle", "City Bus", 15_00),
    ]
    assert {window for one in found for window in one.hours} == {
        Window(day, time(6), time(23)) for day in range(7)
    }


@pytest.mark.parametrize(
    "change",
    [
        {"time": {"label": "disable"}},
        {"locations": [{"id": "L1", "gps": "13.3525,74.7926", "time": {"label": "disable"}}]},
        {"locations": [{"id": "L1", "gps": "13.3525,74.7926", "time": {"label": "close"}}]},
        {"items": []},
    ],
)
def test_a_shop_that_is_closed_or_has_nothing_is_no_candidate(
    seller: Participant, ours: Shop, change: dict[str, object]
) -> None:
    tells(seller, asked(), shop("S1", **change))
    imported()

    assert ours.outlet.location == TIGER_CIRCLE
    # A label alone closes nothing that has an end nobody knows.
    assert (goods() == []) == ("close" not in str(change))


def test_a_shop_that_closed_for_a_while_is_back_after_it(seller: Participant, ours: Shop) -> None:
    now = clock()
    for_a_while = {
        "id": "L1", "gps": "13.3525,74.7926",
        "time": {
            "label": "close",
            "range": {
                "start": (now - timedelta(hours=1)).isoformat(),
                "end": (now + timedelta(hours=1)).isoformat(),
            },
        },
    }  # fmt: skip
    tells(seller, asked(), shop("S1", locations=[for_a_while]))
    imported()

    assert ours.outlet.location == TIGER_CIRCLE
    assert goods(now) == []
    assert len(goods(now + timedelta(hours=1))) == 2


def test_no_word_is_believed_for_longer_than_a_day_and_a_half(
    seller: Participant, ours: Shop
) -> None:
    tells(seller, asked(), shop())
    tells(seller, asked(BUS), line(*STOPS))
    imported()

    assert ours.outlet.location == TIGER_CIRCLE
    assert len(goods(clock() + DAY)) == 2
    assert len(stops(clock() + DAY)) == 1
    assert goods(clock() + 2 * DAY) == stops(clock() + 2 * DAY) == []


def test_a_catalogue_that_was_lost_is_away_and_one_that_never_was_is_empty(
    seller: Participant, ours: Shop
) -> None:
    assert (goods(), stops()) == ([], [])
    tells(seller, asked(), shop())
    tells(seller, asked(BUS), line(*STOPS))
    imported()

    patiently(documents.drop)

    for source in (goods, stops):
        with pytest.raises(DocumentsAway):
            source()
    # Where nothing of ours is to be had, nobody needs to know what else there is.
    campaigns.end(
        campaign_id=ours.campaign.pk, merchant_id=ours.merchant.pk, actor_id=None, now=clock()
    )
    assert (goods(), stops()) == ([], [])
