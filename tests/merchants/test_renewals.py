"""The end of a paid month: month ends and zone time, the grace, and jobs that run twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.merchants import services
from apps.merchants.models import Merchant, SubscriptionCharge
from apps.merchants.tasks import renew_subscriptions
from apps.notifications.models import InboxMessage
from apps.wallet.models import Journal
from tests.factories import fund, make_staff
from tests.merchants.making import NOON, make_zone
from tests.merchants.planning import (
    PRO_PAISE,
    agree,
    buyer,
    choose,
    make_merchant,
    plan_of,
    purse,
    renew,
    subscription_of,
)
from uma.kernel.zones import months_after

pytestmark = pytest.mark.django_db
INDIA = ZoneInfo("Asia/Kolkata")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def india(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=INDIA).astimezone(UTC)


def test_a_31st_comes_back_to_the_31st_after_a_short_month() -> None:
    begun = india(2027, 1, 31, 0, 30)
    merchant = make_merchant(funds_paise=PRO_PAISE * 4, now=begun)
    choose(merchant, now=begun)

    ends = []
    for _ in range(3):
        ends.append(subscription_of(merchant).period_end)
        assert renew(ends[-1]) == 1

    # Half past midnight in India is the day before in UTC: the zone's calendar counts.
    assert ends == [india(2027, 2, 28, 0, 30), india(2027, 3, 31, 0, 30), india(2027, 4, 30, 0, 30)]
    assert purse(merchant) == 0


def test_a_zone_that_puts_its_clock_forward_renews_at_the_same_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 3, 15, 9, tzinfo=berlin)
    make_zone("BER", timezone="Europe/Berlin", now=begun)
    merchant = buyer(zone="BER", now=begun)

    choose(merchant, now=begun)

    assert subscription_of(merchant).period_end == datetime(2026, 4, 15, 9, tzinfo=berlin)


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)),  # noqa: DTZ001
    st.integers(0, 36),
)
def test_months_keep_the_day_or_give_the_last_of_a_shorter_one(at: datetime, months: int) -> None:
    begun = at.replace(tzinfo=INDIA)

    found = months_after(begun, months, "Asia/Kolkata").astimezone(INDIA)

    assert (found.year * 12 + found.month) - (begun.year * 12 + begun.month) == months
    assert found.time() == begun.time()
    is_last = (found + DAY).day == 1
    assert found.day == begun.day or (found.day < begun.day and is_last)


def test_a_month_is_charged_once_however_often_the_job_runs() -> None:
    merchant = buyer(months=3)
    choose(merchant)
    end = subscription_of(merchant).period_end

    assert [renew(end), renew(end), renew(end + DAY)] == [1, 0, 0]

    assert purse(merchant) == PRO_PAISE
    assert SubscriptionCharge.objects.count() == Journal.objects.filter(kind="subscription").count()
    assert subscription_of(merchant).period_start == end


def test_many_are_renewed_in_batches_and_one_who_cannot_pay_stops_nobody() -> None:
    merchants = [buyer(months=2 if n % 2 else 1) for n in range(5)]
    for merchant in merchants:
        choose(merchant)

    assert renew(subscription_of(merchants[0]).period_end) == 5

    states = [subscription_of(merchant).state for merchant in merchants]
    assert states == ["GRACE", "ACTIVE", "GRACE", "ACTIVE", "GRACE"]


def unpaid() -> tuple[Merchant, datetime]:
    """Return a merchant whose second month could not be paid, and when that was."""
    merchant = buyer()
    make_staff(merchant)
    choose(merchant)
    due = subscription_of(merchant).period_end
    renew(due)
    return merchant, due


def told(merchant: Merchant) -> list[str]:
    rows = InboxMessage.objects.filter(kind="merchant.plan", data__merchantId=str(merchant.pk))
    return list(rows.order_by("pk").values_list("title", flat=True))


def test_who_cannot_pay_keeps_everything_for_seven_days_and_is_told() -> None:
    merchant, due = unpaid()

    assert plan_of(merchant) == "PRO"
    assert subscription_of(merchant).grace_until == due + 7 * DAY
    for hours in range(0, 7 * 24, 6):
        assert renew(due + hours * HOUR) == 0

    assert plan_of(merchant) == "PRO"
    assert told(merchant) == [
        "Pro could not be renewed", "Pro ends in 3 days", "Pro ends in a day",
    ]  # fmt: skip


def test_money_within_the_grace_pays_the_month_from_the_day_it_was_due() -> None:
    merchant, due = unpaid()
    fund(merchant.pk, PRO_PAISE)

    assert renew(due + 3 * DAY) == 1

    found = subscription_of(merchant)
    assert (found.state, found.period_start, found.grace_until) == ("ACTIVE", due, None)
    assert found.period_end == months_after(NOON, 2, "Asia/Kolkata")
    assert purse(merchant) == 0


def test_an_owner_may_pay_the_owed_month_without_waiting_for_the_job() -> None:
    merchant, due = unpaid()
    fund(merchant.pk, PRO_PAISE)

    charge = choose(merchant, now=due + HOUR).charge

    assert charge is not None
    assert charge.period_start == due
    assert subscription_of(merchant).state == "ACTIVE"


def test_after_the_grace_the_merchant_is_on_basic_and_the_job_changes_nothing_more() -> None:
    merchant, due = unpaid()

    assert [renew(due + 7 * DAY - HOUR), renew(due + 7 * DAY), renew(due + 8 * DAY)] == [0, 1, 0]

    found = subscription_of(merchant)
    assert (found.state, found.ending, plan_of(merchant)) == ("ENDED", "UNPAID", "BASIC")
    assert told(merchant)[-1] == "Pro has ended"


def test_a_frozen_wallet_is_waited_for_like_an_empty_one() -> None:
    merchant = buyer(months=2)
    choose(merchant)
    services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="x", now=NOON)

    renew(subscription_of(merchant).period_end)

    assert (subscription_of(merchant).state, purse(merchant)) == ("GRACE", PRO_PAISE)


def test_a_suspended_merchant_is_not_charged_and_a_closed_one_has_no_plan() -> None:
    suspended, closed = buyer(months=2), buyer(months=2)
    for merchant, act in ((suspended, services.suspend), (closed, services.close)):
        choose(merchant)
        act(merchant_id=merchant.pk, actor_id=None, reason="x", now=NOON)

    renew(subscription_of(suspended).period_end)

    assert [purse(suspended), purse(closed)] == [PRO_PAISE, PRO_PAISE]
    assert subscription_of(suspended).state == "GRACE"
    assert subscription_of(closed).ending == "NOT_ACTIVE"


def test_a_job_that_was_down_takes_no_day_of_the_grace_away() -> None:
    merchant = buyer()
    choose(merchant)
    late = subscription_of(merchant).period_end + 20 * DAY

    renew(late)

    assert subscription_of(merchant).grace_until == late + 7 * DAY


def test_a_choice_after_the_month_is_over_finds_it_renewed_whatever_the_job_does() -> None:
    merchant = make_merchant(funds_paise=PRO_PAISE * 2 + 5_900_00)
    choose(merchant)
    due = subscription_of(merchant).period_end
    agree(merchant)

    choose(merchant, "ENTERPRISE", now=due + HOUR)

    starts = SubscriptionCharge.objects.order_by("charged_at", "period_start")
    assert list(starts.values_list("plan", "period_start")) == [
        ("PRO", NOON), ("PRO", due), ("ENTERPRISE", due + HOUR),
    ]  # fmt: skip


def test_the_task_says_how_many_it_dealt_with() -> None:
    begun = timezone.now() - 40 * DAY
    merchant = buyer(months=2, now=begun)
    choose(merchant, now=begun)

    assert renew_subscriptions() == 1
