"""Reads about plans: what one unlocks, what it costs, and what a merchant has of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.merchants.errors import PlanLimitReached, UnknownMerchant
from apps.merchants.models import (
    AgreedPrice,
    ApiKey,
    Feature,
    Merchant,
    Outlet,
    PlanFeature,
    PlanPrice,
    Staff,
    Subscription,
    SubscriptionCharge,
)
from apps.merchants.models.plans import LIVE

# From the smallest to the largest.
LADDER = (Merchant.Plan.BASIC, Merchant.Plan.PRO, Merchant.Plan.ENTERPRISE)


def plan_limit(*, merchant_id: UUID, feature: str) -> int | None:
    """
    Return how much of a feature the merchant's plan unlocks now; None is without a limit.

    Raises:
        UnknownMerchant
    """
    plan = Merchant.objects.filter(pk=merchant_id).values_list("plan", flat=True).first()
    if plan is None:
        raise UnknownMerchant
    return limits_of(plan=plan)[Feature(feature)]


def plan_allows(*, merchant_id: UUID, feature: str) -> bool:
    """
    Say whether the merchant's plan unlocks the feature at all.

    Raises:
        UnknownMerchant
    """
    return plan_limit(merchant_id=merchant_id, feature=feature) != 0


def require_within_plan(*, merchant_id: UUID, feature: str, wanted: int) -> None:
    """
    Refuse what reaches further than the merchant's plan: so many days, say.

    What is counted, one more at a time, asks `services.require_room` instead, under the merchant's lock.

    Raises:
        UnknownMerchant, PlanLimitReached
    """
    asked = Feature(feature)
    limit = plan_limit(merchant_id=merchant_id, feature=asked)
    if limit is None or wanted <= limit:
        return
    raise PlanLimitReached(
        what=asked.label,
        feature=asked,
        limit=limit,
        plan=Merchant.objects.values_list("plan", flat=True).get(pk=merchant_id),
        needed=plan_with_room(feature=asked, used=wanted - 1),
    )


def limits_of(*, plan: str) -> dict[Feature, int | None]:
    """Return how much of each feature a plan unlocks; what has no row is not unlocked."""
    rows = PlanFeature.objects.filter(plan=plan).values_list("feature", "most")
    found = dict(rows)
    return {feature: found.get(feature, 0) for feature in Feature}


def plan_with_room(*, feature: str, used: int) -> str:
    """Return the smallest plan under which one more is allowed; empty when there is none."""
    rows = dict(PlanFeature.objects.filter(feature=feature).values_list("plan", "most"))
    roomy = (plan for plan in LADDER if plan in rows and _has_room(rows[plan], used))
    return next(roomy, "")


def _has_room(most: int | None, used: int) -> bool:
    return most is None or used < most


@dataclass(frozen=True, slots=True)
class Price:
    """What a month costs before GST, in paise, and the rate of the tax."""

    price_paise: int
    gst_bps: int


def price_of(*, plan: str, merchant_id: UUID | None, at: datetime) -> Price | None:
    """Return what a month of the plan costs this merchant at an instant; None: it has no price."""
    if plan == Merchant.Plan.ENTERPRISE:
        if merchant_id is None:
            return None
        rows = AgreedPrice.objects.filter(merchant_id=merchant_id, effective_from__lte=at)
        row = rows.order_by("-effective_from").values_list("price_paise", "gst_bps").first()
    else:
        listed = PlanPrice.objects.filter(plan=plan, effective_from__lte=at)
        row = listed.order_by("-effective_from").values_list("price_paise", "gst_bps").first()
    return None if row is None else Price(*row)


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """One plan: its price (None: it is agreed with each business) and what it unlocks."""

    plan: str
    price: Price | None
    limits: dict[Feature, int | None]


def plans(*, at: datetime, merchant_id: UUID | None = None) -> list[PlanOffer]:
    """Return all plans as they stand at an instant, the smallest first; for a merchant, its prices."""
    return [
        PlanOffer(
            plan,
            price_of(plan=plan, merchant_id=merchant_id, at=at),
            limits_of(plan=plan),
        )
        for plan in LADDER
    ]


def live_subscription(*, merchant_id: UUID) -> Subscription | None:
    """Return the merchant's subscription that is not over, or None: it is on Basic."""
    return Subscription.objects.filter(merchant_id=merchant_id, state__in=LIVE).first()


def charges_of(
    *, merchant_id: UUID, limit: int, before_id: UUID | None = None
) -> list[SubscriptionCharge]:
    """Return what the merchant paid for plans, the newest first, each with what went back of it."""
    rows = SubscriptionCharge.objects.filter(subscription__merchant_id=merchant_id)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows.prefetch_related("refunds").order_by("-pk")[:limit])


def usage(*, merchant_id: UUID, now: datetime) -> dict[Feature, int]:
    """Return how much the merchant uses of what this app counts."""
    return {
        Feature.OUTLETS: outlets_in_use(merchant_id=merchant_id),
        Feature.API_KEYS: live_keys(merchant_id=merchant_id, now=now),
        Feature.STAFF: staff_in_use(merchant_id=merchant_id),
    }


def outlets_in_use(*, merchant_id: UUID) -> int:
    """Return how many outlets count against the plan: those that are not closed."""
    rows = Outlet.objects.filter(merchant_id=merchant_id)
    return rows.exclude(status=Outlet.Status.CLOSED).count()


def staff_in_use(*, merchant_id: UUID) -> int:
    """Return how many people count against the plan: those who may act for the merchant."""
    return Staff.objects.filter(merchant_id=merchant_id, is_active=True).count()


def live_keys(*, merchant_id: UUID, now: datetime) -> int:
    """Return how many API keys count against the plan: those that are good now."""
    rows = ApiKey.objects.filter(merchant_id=merchant_id, revoked_at__isnull=True)
    return rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now)).count()


def due_subscription_ids(*, now: datetime, limit: int, after: UUID | None = None) -> Sequence[UUID]:
    """Return subscriptions whose month is over or who are in their grace, in the order of their ids."""
    rows = Subscription.objects.filter(state__in=LIVE, period_end__lte=now)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
