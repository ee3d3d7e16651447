"""Each tile of the dashboard is made anew from the rows that it leads to; and how fast deals are used."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from math import ceil

import pytest

from apps.analytics.selectors import Counts, Figures, Period, Repeat
from apps.business import tiles
from apps.campaigns.models import Campaign
from apps.campaigns.selectors import Pace
from tests.analytics.making import CLOCK, no_show, take_back, visit
from tests.business.browsing import signed_in
from tests.business.test_figures import paise, read, tile
from tests.factories import Shop, make_rider, make_shop
from uma.kernel.ids import new_id
from uma.kernel.templatetags.web import grouped, rupees
from uma.kernel.zones import day_of

NOW = datetime.now(UTC)
DAYS = 6
CELL = re.compile(r'data-label="([^"]+)"[^>]*>([^<]*)<')


@pytest.fixture
def busy() -> Shop:
    """A shop with enough bills to say something of the others, a no-show and a visit that was taken back."""
    shop = make_shop()
    regular = make_rider(now=NOW - timedelta(days=DAYS))
    for number in range(21):
        at = NOW - timedelta(days=number % DAYS, hours=1)
        bill = 349_50 + number if number % 2 else None
        visit(shop, at=at, bill_paise=bill, rider=regular if not number % 7 else None)
    no_show(shop, at=NOW - timedelta(days=4))
    take_back(visit(shop, at=NOW - timedelta(days=3), bill_paise=99_99), at=NOW - timedelta(days=1))
    return shop


def sums(page: str) -> Counter[str]:
    """Return the sum of each column of a page of rows, amounts in paise."""
    body = re.search(r"<tbody.*?</tbody>", page, re.DOTALL)
    assert body is not None
    found: Counter[str] = Counter()
    for label, told in CELL.findall(body[0]):
        found[label] += paise(told) if "₹" in told else int(told.replace(",", ""))
    return found


def whole_rupees(amount: float) -> str:
    return rupees(round(round(amount) / 100) * 100)


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["day", "deal", "outlet"])
def test_rows_make_each_tile_anew(busy: Shop, by: str) -> None:
    client = signed_in(busy.owner_id)
    dashboard = read(client, "/business/figures?margin=60")

    rows = read(client, f"/business/figures/rows?by={by}&margin=60")

    found = sums(rows)
    visits, new, missed = found["Visits"], found["New"], found["Not come"]
    net = found["Spent"] - found["GST in it"]
    captured = found["Bills keyed in"] / visits
    left = (found["Bills"] * 0.6 - found["Discount on them"]) / captured
    first = day_of(NOW - timedelta(days=DAYS - 1, hours=1), CLOCK)
    over = (day_of(NOW, CLOCK) - first).days + 1
    expected = {
        "spend": rupees(found["Spent"]),
        "visits": grouped(visits),
        "cost": whole_rupees(net / visits),
        "cac": whole_rupees(found["Spent on new, without GST"] / new),
        "booking-cost": whole_rupees(net / (visits + missed)),
        "show-up": f"{round(visits / (visits + missed) * 100)}%",
        "roas": f"₹{found['Bills'] / captured / net:.2f}",
        "roi": f"{(left - net) / net * 100:+.0f}%".replace("-", "\N{MINUS SIGN}"),
        "payback": f"{ceil(net / (left / over))} days",
    }
    assert {key: tile(dashboard, key) for key in expected} == expected
    assert f"bills keyed in: {round(captured * 100)}%" in dashboard
    for key in expected:
        opened = re.search(rf'id="tile-{key}".*?href="([^"?]+)', dashboard, re.DOTALL)
        assert opened is not None
        assert opened[1] == "/business/figures/rows"
    together = re.search(r"<tfoot.*", rows, re.DOTALL)
    assert together is not None
    assert dict(CELL.findall(together[0])) == {
        name: grouped(number) if name in {"Visits", "New", "Not come", "Bills keyed in"} else rupees(number)
        for name, number in found.items()
    }  # fmt: skip


@pytest.mark.django_db
def test_a_day_is_drawn_as_one_day(busy: Shop) -> None:
    day = day_of(NOW - timedelta(days=1), CLOCK)

    page = read(signed_in(busy.owner_id), f"/business/figures?day={day}")

    assert page.count("<g><title>") == 1
    assert 'viewBox="0 0 1 100"' in page


def loyal(**where: object) -> Figures:
    day = date(2026, 3, 2)
    repeats = [Repeat(30, 1_234_567, 123_456, 12_345), Repeat(60, 0, 0), Repeat(90, 0, 0)]
    period = Period(day, day, **where)  # type: ignore[arg-type]  # by name
    return Figures(period, CLOCK, Counts(visits=1_234_567), {day: Counts()}, {}, repeats)


def test_who_came_again_is_of_the_whole_business_and_says_so_where_the_others_are_not() -> None:
    everywhere, narrowed = (
        {one.key: one for one in tiles.tiles(found, margin=None, check_ins=0, refused={})}
        for found in (loyal(), loyal(campaign_id=new_id()))
    )

    assert everywhere["organic"].value == "1%"
    assert everywhere["organic"].note == "within 30 days"
    assert "30 days: 12,345 of 12,34,567 guests." in everywhere["organic"].how
    assert "30 days: 1,23,456 of 12,34,567 guests." in everywhere["repeat"].how
    assert narrowed["repeat"].note == "within 30 days, the whole business"
    assert narrowed["organic"].note == narrowed["repeat"].note
    assert narrowed["visits"].value == "12,34,567"


@pytest.mark.parametrize(
    ("committed_paise", "days", "used", "elapsed", "fast"),
    [
        (0, 0, 0, 0, False),
        (250_00, 0, 25, 0, True),
        (700_00, 5, 70, 50, False),
        (710_00, 5, 71, 50, True),
        (1_000_00, 10, 100, 100, False),
        (1_000_00, 30, 100, 100, False),
        (0, -1, 0, 0, False),
    ],
)
def test_a_deal_is_fast_when_a_fifth_more_of_its_money_is_used_than_of_its_time(
    committed_paise: int, days: int, used: int, elapsed: int, *, fast: bool
) -> None:
    deal = Campaign(budget_paise=1_000_00, starts_at=NOW, ends_at=NOW + timedelta(days=10))
    pace = Pace(spent_paise=committed_paise // 2, committed_paise=committed_paise, seats_taken=0, visits=0)  # fmt: skip

    (paced,) = tiles.pacing([(deal, pace)], now=NOW + timedelta(days=days))

    assert (paced.used, paced.elapsed, paced.fast) == (used, elapsed, fast)
    assert paced.spent_paise + paced.held_paise == committed_paise


def test_a_deal_without_a_budget_is_paced_by_its_seats_and_without_an_end_by_nothing() -> None:
    pace = Pace(spent_paise=0, committed_paise=900_00, seats_taken=9, visits=3)
    seats = Campaign(seats=12, starts_at=NOW, ends_at=NOW + timedelta(days=10))
    endless = Campaign(seats=12, starts_at=NOW)
    free = Campaign(starts_at=NOW, ends_at=NOW + timedelta(days=10))

    found = tiles.pacing([(one, pace) for one in (seats, endless, free)], now=NOW)

    assert [(one.used, one.elapsed, one.fast) for one in found] == [
        (75, 0, True),
        (75, None, False),
        (None, 0, False),
    ]
