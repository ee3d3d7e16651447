"""Plans bought and renewed at the same moment; each lock with the control that needs it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from apps.merchants import pricing, services
from apps.merchants.models import Merchant, Outlet, SubscriptionCharge
from apps.merchants.services import businesses, outlets, paying, renewals
from tests.concurrency.meeting import at_once, paused
from tests.factories import make_outlet, request_key
from tests.merchants.making import MANIPAL, NOON
from tests.merchants.planning import (
    PRO_PAISE,
    buyer,
    charge_of,
    choose,
    make_merchant,
    purse,
    subscription_of,
)
from uma.kernel.http.idempotency import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def slow_charge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "charge", paused(paying.charge))


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(merchant_id: UUID) -> Merchant:
        return Merchant.objects.get(pk=merchant_id)

    monkeypatch.setattr(businesses, "lock", read)


def buying(
    merchant: Merchant, key: IdempotencyKey | None = None, actor: UUID | None = None
) -> Callable[[], str]:
    def buy() -> str:
        chosen = choose(merchant, key=key, actor_id=actor)
        return "replayed" if chosen.replayed else "bought"

    return buy


def test_a_plan_bought_by_eight_at_once_is_paid_once() -> None:
    merchant = buyer(months=8)

    outcomes = at_once(*[buying(merchant)] * 8)

    assert sorted(map(str, outcomes)) == ["AlreadyOnPlan"] * 7 + ["bought"]
    assert purse(merchant) == PRO_PAISE * 7


@pytest.mark.usefixtures("unlocked")
def test_without_the_lock_the_second_purchase_runs_into_the_constraint() -> None:
    merchant = buyer(months=2)

    outcomes = at_once(*[buying(merchant)] * 2)

    assert sorted(map(str, outcomes)) == ["IntegrityError", "bought"]
    assert purse(merchant) == PRO_PAISE


def test_one_request_sent_twice_at_once_is_one_month_and_twice_the_same_answer() -> None:
    merchant, actor, key = buyer(months=2), uuid4(), request_key("twins")

    outcomes = at_once(*[buying(merchant, key, actor)] * 2)

    assert sorted(map(str, outcomes)) == ["bought", "replayed"]


def renewing(merchant: Merchant) -> Callable[[], bool]:
    found = subscription_of(merchant)
    return lambda: renewals.renew(subscription_id=found.pk, now=found.period_end)


def test_two_jobs_at_one_month_charge_it_once() -> None:
    merchant = buyer(months=3)
    choose(merchant)

    outcomes = at_once(*[renewing(merchant)] * 2)

    assert sorted(map(str, outcomes)) == ["False", "True"]
    assert purse(merchant) == PRO_PAISE


@pytest.mark.usefixtures("unlocked")
def test_without_the_lock_the_ledger_takes_the_month_once() -> None:
    merchant = buyer(months=3)
    choose(merchant)

    outcomes = at_once(*[renewing(merchant)] * 2)

    assert sorted(map(str, outcomes)) == ["AlreadyPosted", "True"]
    assert purse(merchant) == PRO_PAISE


def test_a_cancellation_and_a_renewal_at_once_are_one_of_the_two() -> None:
    merchant = buyer(months=2)
    choose(merchant)
    found = subscription_of(merchant)

    def cancel() -> str:
        services.cancel_plan(
            merchant_id=merchant.pk, actor_id=uuid4(), now=found.period_end - timedelta(seconds=1)
        )
        return "cancelled"

    at_once(cancel, renewing(merchant))

    after = subscription_of(merchant)
    months = SubscriptionCharge.objects.count()
    assert (after.state, after.renews_as, months) in {
        ("ENDED", "BASIC", 1),
        ("ACTIVE", "BASIC", 2),
    }


def refunding(merchant: Merchant) -> Callable[[], str]:
    charge = charge_of(choose(merchant))

    def refund() -> str:
        services.refund_charge(
            charge_id=charge.pk, amount_paise=600_00, actor_id=uuid4(), reason="x", now=NOON
        )
        return "returned"

    return refund


def test_two_refunds_at_once_return_no_more_than_was_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = buyer()
    refund = refunding(merchant)
    monkeypatch.setattr(paying, "refund_legs", paused(pricing.refund_legs))

    assert sorted(map(str, at_once(refund, refund))) == ["RefundTooMuch", "returned"]


@pytest.mark.usefixtures("unlocked")
def test_without_the_lock_the_ledger_limits_two_refunds(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = buyer()
    refund = refunding(merchant)
    monkeypatch.setattr(paying, "refund_legs", paused(pricing.refund_legs))

    assert sorted(map(str, at_once(refund, refund))) == ["PostingNotAllowed", "returned"]


def opening(merchant: Merchant) -> Callable[[], str]:
    def open_one() -> str:
        services.open_outlet(
            merchant_id=merchant.pk, actor_id=uuid4(), name="Hill", category="cafe", address="x",
            location=MANIPAL, now=NOON,
        )  # fmt: skip
        return "opened"

    return open_one


def race_for_the_last_outlet(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    merchant = make_merchant()
    make_outlet(merchant)
    make_outlet(merchant, "Second")
    monkeypatch.setattr(outlets, "add_outlet", paused(outlets.add_outlet))
    ended = sorted(map(str, at_once(opening(merchant), opening(merchant))))
    return ended, Outlet.objects.filter(merchant=merchant).count()


def test_the_last_outlet_of_a_plan_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert race_for_the_last_outlet(monkeypatch) == (["PlanLimitReached", "opened"], 3)


@pytest.mark.usefixtures("unlocked")
def test_without_the_lock_a_plan_would_hold_one_outlet_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert race_for_the_last_outlet(monkeypatch) == (["opened", "opened"], 4)
