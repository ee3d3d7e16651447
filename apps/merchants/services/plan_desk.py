"""What operators do about plans: what they cost and unlock, and what went wrong with one."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import selectors
from apps.merchants.errors import NoSubscription, PlanTermsInvalid, UnknownCharge
from apps.merchants.models import (
    AgreedPrice,
    Feature,
    Merchant,
    PlanFeature,
    PlanPrice,
    Subscription,
    SubscriptionCharge,
    SubscriptionRefund,
)
from apps.merchants.services import businesses, paying, renewals
from apps.merchants.services.reasons import require
from uma.kernel.money import rupees

WHOLE = 100
LEAST_PRICE_PAISE, MOST_PRICE_PAISE = 1_00, 10_00_000_00


@transaction.atomic
def set_plan_price(
    *,
    plan: str,
    price_paise: int,
    effective_from: datetime,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> PlanPrice:
    """
    Set what a month of Pro costs from an instant on; months that are paid keep their price.

    Raises:
        ReasonRequired, PlanTermsInvalid
    """
    require(reason)
    if plan != Merchant.Plan.PRO:
        raise PlanTermsInvalid("Basic is free, and Enterprise is agreed with each business.")
    _check_price(price_paise, effective_from, now=now)
    if PlanPrice.objects.filter(plan=plan, effective_from=effective_from).exists():
        raise PlanTermsInvalid("The plan has a price from that instant on already.")
    before = selectors.price_of(plan=plan, merchant_id=None, at=effective_from)
    made = PlanPrice.objects.create(
        plan=plan,
        effective_from=effective_from,
        price_paise=price_paise,
        set_by=actor_id,
        reason=reason,
    )
    accounts.record(
        action="plan.price-set",
        object_type="plan",
        object_id=plan,
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"price": rupees(before.price_paise)} if before else None,
        after={"price": rupees(price_paise), "from": effective_from.isoformat()},
    )
    return made


@transaction.atomic
def agree_price(
    *,
    merchant_id: UUID,
    price_paise: int,
    effective_from: datetime,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> AgreedPrice:
    """
    Offer a merchant Enterprise at a price from an instant on; its owner accepts by choosing it.

    Raises:
        ReasonRequired, PlanTermsInvalid, UnknownMerchant
    """
    require(reason)
    merchant = businesses.lock(merchant_id)
    _check_price(price_paise, effective_from, now=now)
    agreed = AgreedPrice.objects.filter(merchant=merchant, effective_from=effective_from)
    if agreed.exists():
        raise PlanTermsInvalid("A price is agreed from that instant on already.")
    before = selectors.price_of(
        plan=Merchant.Plan.ENTERPRISE, merchant_id=merchant_id, at=effective_from
    )
    made = AgreedPrice.objects.create(
        merchant=merchant,
        effective_from=effective_from,
        price_paise=price_paise,
        set_by=actor_id,
        reason=reason,
    )
    accounts.record(
        action="plan.price-agreed",
        object_type="merchant",
        object_id=str(merchant_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"price": rupees(before.price_paise)} if before else None,
        after={"price": rupees(price_paise), "from": effective_from.isoformat()},
    )
    return made


@transaction.atomic
def set_plan_feature(
    *,
    plan: str,
    feature: str,
    most: int | None,
    actor_id: UUID,
    reason: str,
    now: datetime,
) -> PlanFeature:
    """
    Set how much of a feature a plan unlocks, at once; None is without a limit, nought is none.

    Raises:
        ReasonRequired, PlanTermsInvalid
    """
    require(reason)
    if most is not None and most < 0:
        raise PlanTermsInvalid("A limit is not negative.")
    if feature == Feature.BOOST_DISCOUNT and (most is None or most > WHOLE):
        raise PlanTermsInvalid("A discount is 0 to 100 percent.")
    row = PlanFeature.objects.select_for_update(no_key=True).get(plan=plan, feature=feature)
    before, row.most = row.most, most
    row.save(update_fields=["most"])
    accounts.record(
        action="plan.feature-set",
        object_type="plan_feature",
        object_id=str(row.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"plan": plan, "feature": feature, "most": before},
        after={"plan": plan, "feature": feature, "most": most},
    )
    return row


@transaction.atomic(durable=True)
def refund_charge(
    *, charge_id: UUID, amount_paise: int, actor_id: UUID, reason: str, now: datetime
) -> SubscriptionRefund:
    """
    Return a part of a paid month, before tax, with the tax on it; the plan goes on as it is.

    Raises:
        ReasonRequired, UnknownCharge, RefundTooMuch
    """
    require(reason)
    charge = SubscriptionCharge.objects.select_related("subscription").filter(pk=charge_id).first()
    if charge is None:
        raise UnknownCharge
    # Of two refunds at once the second counts the first.
    merchant = businesses.lock(charge.subscription.merchant_id)
    made = paying.refund(
        charge,
        amount_paise,
        why=SubscriptionRefund.Why.DESK,
        merchant=merchant,
        actor_id=actor_id,
        reason=reason,
        now=now,
    )
    accounts.record(
        action="plan.refunded",
        object_type="subscription_charge",
        object_id=str(charge_id),
        actor_id=actor_id,
        at=now,
        reason=reason,
        after={
            "amount": rupees(made.amount_paise),
            "with_tax": rupees(made.total_paise),
            "merchant": str(merchant.pk),
        },
    )
    return made


@transaction.atomic
def end_subscription(
    *, subscription_id: UUID, actor_id: UUID, reason: str, now: datetime
) -> Subscription:
    """
    End a subscription at once; what was paid stays paid unless it is refunded.

    Raises:
        ReasonRequired, NoSubscription
    """
    require(reason)
    found = Subscription.objects.filter(pk=subscription_id).first()
    if found is None:
        raise NoSubscription
    merchant = businesses.lock(found.merchant_id)
    found.refresh_from_db()
    if found.state == Subscription.State.ENDED:
        raise NoSubscription("It has ended already.")
    renewals.end_locked(
        found,
        merchant,
        ending=Subscription.Ending.DESK,
        actor_id=actor_id,
        reason=reason,
        now=now,
    )
    return found


def _check_price(price_paise: int, effective_from: datetime, *, now: datetime) -> None:
    if not LEAST_PRICE_PAISE <= price_paise <= MOST_PRICE_PAISE:
        raise PlanTermsInvalid(
            f"A month costs {rupees(LEAST_PRICE_PAISE)} to {rupees(MOST_PRICE_PAISE)} rupees."
        )
    if effective_from < now:
        raise PlanTermsInvalid("A price is not changed in the past.")
