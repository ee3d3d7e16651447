"""A deal's boost: its price is agreed to before it is paid, its days are counted, and what is left comes back."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.campaigns import services
from apps.campaigns.models import Boost, FeeSchedule
from apps.merchants.models import Staff
from tests.business.browsing import signed_in
from tests.business.test_figures import paise, read
from tests.factories import Shop, make_outlet, make_shop
from tests.merchants.making import make_staff

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
# With the discount of the plan.
WEEK_PAISE = 531_00


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def page_of(shop: Shop) -> str:
    return f"/business/deals/{shop.campaign.pk}/boost"


def buy(client: Client, shop: Shop, agreed: str = str(WEEK_PAISE)) -> Any:  # Any: a response
    return client.post(page_of(shop), {"key": "k1", "agreed": agreed})


def said(page: str, key: str) -> str:
    (found,) = re.findall(rf'id="{key}">([^<]*)<', page)
    return str(found)


def test_a_week_is_bought_at_the_price_that_was_shown_and_once(shop: Shop) -> None:
    client, before = signed_in(shop.owner_id), shop.wallet_paise
    assert paise(said(read(client, page_of(shop)), "boost-price")) == WEEK_PAISE

    answers = [buy(client, shop), buy(client, shop)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert (Boost.objects.count(), shop.wallet_paise) == (1, before - WEEK_PAISE)
    page = read(client, page_of(shop))
    assert "6 days" in page
    assert "Boosted" in read(client, f"/business/deals/{shop.campaign.pk}")
    assert "Boosted" in read(client, "/business/deals")


@pytest.mark.parametrize("agreed", ["53099", "", "x", "-53100", "9" * 400])
def test_nothing_is_bought_at_another_price(shop: Shop, agreed: str) -> None:
    answer = buy(signed_in(shop.owner_id), shop, agreed)

    assert answer.status_code == 409
    assert "The price has changed." in unescape(answer.content.decode())
    assert Boost.objects.count() == 0


def test_what_comes_back_of_a_boost_is_what_its_page_said(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    services.boost(
        campaign_id=shop.campaign.pk, merchant_id=shop.merchant.pk, actor_id=shop.owner_id, key=None,
        now=NOW - timedelta(days=2, hours=1),
    )  # fmt: skip
    told = paise(said(read(client, page_of(shop)), "boost-back"))
    before = shop.wallet_paise

    assert client.post(page_of(shop), {"stop": "1"}).status_code == 302

    assert shop.wallet_paise - before == told == 303_42
    assert "₹303.42 came back" in said_last(read(client, page_of(shop)))
    twice = client.post(page_of(shop), {"stop": "1"})
    assert (twice.status_code, "not boosted" in twice.content.decode()) == (409, True)


def said_last(page: str) -> str:
    (found,) = re.findall(r'id="last-boost">.*?<p>([^<]*)<', page, re.DOTALL)
    return str(found)


def test_what_stands_in_the_way_is_said_instead_of_a_button(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    assert "Boost this deal" in read(client, page_of(shop))
    poor = make_shop("Poor", funds_paise=WEEK_PAISE - 1)
    assert "There is not so much in the wallet." in read(signed_in(poor.owner_id), page_of(poor))

    FeeSchedule.objects.update(boost_slots=0)
    assert "Every place around here is taken." in read(client, page_of(shop))
    client.post(f"/business/deals/{shop.campaign.pk}/pause")
    page = read(client, page_of(shop))

    assert "Only a deal that is on sale can be boosted." in page
    assert "Boost this deal" not in page


def test_who_boosts_is_the_owner_and_managers_of_all_its_outlets(shop: Shop) -> None:
    elsewhere = make_outlet(shop.merchant, now=NOW)
    clients = {
        "accountant": signed_in(make_staff(shop.merchant, Staff.Role.ACCOUNTANT)),
        "elsewhere": signed_in(
            make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(elsewhere.pk,))
        ),
        "stranger": signed_in(make_shop("Other").owner_id),
    }

    seen = {name: client.get(page_of(shop)).status_code for name, client in clients.items()}
    sent = {name: buy(client, shop).status_code for name, client in clients.items()}

    assert seen == sent == {"accountant": 403, "elsewhere": 403, "stranger": 404}
    assert Boost.objects.count() == 0
    manager = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER))
    assert buy(manager, shop).status_code == 302
