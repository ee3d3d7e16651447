"""What the database refuses about plans and what is paid for them, whoever writes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from apps.merchants.models import (
    AgreedPrice,
    PlanFeature,
    PlanPrice,
    Subscription,
    SubscriptionCharge,
    SubscriptionRefund,
)
from tests.merchants.making import NOON
from tests.merchants.planning import buyer, charge_of, choose, make_merchant, subscription_of

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=31)


def subscription(**changes: object) -> Subscription:
    facts: dict[str, object] = {
        "plan": "PRO",
        "renews_as": "PRO",
        "anchor_at": NOON,
        "period_start": NOON,
        "period_end": NOON + MONTH,
        "started_at": NOON,
    }
    if "merchant" not in changes:
        facts["merchant"] = make_merchant()
    return Subscription.objects.create(**facts | changes)


def charge(**changes: object) -> SubscriptionCharge:
    facts: dict[str, object] = {
        "plan": "PRO",
        "period_start": NOON,
        "period_end": NOON + MONTH,
        "price_paise": 999_00,
        "gst_bps": 1800,
        "cgst_paise": 89_91,
        "sgst_paise": 89_91,
        "igst_paise": 0,
        "journal_id": uuid4(),
        "charged_at": NOON,
    }
    if "subscription" not in changes:
        facts["subscription"] = subscription()
    return SubscriptionCharge.objects.create(**facts | changes)


def refund(**changes: object) -> SubscriptionRefund:
    facts: dict[str, object] = {
        "charge": charge(),
        "why": "DESK",
        "amount_paise": 100_00,
        "cgst_paise": 9_00,
        "sgst_paise": 9_00,
        "igst_paise": 0,
        "journal_id": uuid4(),
        "refunded_at": NOON,
        "refunded_by": uuid4(),
        "reason": "x",
    }
    return SubscriptionRefund.objects.create(**facts | changes)


def feature(**changes: object) -> PlanFeature:
    PlanFeature.objects.filter(plan="BASIC").delete()
    facts: dict[str, object] = {"plan": "BASIC", "feature": "outlets", "most": 1}
    return PlanFeature.objects.create(**facts | changes)


def listed(**changes: object) -> PlanPrice:
    facts = {"plan": "PRO", "effective_from": NOON, "price_paise": 999_00, "reason": "x"}
    return PlanPrice.objects.create(**facts | changes)


def agreed(**changes: object) -> AgreedPrice:
    facts: dict[str, object] = {
        "merchant": make_merchant(),
        "effective_from": NOON,
        "price_paise": 5_000_00,
        "set_by": uuid4(),
        "reason": "x",
    }
    return AgreedPrice.objects.create(**facts | changes)


MAKERS = {
    "subscription": subscription,
    "charge": charge,
    "refund": refund,
    "feature": feature,
    "listed": listed,
    "agreed": agreed,
}


@pytest.mark.parametrize(
    ("row", "name", "changes"),
    [
        ("feature", "merchants_plan_feature_known", {"plan": "GOLD"}),
        ("feature", "merchants_plan_feature_known", {"feature": "cake"}),
        ("feature", "merchants_plan_feature_percent", {"feature": "boost_discount", "most": None}),
        ("feature", "merchants_plan_feature_percent", {"feature": "boost_discount", "most": 101}),
        ("listed", "merchants_plan_price_listed", {"plan": "BASIC"}),
        ("listed", "merchants_plan_price_listed", {"price_paise": 99}),
        ("listed", "merchants_plan_price_listed", {"plan": "ENTERPRISE"}),
        ("listed", "merchants_plan_price_in_range", {"gst_bps": 10_001}),
        ("agreed", "merchants_agreed_price_in_range", {"price_paise": 99}),
        ("subscription", "merchants_subscription_plan_known", {"plan": "BASIC"}),
        ("subscription", "merchants_subscription_plan_known", {"renews_as": "GOLD"}),
        ("subscription", "merchants_subscription_period_in_order", {"period_end": NOON}),
        ("subscription", "merchants_subscription_period_in_order", {"months": 0}),
        ("subscription", "merchants_subscription_state_whole", {"state": "GRACE"}),
        ("subscription", "merchants_subscription_state_whole", {"state": "ENDED"}),
        ("subscription", "merchants_subscription_state_whole", {"grace_until": NOON + 2 * MONTH}),
        ("subscription", "merchants_subscription_state_whole", {"ending": "DESK"}),
        ("charge", "merchants_charge_in_range", {"price_paise": 0}),
        ("charge", "merchants_charge_in_range", {"period_end": NOON}),
        ("charge", "merchants_charge_in_range", {"plan": "BASIC"}),
        ("charge", "merchants_charge_tax", {"cgst_paise": 89_90}),
        ("charge", "merchants_charge_tax", {"igst_paise": 1}),
        ("charge", "merchants_charge_tax", {"cgst_paise": -1, "sgst_paise": -1}),
        ("refund", "merchants_refund_positive", {"amount_paise": 0}),
        ("refund", "merchants_refund_tax", {"sgst_paise": 8_99}),
        ("refund", "merchants_refund_desk_says_why", {"reason": ""}),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(
    row: str, name: str, changes: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MAKERS[row](**changes)


def test_what_is_once_is_once() -> None:
    sold = charge(charged_by=uuid4(), request_key="k")
    offer, price = agreed(), listed()
    twins: list[tuple[str, str, dict[str, object]]] = [
        (
            "merchants_subscription_live_once",
            "subscription",
            {"merchant": sold.subscription.merchant},
        ),
        ("merchants_charge_once_a_period", "charge", {"subscription": sold.subscription}),
        (
            "merchants_charge_request_once",
            "charge",
            {"charged_by": sold.charged_by, "request_key": "k"},
        ),
        ("journal_id", "charge", {"journal_id": sold.journal_id}),
        ("merchants_agreed_price_once_for_an_instant", "agreed", {"merchant": offer.merchant}),
        (
            "merchants_plan_price_once_for_an_instant",
            "listed",
            {"effective_from": price.effective_from},
        ),
    ]

    for name, row, changes in twins:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            MAKERS[row](**changes)
    feature()
    with pytest.raises(IntegrityError, match="merchants_plan_feature_once"), transaction.atomic():
        PlanFeature.objects.create(plan="BASIC", feature="outlets", most=2)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("merchants_plan_price_append_only", "listed"),
        ("merchants_agreed_price_append_only", "agreed"),
        ("merchants_charge_append_only", "charge"),
        ("merchants_refund_append_only", "refund"),
    ],
)
def test_what_was_priced_paid_and_returned_is_never_rewritten(name: str, row: str) -> None:
    made: Model = MAKERS[row]()

    for act in (made.save, made.delete):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            act()


def test_a_subscription_that_is_over_stays_over_and_none_is_deleted() -> None:
    over = subscription(state="ENDED", ended_at=NOON, ending="DESK")

    with (
        pytest.raises(IntegrityError, match="merchants_subscription_over_is_over"),
        transaction.atomic(),
    ):
        Subscription.objects.filter(pk=over.pk).update(state="ACTIVE", ended_at=None, ending="")
    with (
        pytest.raises(IntegrityError, match="merchants_subscription_never_deleted"),
        transaction.atomic(),
    ):
        over.delete()


def test_a_paid_month_has_one_journal_of_its_sum() -> None:
    merchant = buyer()

    sold = charge_of(choose(merchant))

    assert sold.subscription == subscription_of(merchant)
    assert sold.total_paise == 1_178_82
