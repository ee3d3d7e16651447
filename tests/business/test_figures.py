"""The dashboard: its figures are the ledger's, and the rows behind a figure sum to it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from apps.business import charts, tiles
from apps.merchants.models import Staff
from apps.wallet import codes
from tests.analytics.making import no_show, take_back, visit
from tests.business.browsing import signed_in
from tests.factories import FUNDS_PAISE, Shop, balance, make_rider, make_shop
from tests.merchants.making import make_staff
from uma.kernel.templatetags.web import rupees

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def tile(page: str, key: str) -> str:
    (found,) = re.findall(rf'id="tile-{key}">.*?class="value">([^<]*)<', page, re.DOTALL)
    return str(found)


@pytest.fixture
def shop() -> Shop:
    """A shop with visits of yesterday and before, one of which was taken back, and a no-show."""
    shop = make_shop()
    regular = make_rider(now=NOW - timedelta(days=6))
    for days in (5, 3):
        visit(shop, at=NOW - timedelta(days=days), rider=regular, bill_paise=400_00)
    wrong = visit(shop, at=NOW - timedelta(days=4))
    no_show(shop, at=NOW - timedelta(days=4))
    take_back(wrong, at=NOW - timedelta(days=2))
    return shop


def test_what_the_dashboard_says_was_spent_is_what_left_the_wallet(shop: Shop) -> None:
    merchant_id = shop.merchant.pk
    left = sum(
        balance(code(merchant_id))
        for code in (codes.merchant_wallet, codes.merchant_held, codes.merchant_released)
    )

    page = read(signed_in(shop.owner_id), "/business/figures")

    assert tile(page, "spend") == rupees(FUNDS_PAISE - left)
    assert tile(page, "visits") == "2"
    assert tile(page, "show-up") == "67%"
    assert tile(page, "repeat") == tile(page, "roas") == tile(page, "roi") == tiles.UNKNOWN


@pytest.mark.parametrize("by", ["day", "deal", "outlet"])
def test_rows_sum_to_the_tile(shop: Shop, by: str) -> None:
    client = signed_in(shop.owner_id)
    spent = tile(read(client, "/business/figures"), "spend")

    page = read(client, f"/business/figures/rows?by={by}")

    assert f'id="total-spend">{spent}<' in page
    amounts = re.findall(r"</a></th><td>([^<]*)</td>", page)
    assert sum(map(paise, amounts)) == paise(spent)


def test_visits_one_by_one_sum_to_the_tile(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    spent = tile(read(client, "/business/figures"), "spend")

    page = read(client, "/business/figures/visits")

    amounts = re.findall(r'class="sum">([^<]*)<', page)
    assert len(amounts) == 4, "three scans, and one of them taken back"
    assert sum(map(paise, amounts)) == paise(spent)
    assert page.count("Guest ") == 4
    assert page.count("taken back") == 1


def paise(text: str) -> int:
    sign = -1 if text.startswith("\N{MINUS SIGN}") else 1
    whole, _, rest = text.lstrip("\N{MINUS SIGN}₹").replace(",", "").partition(".")
    return sign * (int(whole) * 100 + int(rest or 0))


def test_a_day_and_a_deal_narrow_the_rows(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    day = (NOW - timedelta(days=20)).date()

    assert "No visit in this period." in read(client, f"/business/figures/visits?day={day}")
    assert "No visit in this period." in read(client, f"/business/figures/visits?deal={uuid4()}")


def test_a_business_without_visits_is_told_what_to_do() -> None:
    page = read(signed_in(make_shop("Quiet").owner_id), "/business/figures")

    assert "Nothing to count yet" in page


def test_a_margin_makes_a_return_only_where_bills_carry_it(shop: Shop) -> None:
    page = read(signed_in(shop.owner_id), "/business/figures?margin=60")

    assert "at 60% margin" in page
    assert tile(page, "roi") == tiles.UNKNOWN
    assert "Shown from 20 visits on" in page


@pytest.mark.parametrize(
    "query", ["days=x", "outlet=x", "margin=-1", "margin=999999999", "page=-1", "day=2026-99-99", "by=x",
              "page=99999999999999999999", "margin=%D9%A5"],
)  # fmt: skip
def test_what_is_no_choice_of_the_page_is_the_usual_one(shop: Shop, query: str) -> None:
    client = signed_in(shop.owner_id)

    for path in ("figures", "figures/rows", "figures/visits"):
        assert read(client, f"/business/{path}?{query}")


def test_whoever_is_posted_at_one_outlet_sees_that_one(shop: Shop) -> None:
    elsewhere = make_shop("Other")
    client = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(shop.outlet.pk,)))

    assert client.get(f"/business/figures?outlet={elsewhere.outlet.pk}").status_code == 403
    assert tile(read(client, "/business/figures"), "visits") == "2"


def test_one_visit_is_seen_beside_many() -> None:
    cells = charts.heat({(0, 9): 1, (6, 23): 500})

    assert (cells[0][9].shade, cells[0][10].shade, cells[6][23].shade) == (1, 0, 5)
    assert charts.busiest({(0, 9): 3, (1, 9): 3, (2, 1): -1}) == (0, 9)
    bar = charts.bars([(NOW.date(), 1, 0), (NOW.date(), 500, 500)])[0]
    assert (bar.height_returning, bar.height_new) == (2, 0)


def test_guests_have_names_that_only_this_business_sees(shop: Shop) -> None:
    page = read(signed_in(shop.owner_id), "/business/guests")

    assert page.count("Guest ") == 1, "the other one's visit was taken back"
    assert "2\N{MULTIPLICATION SIGN}" in page
    elsewhere = read(signed_in(make_shop("Elsewhere").owner_id), "/business/guests")
    assert "Guest " not in elsewhere


def test_an_empty_wallet_and_a_deal_that_waits_are_said_first() -> None:
    shop = make_shop(funds_paise=0)

    page = read(signed_in(shop.owner_id), "/business/figures")

    assert "Only ₹0 left in your wallet." in page
    assert page.index("Only ₹0 left") < page.index('class="tiles"')
