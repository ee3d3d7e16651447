"""Choosing, cancelling and undoing a plan, and what each costs to the paisa."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.merchants import selectors, services
from apps.merchants.errors import (
    AlreadyOnPlan,
    MerchantNotActive,
    NoSubscription,
    PlanLimitReached,
    PlanNotOffered,
    PlanTermsInvalid,
    RefundTooMuch,
    UndoOver,
)
from apps.merchants.models import Feature, PlanFeature, SubscriptionCharge
from apps.merchants.pricing import Bill, bill, part_back, share
from apps.wallet.errors import InsufficientFunds, WalletFrozen
from tests.factories import fund, make_staff, request_key
from tests.merchants.making import MANIPAL, NOON, make_zone
from tests.merchants.planning import (
    PRO_PAISE,
    agree,
    buyer,
    charge_of,
    choose,
    income,
    make_merchant,
    plan_of,
    purse,
    renew,
    subscription_of,
)
from uma.kernel.gst import Gst
from uma.kernel.http.errors import IdempotencyKeyReused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_pro_costs_what_the_worked_entry_says_and_holds_at_once() -> None:
    merchant = buyer()

    charge = charge_of(choose(merchant))

    assert (charge.price_paise, charge.cgst_paise, charge.sgst_paise) == (999_00, 89_91, 89_91)
    assert purse(merchant) == 0
    assert [income(name) for name in ("subscription", "gst_cgst", "gst_sgst")] == [
        999_00, 89_91, 89_91,
    ]  # fmt: skip
    assert plan_of(merchant) == "PRO"
    assert subscription_of(merchant).renews


def test_between_two_states_the_tax_is_integrated() -> None:
    make_zone("BLR", platform_state_code="27")
    merchant = buyer(zone="BLR")

    charge = charge_of(choose(merchant))

    assert (charge.cgst_paise, charge.sgst_paise, charge.igst_paise) == (0, 0, 179_82)
    assert income("gst_igst", "BLR") == 179_82
    assert purse(merchant) == 0


def test_whoever_cannot_pay_stays_on_basic_and_nothing_is_written() -> None:
    merchant = make_merchant(funds_paise=PRO_PAISE - 1)

    with pytest.raises(InsufficientFunds):
        choose(merchant)

    assert plan_of(merchant) == "BASIC"
    assert not merchant.subscriptions.exists()
    assert purse(merchant) == PRO_PAISE - 1


def test_a_frozen_wallet_buys_nothing() -> None:
    merchant = buyer()
    services.freeze_wallet(merchant_id=merchant.pk, actor_id=None, reason="x", now=NOON)

    with pytest.raises(WalletFrozen):
        choose(merchant)


def test_a_merchant_that_may_not_sell_buys_no_plan() -> None:
    merchant = make_merchant(active=False, funds_paise=PRO_PAISE)

    with pytest.raises(MerchantNotActive):
        choose(merchant)


def test_the_same_request_is_answered_by_the_same_month_and_another_body_is_refused() -> None:
    merchant, actor = buyer(months=2), uuid4()
    first = choose(merchant, key=request_key("k"), actor_id=actor)

    again = choose(merchant, key=request_key("k"), actor_id=actor, now=NOON + DAY)

    assert again.replayed
    assert charge_of(again).pk == charge_of(first).pk
    assert purse(merchant) == PRO_PAISE
    with pytest.raises(IdempotencyKeyReused):
        choose(merchant, key=request_key("k", body=b"two"), actor_id=actor)


def test_a_plan_that_runs_is_not_bought_twice() -> None:
    merchant = buyer(months=2)
    choose(merchant)

    with pytest.raises(AlreadyOnPlan):
        choose(merchant)
    with pytest.raises(AlreadyOnPlan):
        choose(make_merchant(), "BASIC")

    assert purse(merchant) == PRO_PAISE


def test_a_cancelled_plan_stays_until_the_month_is_over_and_can_be_taken_up_again() -> None:
    merchant = buyer(months=2)
    choose(merchant)
    services.cancel_plan(merchant_id=merchant.pk, actor_id=uuid4(), now=NOON)
    services.cancel_plan(merchant_id=merchant.pk, actor_id=uuid4(), now=NOON)
    assert plan_of(merchant) == "PRO"

    resumed = choose(merchant, now=NOON + DAY)

    assert resumed.charge is None
    assert subscription_of(merchant).renews
    assert purse(merchant) == PRO_PAISE


def test_a_cancelled_plan_ends_with_its_month_and_costs_no_other() -> None:
    merchant = buyer(months=2)
    choose(merchant)
    choose(merchant, "BASIC")

    end = subscription_of(merchant).period_end
    assert renew(end - timedelta(seconds=1)) == 0
    assert renew(end) == 1

    found = subscription_of(merchant)
    assert (found.state, found.ending, plan_of(merchant)) == ("ENDED", "CANCELLED", "BASIC")
    assert purse(merchant) == PRO_PAISE


def test_nothing_that_runs_is_nothing_to_cancel_or_undo() -> None:
    merchant = make_merchant()

    with pytest.raises(NoSubscription):
        services.cancel_plan(merchant_id=merchant.pk, actor_id=uuid4(), now=NOON)
    with pytest.raises(NoSubscription):
        services.undo_plan(merchant_id=merchant.pk, actor_id=uuid4(), now=NOON)


def test_a_first_month_goes_back_in_full_within_a_day_and_once_a_year() -> None:
    merchant = buyer()
    choose(merchant)

    services.undo_plan(merchant_id=merchant.pk, actor_id=uuid4(), now=NOON + DAY)

    assert (purse(merchant), plan_of(merchant)) == (PRO_PAISE, "BASIC")
    assert [income(name) for name in ("subscription", "gst_cgst", "gst_sgst")] == [0, 0, 0]
    choose(merchant, now=NOON + DAY)
    with pytest.raises(UndoOver):
        services.undo_plan(merchant_id=merchant.pk, actor_id=uuid4(), now=NOON + DAY)


def test_a_month_that_is_older_than_a_day_is_not_undone() -> None:
    merchant = buyer()
    choose(merchant)

    with pytest.raises(UndoOver):
        services.undo_plan(
            merchant_id=merchant.pk, actor_id=uuid4(), now=NOON + DAY + timedelta(seconds=1)
        )


def test_enterprise_is_bought_at_the_price_that_was_agreed_with_this_merchant() -> None:
    merchant, other = make_merchant(funds_paise=1_00_000_00), make_merchant("Other")
    with pytest.raises(PlanNotOffered):
        choose(merchant, "ENTERPRISE")
    agree(merchant)

    charge = charge_of(choose(merchant, "ENTERPRISE"))

    assert (charge.price_paise, plan_of(merchant)) == (5_000_00, "ENTERPRISE")
    with pytest.raises(PlanNotOffered):
        choose(other, "ENTERPRISE")


def test_an_upgrade_returns_the_days_that_were_not_used() -> None:
    merchant = make_merchant(funds_paise=PRO_PAISE + 5_900_00)
    choose(merchant)
    agree(merchant)

    # 2 March to 2 April has 31 days; 21 of them are whole and ahead.
    charge = charge_of(choose(merchant, "ENTERPRISE", now=NOON + 9 * DAY + timedelta(hours=1)))

    back = share(999_00, part=21, whole=31)
    tax = bill(back, gst_bps=1800, inter_state=False).tax.total_paise
    assert charge.period_start == NOON + 9 * DAY + timedelta(hours=1)
    assert purse(merchant) == back + tax
    assert plan_of(merchant) == "ENTERPRISE"


def test_a_smaller_plan_follows_the_month_that_is_paid() -> None:
    merchant = make_merchant(funds_paise=5_900_00 + PRO_PAISE)
    agree(merchant)
    choose(merchant, "ENTERPRISE")

    assert choose(merchant, "PRO").charge is None
    assert plan_of(merchant) == "ENTERPRISE"
    renew(subscription_of(merchant).period_end)

    assert (plan_of(merchant), purse(merchant)) == ("PRO", 0)


def test_a_price_holds_for_the_months_that_begin_under_it() -> None:
    merchant = make_merchant(funds_paise=5_000_00)
    choose(merchant)
    services.set_plan_price(
        plan="PRO", price_paise=1_500_00, effective_from=NOON + 10 * DAY, actor_id=uuid4(),
        reason="dearer", now=NOON,
    )  # fmt: skip

    renew(subscription_of(merchant).period_end)

    prices = SubscriptionCharge.objects.order_by("charged_at").values_list("price_paise", flat=True)
    assert list(prices) == [999_00, 1_500_00]


@pytest.mark.parametrize(
    ("price", "days"), [(0, 1), (10_00_000_01, 1), (999_00, -1)], ids=["free", "high", "past"]
)
def test_a_price_that_cannot_be_is_refused(price: int, days: int) -> None:
    with pytest.raises(PlanTermsInvalid):
        services.set_plan_price(
            plan="PRO", price_paise=price, effective_from=NOON + days * DAY, actor_id=uuid4(),
            reason="x", now=NOON,
        )  # fmt: skip


def test_parts_of_a_month_go_back_and_never_more_than_was_paid() -> None:
    merchant = buyer()
    charge = charge_of(choose(merchant))

    def refund(paise: int) -> None:
        services.refund_charge(
            charge_id=charge.pk, amount_paise=paise, actor_id=uuid4(), reason="a day", now=NOON
        )

    # Rounding up each time would return a paisa more tax than was taken.
    for paise in (50, 50, 999_00 - 100):
        refund(paise)

    assert purse(merchant) == PRO_PAISE
    for paise in (1, 0):
        with pytest.raises(RefundTooMuch):
            refund(paise)
    assert plan_of(merchant) == "PRO"


@given(
    base=st.integers(1, 10_00_000_00),
    cuts=st.lists(st.integers(1, 10_00_000_00), max_size=6),
    inter_state=st.booleans(),
)
def test_parts_return_all_of_the_tax_and_no_more(
    base: int, cuts: list[int], *, inter_state: bool
) -> None:
    sold = bill(base, gst_bps=1800, inter_state=inter_state)
    back = Bill(0, Gst())
    for cut in [*cuts, base]:
        left = base - back.base_paise
        if not left:
            break
        part = part_back(sold, back, min(cut, left), gst_bps=1800)
        tax = Gst(
            back.tax.cgst_paise + part.tax.cgst_paise,
            back.tax.sgst_paise + part.tax.sgst_paise,
            back.tax.igst_paise + part.tax.igst_paise,
        )
        back = Bill(back.base_paise + part.base_paise, tax)
        assert tax.cgst_paise == tax.sgst_paise

    assert back == sold


def test_a_plan_unlocks_what_its_rows_say() -> None:
    merchant = make_merchant()
    assert selectors.plan_limit(merchant_id=merchant.pk, feature="outlets") == 3
    assert not selectors.plan_allows(merchant_id=merchant.pk, feature="experiments")

    services.set_plan_feature(
        plan="BASIC", feature="experiments", most=None, actor_id=uuid4(), reason="a trial", now=NOON
    )

    assert selectors.plan_allows(merchant_id=merchant.pk, feature="experiments")


def test_what_has_no_row_is_not_unlocked() -> None:
    PlanFeature.objects.filter(plan="BASIC", feature="outlets").delete()

    assert selectors.limits_of(plan="BASIC")[Feature.OUTLETS] == 0


def test_the_fourth_outlet_needs_pro_and_the_refusal_says_so() -> None:
    merchant = make_merchant(funds_paise=PRO_PAISE)
    owner = make_staff(merchant)

    def open_one() -> None:
        services.open_outlet(
            merchant_id=merchant.pk, actor_id=owner, name="Hill", category="cafe", address="x",
            location=MANIPAL, now=NOON,
        )  # fmt: skip

    for _ in range(3):
        open_one()
    with pytest.raises(PlanLimitReached) as refusal:
        open_one()
    choose(merchant)
    open_one()

    assert refusal.value.extra == {
        "feature": "outlets", "limit": 3, "plan": "basic", "plan_needed": "pro",
    }  # fmt: skip


def test_money_that_comes_is_not_taken_by_a_plan_that_has_ended() -> None:
    merchant = buyer()
    choose(merchant)
    services.end_subscription(
        subscription_id=subscription_of(merchant).pk, actor_id=uuid4(), reason="asked", now=NOON
    )
    fund(merchant.pk, PRO_PAISE)

    assert renew(NOON + 60 * DAY) == 0
    assert (purse(merchant), plan_of(merchant)) == (PRO_PAISE, "BASIC")
