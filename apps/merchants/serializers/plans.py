"""Plans on the wire: what there is, what one's own business has, and a choice."""

from collections.abc import Mapping
from datetime import datetime

from rest_framework import serializers

from apps.merchants.models import Feature, Merchant, Subscription, SubscriptionCharge
from apps.merchants.pricing import bill
from apps.merchants.selectors import PlanOffer
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

NAMES = [plan.lower() for plan in Merchant.Plan.values]
_BPS_PER_PERCENT = 100


class LimitsFields(serializers.Serializer[object]):
    """How much of each feature: nought is none, null is without a limit."""

    outlets = serializers.IntegerField(allow_null=True)
    live_campaigns = serializers.IntegerField(allow_null=True)
    api_keys = serializers.IntegerField(allow_null=True)
    staff = serializers.IntegerField(allow_null=True)
    experiments = serializers.IntegerField(allow_null=True)
    webhooks = serializers.IntegerField(allow_null=True)
    analytics_days = serializers.IntegerField(allow_null=True)
    boost_discount = serializers.IntegerField(help_text="Percent off a boost.")


class PlanResponse(serializers.Serializer[object]):
    plan = serializers.ChoiceField(choices=NAMES)
    price = RupeesField(
        allow_null=True, help_text="A month before GST; null: it is agreed with each business."
    )
    gst_percent = serializers.FloatField(allow_null=True)
    limits = LimitsFields()


class PlanOfferResponse(PlanResponse):
    total = RupeesField(allow_null=True, help_text="A month with GST, by the states of both.")


class SubscriptionFields(serializers.Serializer[object]):
    id = serializers.UUIDField()
    plan = serializers.ChoiceField(choices=NAMES)
    state = serializers.ChoiceField(choices=["active", "grace"])
    renews_as = serializers.ChoiceField(
        choices=NAMES, help_text="What follows the month; basic: the plan ends."
    )
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    grace_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when the month can still be paid."
    )


class UsedFields(serializers.Serializer[object]):
    outlets = serializers.IntegerField()
    api_keys = serializers.IntegerField()
    staff = serializers.IntegerField()


class MerchantPlanResponse(serializers.Serializer[object]):
    plan = serializers.ChoiceField(choices=NAMES)
    limits = LimitsFields()
    used = UsedFields()
    subscription = SubscriptionFields(allow_null=True)
    plans = PlanOfferResponse(many=True)


class ChoosePlanRequest(StrictSerializer[object]):
    plan = serializers.ChoiceField(choices=NAMES)


class ChargeFields(serializers.Serializer[object]):
    id = serializers.UUIDField()
    plan = serializers.ChoiceField(choices=NAMES)
    price = RupeesField()
    gst = RupeesField()
    total = RupeesField()
    period_start = serializers.DateTimeField()
    period_end = serializers.DateTimeField()
    charged_at = serializers.DateTimeField()


class PaidMonthResponse(ChargeFields):
    refunded = RupeesField(help_text="What of it went back, with GST.")


class ChosenResponse(serializers.Serializer[object]):
    plan = serializers.ChoiceField(choices=NAMES)
    charge = ChargeFields(
        allow_null=True, help_text="The month that was paid now; null when nothing was."
    )


class RefundResponse(serializers.Serializer[object]):
    refunded = RupeesField(help_text="What went back to the wallet, with GST.")


def plan_response(offer: PlanOffer) -> dict[str, object]:
    """Return a plan as everybody sees it."""
    price = offer.price
    return {
        "plan": offer.plan.lower(),
        "price": None if price is None else rupees(price.price_paise),
        "gst_percent": None if price is None else price.gst_bps / _BPS_PER_PERCENT,
        "limits": _limits(offer.limits),
    }


def merchant_plan_response(
    merchant: Merchant,
    *,
    offers: list[PlanOffer],
    used: Mapping[Feature, int],
    subscription: Subscription | None,
) -> dict[str, object]:
    """Return what a business has of its plan, and what the others would cost it."""
    inter_state = merchant.zone.platform_state_code != merchant.state_code
    own = next(offer for offer in offers if offer.plan == merchant.plan)
    return {
        "plan": merchant.plan.lower(),
        "limits": _limits(own.limits),
        "used": {feature.value: count for feature, count in used.items()},
        "subscription": None if subscription is None else _subscription(subscription),
        "plans": [plan_response(offer) | {"total": _total(offer, inter_state)} for offer in offers],
    }


def charge_response(charge: SubscriptionCharge) -> dict[str, object]:
    """Return one paid month."""
    return {
        "id": charge.pk,
        "plan": charge.plan.lower(),
        "price": rupees(charge.price_paise),
        "gst": rupees(charge.total_paise - charge.price_paise),
        "total": rupees(charge.total_paise),
        "period_start": charge.period_start,
        "period_end": charge.period_end,
        "charged_at": charge.charged_at,
    }


def paid_month_response(charge: SubscriptionCharge) -> dict[str, object]:
    """Return one paid month with what of it went back."""
    back = sum(refund.total_paise for refund in charge.refunds.all())
    return charge_response(charge) | {"refunded": rupees(back)}


def _subscription(found: Subscription) -> dict[str, object]:
    until: datetime | None = found.grace_until
    return {
        "id": found.pk,
        "plan": found.plan.lower(),
        "state": found.state.lower(),
        "renews_as": found.renews_as.lower(),
        "period_start": found.period_start,
        "period_end": found.period_end,
        "grace_until": until,
    }


def _limits(limits: Mapping[Feature, int | None]) -> dict[str, int | None]:
    return {feature.value: most for feature, most in limits.items()}


def _total(offer: PlanOffer, inter_state: bool) -> int | float | None:  # noqa: FBT001
    if offer.price is None:
        return None
    price = offer.price
    whole = bill(price.price_paise, gst_bps=price.gst_bps, inter_state=inter_state)
    return rupees(whole.total_paise)
