"""Finding a deal: what the list holds, why some cannot be booked, and what the page of one says."""

import json
import re
from datetime import time, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.campaigns.errors import Ineligible
from apps.campaigns.models import Campaign
from apps.rider import filters
from apps.rider.wordings import REASONS
from tests.business.browsing import signed_in
from tests.campaigns.boosting import boost, boostable
from tests.factories import Shop, make_booking, make_rider, make_shop
from tests.merchants.making import MANIPAL
from uma.kernel.geo import Point
from uma.kernel.zones import Window

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return signed_in(make_rider().pk, role="rider")


def shop(brand: str = "Corner Café", **terms: Any) -> Shop:  # Any: terms of many types
    return make_shop(brand, now=timezone.now() - timedelta(minutes=1), **terms)


def listed(client: Client, **query: str) -> str:
    return client.get("/app/deals", query).content.decode()


def names(page: str) -> list[str]:
    return re.findall(r'class="what"><b>([^<]+)</b>', page)


def pins(page: str) -> list[dict[str, object]]:
    found = re.search(r'data-pins="(.*?)"', page)
    assert found is not None
    told: list[dict[str, object]] = json.loads(unescape(found[1]))
    return told


def test_the_list_and_the_map_hold_the_same_deals(client: Client) -> None:
    shop("First", cap_paise=90_00)
    shop("Second", cap_paise=120_00)

    page = listed(client)

    assert names(page) == ["Second", "First"]
    assert [(pin["name"], pin["label"]) for pin in pins(page)] == [
        ("Second", "₹120"),
        ("First", "₹90"),
    ]


def test_filters_narrow_the_list(client: Client) -> None:
    shop("Cheap", cap_paise=40_00)
    shop("Dear", cap_paise=160_00)
    shop("Far", cap_paise=150_00, at=Point(13.41, 74.70))

    assert names(listed(client, least="150")) == ["Dear", "Far"]
    assert names(listed(client, bbox="74.69,13.40,74.71,13.42")) == ["Far"]
    near = f"{MANIPAL.latitude},{MANIPAL.longitude}"
    assert names(listed(client, near=near))[-1] == "Far"
    assert names(listed(client, category="cinema")) == []
    assert "No deal fits" in listed(client, category="cinema")
    assert names(listed(client, zone="BLR")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"near": "x"}, {"near": "91,0"}, {"bbox": "1,2,3"}, {"bbox": "nan,nan,nan,nan"},
        {"bbox": "0,0,90,90"}, {"category": "'--"}, {"least": "1e9"}, {"sort": "distance"},
        {"zone": "<script>"}, {"open": "maybe"},
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_read_is_left_out(client: Client, query: dict[str, str]) -> None:
    shop()

    assert names(listed(client, **query)) == ["Corner Café"]


def test_a_cursor_that_is_none_is_refused_in_the_page(client: Client) -> None:
    answer = client.get("/app/deals", {"after": "made up"}, headers={"HX-Request": "true"})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()


def test_the_list_is_read_to_the_end_and_each_deal_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "PAGE", 4)
    for number in range(6):
        shop(f"Shop {number}", cap_paise=50_00 + number * 100)

    first = listed(client)
    more = re.search(r'hx-get="/app/deals\?([^"]+)"', first)
    assert more is not None
    second = client.get(f"/app/deals?{more[1].replace('&amp;', '&')}").content.decode()

    assert len(names(first)) == 4
    assert sorted(names(first) + names(second)) == sorted(f"Shop {n}" for n in range(6))


def test_a_boosted_deal_stands_first_and_says_that_it_is_boosted(client: Client) -> None:
    now = timezone.now()
    shop("Plain", cap_paise=160_00)
    boosted = boostable(now=now - timedelta(minutes=1), cap_paise=50_00)
    boost(boosted, now=now)

    page = listed(client)

    shelf, _, rest = page.partition('class="cards"')
    assert 'class="shelf"' in shelf
    assert "Boosted</span>" in shelf
    assert names(rest) == ["Plain"]


def test_every_reason_against_a_booking_has_words() -> None:
    codes = {one.code for one in Ineligible.__subclasses__()}

    assert codes | {"merchant_wallet_frozen", "low_balance"} <= set(REASONS)


def test_a_deal_that_cannot_be_booked_says_why_and_until_when(client: Client) -> None:
    day = (timezone.now() + timedelta(days=3)).weekday()
    closed = shop(windows=(Window(day, time(10), time(12)),))

    page = client.get(f"/app/deals/{closed.campaign.pk}").content.decode()

    assert "This deal is not open at this hour." in page
    assert "It can be booked from" in page
    assert 'type="submit" disabled' in page


def test_a_deal_says_what_it_gives_and_what_it_asks_for(client: Client) -> None:
    offer = shop(
        cap_paise=150_00,
        discount_bps=10_00,
        audience=Campaign.Audience.NEW_ONLY,
        per_rider=1,
    )

    page = client.get(f"/app/deals/{offer.campaign.pk}").content.decode()

    assert "₹150 in your wallet, whatever the ride costs." in page
    assert "10 % off what you buy there." in page
    assert "Your first visit" in page
    assert "1 \N{MULTIPLICATION SIGN} in all" in page
    assert 'type="submit" disabled' not in page


def test_a_deal_near_which_one_must_be_can_be_tried_when_nobody_knows_where_one_is(
    client: Client,
) -> None:
    offer = shop(geofence_policy=Campaign.GeofencePolicy.RIDER_LOCATION)
    path = f"/app/deals/{offer.campaign.pk}"

    assert "I am here: book" in client.get(path).content.decode()
    assert 'type="submit" disabled' in client.get(path, {"near": "13.0,74.0"}).content.decode()


def test_whoever_has_a_ticket_is_led_to_it() -> None:
    rider, offer = make_rider(), shop()
    booking = make_booking(offer, rider, now=timezone.now())

    page = signed_in(rider.pk, role="rider").get(f"/app/deals/{offer.campaign.pk}")

    assert f'href="/app/tickets/{booking.pk}"' in page.content.decode()


def test_a_deal_that_is_none_is_no_page(client: Client) -> None:
    answer = client.get(f"/app/deals/{uuid4()}")

    assert answer.status_code == 404
    assert "This deal does not exist any more." in answer.content.decode()


def test_the_city_that_was_chosen_is_the_one_shown_next_time(client: Client) -> None:
    shop()
    make_shop("Elsewhere", zone="BLR", now=timezone.now())

    client.get("/app/", {"zone": "BLR"})

    assert names(client.get("/app/").content.decode()) == ["Elsewhere"]
