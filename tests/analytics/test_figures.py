"""What a merchant's money bought, against the ledger and against hand-made sums."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.db import connection

from apps.analytics import selectors
from apps.analytics.models import Cohort, Hour
from apps.analytics.selectors import Counts, Figures, Period, Repeat, figures
from apps.wallet import codes
from tests.analytics.making import (
    check_in,
    count,
    day,
    lose_dispute,
    no_show,
    seen,
    take_back,
    total,
    visit,
)
from tests.concurrency.meeting import at_once, paused
from tests.factories import FUNDS_PAISE, NOON, Shop, balance, make_rider, make_shop

MONDAY = day(NOON)
WEEK = (MONDAY, MONDAY + timedelta(6))
AFTER = NOON + timedelta(days=8)
MEND: str = import_module("apps.analytics.migrations.0007_came_again_unpaid").MEND


def busy_shop() -> Shop:
    """Return a shop with six visits of which much is taken back, and a no-show, within a week."""
    shop = make_shop(funds_paise=FUNDS_PAISE)
    regular = make_rider()
    visit(shop, at=NOON, rider=regular, bill_paise=400_00)
    wrong = visit(shop, at=NOON + timedelta(hours=1), bill_paise=1_000_00)
    dear = visit(shop, at=NOON + timedelta(hours=2))
    lost = visit(shop, at=NOON + timedelta(hours=3))
    visit(shop, at=NOON + timedelta(days=2), rider=regular, bill_paise=600_00)
    visit(shop, at=NOON + timedelta(days=3))
    no_show(shop, at=NOON + timedelta(hours=4))
    take_back(wrong, at=NOON + timedelta(days=4))
    take_back(dear, at=NOON + timedelta(days=4), amount_paise=50_00)
    lose_dispute(lost, at=NOON + timedelta(days=5))
    return shop


@pytest.mark.django_db
def test_a_period_costs_what_the_ledger_moved_in_it() -> None:
    shop = busy_shop()

    counts = total(shop, *WEEK, now=AFTER)

    merchant_id = shop.merchant.pk
    left = sum(
        balance(code(merchant_id))
        for code in (codes.merchant_wallet, codes.merchant_held, codes.merchant_released)
    )
    assert counts.spend_paise + counts.gst_paise == FUNDS_PAISE - left
    assert (counts.visits, counts.new_customers, counts.expired) == (4, 4, 1)
    assert (counts.bills, counts.bill_paise, counts.discount_paise) == (2, 1_000_00, 100_00)


@pytest.mark.django_db
@pytest.mark.parametrize("until_day", [1, 3, 5, 8])
def test_days_that_were_counted_and_days_that_were_not_make_the_same_figures(
    until_day: int,
) -> None:
    shop = busy_shop()
    before = seen(shop, *WEEK, now=AFTER)

    assert count(now=NOON + timedelta(days=until_day)) == 1
    after = seen(shop, *WEEK, now=AFTER)

    assert after == before
    assert Hour.objects.filter(day__lt=MONDAY + timedelta(until_day)).exists()
    assert not Hour.objects.filter(day__gte=MONDAY + timedelta(until_day)).exists()


@pytest.mark.django_db
def test_parts_of_a_period_sum_to_the_whole() -> None:
    shop = busy_shop()
    count(now=NOON + timedelta(days=3))

    whole = total(shop, *WEEK, now=AFTER)

    for cut in range(1, 7):
        middle = MONDAY + timedelta(cut)
        parts = total(shop, MONDAY, middle - timedelta(1), now=AFTER) + total(
            shop, middle, WEEK[1], now=AFTER
        )
        assert parts == whole


@pytest.mark.django_db
def test_counting_again_counts_nothing_twice() -> None:
    shop = busy_shop()
    count(now=AFTER)
    rows = list(Hour.objects.order_by("pk").values())

    again = count(now=AFTER)

    assert again == 0
    assert list(Hour.objects.order_by("pk").values()) == rows
    assert len(rows) > 4
    assert total(shop, *WEEK, now=AFTER).visits == 4


@pytest.mark.django_db(transaction=True)
def test_two_who_count_at_once_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = busy_shop()
    count(now=NOON + timedelta(days=1))
    monkeypatch.setattr(selectors, "hours", paused(selectors.hours))

    done = at_once(*(lambda: count(now=AFTER) for _ in range(4)))

    assert {type(one) for one in done} == {int}
    assert total(shop, *WEEK, now=AFTER).visits == 4


@pytest.mark.django_db
def test_a_visit_after_midnight_in_the_zone_is_of_the_next_day() -> None:
    shop = make_shop()
    # 00:10 on Tuesday in India, still Monday in UTC.
    late = NOON + timedelta(hours=12, minutes=10)
    visit(shop, at=late)

    found = seen(shop, *WEEK, now=AFTER)

    assert list(found.by_day) == [MONDAY + timedelta(1)]
    assert list(found.by_hour) == [(1, 0)]
    assert total(shop, MONDAY, MONDAY, now=AFTER) == Counts()


@pytest.mark.django_db
def test_a_cohort_is_shown_when_its_time_is_over_and_not_before() -> None:
    shop = make_shop()
    loyal, late, gone, unasked = (make_rider() for _ in range(4))
    for rider in (loyal, late, gone, unasked):
        visit(shop, at=NOON, rider=rider)
    for rider in (loyal, unasked):
        # Who comes by a deal as well comes without one, too; whoever comes after the time does not count.
        check_in(shop, at=NOON + timedelta(days=20 if rider is unasked else 45), rider=rider)
    visit(shop, at=NOON + timedelta(days=30), rider=loyal)
    visit(shop, at=NOON + timedelta(days=30, minutes=1), rider=late)

    def repeats(after_days: int) -> list[Repeat]:
        now = NOON + timedelta(days=after_days)
        count(now=now)
        return list(seen(shop, MONDAY, day(now), now=now).repeats)

    assert repeats(30) == [Repeat(30, 0, 0), Repeat(60, 0, 0), Repeat(90, 0, 0)]
    # Thirty days to the instant is in time, a minute later is not.
    assert repeats(31)[0] == Repeat(30, 4, 2, 1)
    assert repeats(61)[:2] == [Repeat(30, 4, 2, 1), Repeat(60, 4, 3, 2)]
    assert Repeat(30, 4, 2, 1).rate == pytest.approx(1 / 2)
    assert Repeat(30, 4, 2, 1).organic_rate == pytest.approx(1 / 4)
    # Cohorts that were counted before this was: the migration says the same of them.
    Cohort.objects.update(organic=0)
    with connection.cursor() as cursor:
        cursor.execute(MEND)
    assert repeats(61)[:2] == [Repeat(30, 4, 2, 1), Repeat(60, 4, 3, 2)]
    assert Cohort.objects.count() == 2


@pytest.mark.django_db
def test_a_visit_that_was_taken_back_founds_no_cohort() -> None:
    shop = make_shop()
    take_back(visit(shop, at=NOON), at=NOON + timedelta(hours=1))
    now = NOON + timedelta(days=100)

    count(now=now)

    assert not Cohort.objects.exists()


@pytest.mark.django_db
def test_one_campaign_and_one_outlet_can_be_looked_at_alone() -> None:
    shop, other = make_shop(), make_shop("Other")
    visit(shop, at=NOON)
    visit(other, at=NOON)

    def visits(**where: object) -> int:
        period = Period(*WEEK, **where)  # type: ignore[arg-type]  # one of two filters
        return figures(merchant_id=shop.merchant.pk, period=period, now=AFTER).total.visits

    for _ in range(2):
        assert visits() == visits(campaign_id=shop.campaign.pk) == 1
        assert visits(outlet_ids=[shop.outlet.pk]) == 1
        assert visits(outlet_ids=[other.outlet.pk]) == visits(campaign_id=other.campaign.pk) == 0
        count(now=AFTER)


def figured(**counts: int) -> Figures:
    """Return figures of these sums alone."""
    period = Period(date(2026, 11, 23), date(2026, 11, 23))
    return Figures(period, "Asia/Kolkata", Counts(**counts), {}, {}, [])


def test_nothing_is_divided_by_nothing() -> None:
    empty = figured()

    assert empty.cost_per_visit_paise is empty.cac_paise is empty.blended_cac_paise is None
    assert empty.show_up_rate is empty.capture_rate is empty.roas is None
    assert empty.roi(margin=0.6) is None


def test_what_a_customer_costs() -> None:
    shown = figured(
        visits=4, new_customers=2, spend_paise=800_00, new_spend_paise=500_00, expired=1
    )

    assert shown.cost_per_visit_paise == 200_00
    assert (shown.cac_paise, shown.blended_cac_paise) == (250_00, 400_00)
    assert shown.returning_customers == 2
    assert shown.show_up_rate == pytest.approx(0.8)


def test_bills_that_were_not_keyed_in_are_estimated_from_those_that_were() -> None:
    shown = figured(
        visits=20, bills=10, bill_paise=5_000_00, discount_paise=500_00, spend_paise=2_500_00
    )

    assert shown.roas == pytest.approx(4.0)
    # 60 % of 10,000, less 1,000 of discounts and 2,500 spent, over 2,500.
    assert shown.roi(margin=0.6) == pytest.approx(1.0)
    assert shown.roi(margin=None) is None


@pytest.mark.parametrize("few", [{"visits": 19, "bills": 19}, {"visits": 100, "bills": 29}])
def test_too_few_visits_or_bills_say_nothing(few: dict[str, int]) -> None:
    shown = figured(**few, bill_paise=1_000_00, spend_paise=100_00)

    assert shown.roas is shown.roi(margin=1.0) is None
    assert shown.capture_rate is not None
