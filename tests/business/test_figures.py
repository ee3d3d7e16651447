"""The dashboard: its figures are the ledger's, and the rows behind a figure sum to it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from math import ceil
from uuid import uuid4

import pytest
from django.test import Client

from apps.analytics.models import Experiment
from apps.analytics.selectors import Period, figures
from apps.business import charts, tiles
from apps.business.pages.figures import ROWS
from apps.gamification import services as gamification
from apps.handshake import check_ins
from apps.merchants.models import Staff
from apps.merchants.selectors import StaffScope
from apps.rides import services as rides
from apps.rides.services import Refusal
from apps.wallet import codes
from tests.analytics.making import CLOCK, check_in, count, no_show, take_back, visit
from tests.business.browsing import signed_in
from tests.factories import FUNDS_PAISE, Shop, balance, make_booking, make_rider, make_shop
from tests.merchants.making import make_staff
from uma.kernel.templatetags.web import rupees
from uma.kernel.zones import day_of

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


@pytest.mark.parametrize("by", ["day", "deal", "outlet", "person"])
def test_rows_sum_to_the_tile(shop: Shop, by: str) -> None:
    client = signed_in(shop.owner_id)
    spent = tile(read(client, "/business/figures"), "spend")

    page = read(client, f"/business/figures/rows?by={by}")

    assert f'id="total-spend">{spent}<' in page
    amounts = re.findall(
        r'(?<!Together)(?:</a>)?</th><td role="cell" data-label="Spent" class="spent">([^<]*)</td>',
        page,
    )
    assert amounts
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

    for path in (
        "figures", "figures/rows", "figures/visits", "figures/check-ins", "figures/again",
        "figures/refusals", "figures/funnel",
    ):  # fmt: skip
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


def test_guests_without_a_deal_have_a_tile_of_their_own(shop: Shop) -> None:
    owner = StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id)
    for days in (2, 400):
        check_ins.check_in(
            person_id=make_rider().pk, staff=owner, outlet_id=None, bill_paise=None,
            now=NOW - timedelta(days=days),
        )  # fmt: skip

    page = read(signed_in(shop.owner_id), "/business/figures")

    assert tile(page, "check-ins") == "1"
    assert tile(page, "visits") == "2", "nobody pays for them"


def test_check_ins_one_by_one_are_as_many_as_the_tile_says(shop: Shop) -> None:
    owner = StaffScope(shop.merchant.pk, "OWNER", (), shop.owner_id)
    guests = [make_rider() for _ in range(ROWS + 2)]
    for hours, guest in enumerate(guests, start=1):
        check_ins.check_in(
            person_id=guest.pk, staff=owner, outlet_id=None, bill_paise=hours * 100,
            now=NOW - timedelta(days=1, minutes=hours),
        )  # fmt: skip
    client = signed_in(shop.owner_id)
    shown = tile(read(client, "/business/figures"), "check-ins")

    pages = [read(client, f"/business/figures/check-ins?page={number}") for number in range(2)]

    assert shown == str(ROWS + 2)
    assert all(f'id="total-check-ins">{shown}<' in page for page in pages)
    assert [page.count('class="line"') for page in pages] == [ROWS, 2]
    named = [name for page in pages for name in re.findall(r"<b>(Guest [^<]+)<", page)]
    assert len(set(named)) == ROWS + 2, "each once"
    assert "bill ₹1<" in pages[0]
    before = NOW.date() - timedelta(days=20)
    assert "Nobody checked in" in read(client, f"/business/figures/check-ins?day={before}")


def test_months_of_first_visits_sum_to_the_guests_who_came_again() -> None:
    now = datetime.now(UTC)
    shop = make_shop(now=now - timedelta(days=120))
    for days, comes_again in ((110, True), (80, False), (75, True), (40, False), (5, True)):
        guest = make_rider(now=now - timedelta(days=days))
        visit(shop, at=now - timedelta(days=days), rider=guest)
        if comes_again:
            visit(shop, at=now - timedelta(days=days - 3), rider=guest)
        if days == 75:
            check_in(shop, at=now - timedelta(days=days - 5), rider=guest)
    count(now=now)
    client = signed_in(shop.owner_id)
    dashboard = read(client, "/business/figures")

    page = read(client, "/business/figures/again")

    assert tile(dashboard, "repeat") == "50%"
    assert tile(dashboard, "organic") == "25%"
    assert "30 days: 2 of 4 guests." in dashboard
    for within, together in ((30, (2, 4)), (60, (2, 3)), (90, (1, 1))):
        rows = re.findall(rf'data-within="{within}">(\d+)/(\d+)<', page)
        assert (sum(int(one) for one, _ in rows), sum(int(all_) for _, all_ in rows)) == together
        whole = re.search(rf'id="total-{within}">[^/]*>(\d+)/(\d+)<', page)
        assert whole is not None
        assert tuple(map(int, whole.groups())) == together
    assert 'id="total-30">50%' in page
    unasked = [int(one) for one in re.findall(r'data-organic="30">(\d+) without a deal<', page)]
    assert sum(unasked) == 1
    assert 'id="organic-30">1 without a deal<' in page


def test_refused_bookings_by_any_row_sum_to_the_tile_and_with_the_booked_to_the_tries(
    shop: Shop,
) -> None:
    campaign_id, outlet_id = shop.campaign.pk, shop.outlet.pk
    for code, days, outlet, times in (
        ("seats_exhausted", 1, outlet_id, 3),
        ("rider_banned", 1, None, 1),
        ("live_limit_reached", 2, outlet_id, 1),
        ("deal_not_funded", 40, outlet_id, 90),
    ):
        told = Refusal(campaign_id, outlet, code, NOW - timedelta(days=days), times)
        rides.count_refused(refusals=[told])
    client = signed_in(shop.owner_id)
    dashboard = read(client, "/business/figures")

    assert tile(dashboard, "refused") == "5"
    assert "Most often: The deal was sold out." in dashboard
    for by in ("reason", "day", "deal", "outlet"):
        page = read(client, f"/business/figures/refusals?by={by}")
        rows = [int(one) for one in re.findall(r"data-refused>(\d+)<", page)]
        assert (sum(rows), len(rows)) == (5, 1 if by == "deal" else 2)
        assert 'id="total-refused">5<' in page
    assert "The guest could book nothing just then." in read(client, "/business/figures/refusals")
    funnel = read(client, "/business/figures/funnel")
    assert re.findall(r"data-try>(\d+)<", funnel) == ["4", "5"]
    assert 'id="tried-count">9<' in funnel
    assert "<dt>The deal was sold out.</dt><dd>3</dd>" in funnel
    ever = read(client, "/business/figures?days=90")
    assert tile(ever, "refused") == "95"
    posted = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(outlet_id,)))
    assert tile(read(posted, "/business/figures"), "refused") == "4"
    elsewhere = signed_in(make_shop("Elsewhere").owner_id)
    assert tile(read(elsewhere, "/business/figures"), "refused") == "0"


def test_who_scanned_is_named_and_whoever_left_is_not(shop: Shop) -> None:
    scanner = make_staff(shop.merchant, Staff.Role.SCANNER)
    client = signed_in(shop.owner_id)
    gone = make_staff(shop.merchant, Staff.Role.SCANNER)
    for actor, times in ((scanner, 3), (gone, 1)):
        for _ in range(times):
            visit(shop, at=NOW - timedelta(days=1), actor_id=actor)
    Staff.objects.filter(user_id=gone).update(is_active=False)

    page = read(client, "/business/figures/rows?by=person")

    counted = re.findall(
        r'<th role="rowheader" scope="row">([^<]+)</th>.*?data-label="Visits">(\d+)<', page
    )
    assert [int(number) for _name, number in counted] == [3, 2, 1, 6], "most first; together"
    assert [name for name, _number in counted[2:]] == ["No longer here", "Together"]
    assert "Not come" not in page


def test_spend_comes_back_after_so_many_days_of_the_margin_or_never(shop: Shop) -> None:
    for days in range(10):
        for _ in range(2):
            visit(shop, at=NOW - timedelta(days=days), bill_paise=900_00)
    client = signed_in(shop.owner_id)

    page = read(client, "/business/figures?margin=60")

    found = figures(
        merchant_id=shop.merchant.pk,
        period=Period(NOW.date() - timedelta(days=29), day_of(NOW, CLOCK)),
        now=NOW,
    )
    sales = found.total.bill_paise * found.total.visits / found.total.bills
    discounts = found.total.discount_paise * found.total.visits / found.total.bills
    daily = (sales * 0.6 - discounts) / 10
    assert tile(page, "payback") == f"{ceil(found.total.spend_paise / daily)} days"
    assert tile(read(client, "/business/figures?margin=5"), "payback") == tiles.UNKNOWN
    assert tile(read(client, "/business/figures"), "payback") == tiles.UNKNOWN


@pytest.mark.parametrize(
    ("lift", "said", "value"),
    [
        ((0.2, 0.1, 0.3), "Visits that would not have been.", "+20"),
        ((0.2, -0.1, 0.3), "Not to be told from chance.", "+20"),
        ((None, None, None), "Too few guests to say.", tiles.UNKNOWN),
    ],
)
def test_what_a_holdout_has_shown_is_said_with_its_interval(
    shop: Shop, lift: tuple[float | None, ...], said: str, value: str
) -> None:
    found = dict(zip(("visits_lift", "visits_low", "visits_high"), lift, strict=True))
    Experiment.objects.create(
        campaign_id=shop.campaign.pk, merchant=shop.merchant, holdout_bps=20_00,
        since=NOW.date() - timedelta(days=40), until=NOW.date(), shown_riders=100,
        shown_visitors=40, shown_visits=50, shown_check_ins=3, shown_first_visits=20,
        held_riders=25, held_visitors=5, held_visits=7, held_check_ins=7, held_first_visits=2,
        **found,
    )  # fmt: skip
    client = signed_in(shop.owner_id)

    page = read(client, "/business/figures")

    assert "Would they have come anyway?" in page
    assert said in page
    assert f'<p class="amount">{value}</p>' in page
    assert ("between +10 and +30, 95% sure" in page) == (lift[1] == 0.1)
    assert "are known by check-ins and other deals alone" in page
    posted = signed_in(make_staff(shop.merchant, Staff.Role.MANAGER, outlet_ids=(shop.outlet.pk,)))
    assert said not in read(posted, "/business/figures")


def test_what_became_of_bookings_sums_to_them_and_guests_turned_away_are_told_of(
    shop: Shop,
) -> None:
    turned_away = make_booking(shop, make_rider(), now=NOW - timedelta(hours=3))
    elsewhere = make_booking(make_shop("Elsewhere"), make_rider(), now=NOW - timedelta(hours=3))
    for booking in (turned_away, elsewhere):
        for _ in range(2):
            gamification.note_failed_scan(
                ref=booking.ref, code="wallet_frozen", now=NOW - timedelta(hours=2)
            )
    client = signed_in(shop.owner_id)

    page = read(client, "/business/figures/funnel")

    counts = [int(one) for one in re.findall(r"data-step>(\d+)<", page)]
    assert counts == [2, 1, 1, 0, 1, 0]
    assert f'id="booked-count">{sum(counts)}<' in page
    assert "<dt>The wallet is frozen.</dt><dd>1</dd>" in page
    alert = "Guests turned away since yesterday: 1. The wallet is frozen."
    assert alert in read(client, "/business/figures")
