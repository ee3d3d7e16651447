"""What tests of boosts ask for again and again."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from apps.campaigns import services
from apps.campaigns.models import Boost, Campaign, FeeSchedule
from apps.merchants.models import Merchant
from tests.campaigns.making import make_campaign, set_fees
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet
from uma.kernel.geo import Point
from uma.kernel.http.idempotency import IdempotencyKey

# Product entry 9: a week with GST, without a discount.
WEEK_PAISE = 590_00


def boostable(
    *,
    at: Point = MANIPAL,
    funds_paise: int = 1_00_000_00,
    plan: str = "BASIC",
    zone: str = "MNP",
    now: datetime = NOON,
    **terms: Any,  # Any: terms of many types
) -> Campaign:
    """Return a campaign on sale at one outlet, of a merchant on Basic with money."""
    merchant = make_merchant(funds_paise=funds_paise, plan=plan, zone=zone, now=now)
    make_outlet(merchant, at=at, now=now)
    if not FeeSchedule.objects.filter(zone_id=zone).exists():
        set_fees(zone)
    return make_campaign(merchant, now=now, **terms)


def boost(
    campaign: Campaign,
    *,
    key: IdempotencyKey | None = None,
    actor_id: UUID | None = None,
    agreed_paise: int | None = None,
    now: datetime = NOON,
) -> Boost:
    return services.boost(
        campaign_id=campaign.pk,
        merchant_id=campaign.merchant_id,
        actor_id=actor_id or uuid4(),
        key=key,
        agreed_paise=agreed_paise,
        now=now,
    ).boost


def stop(campaign: Campaign, *, now: datetime) -> Boost:
    return services.stop_boost(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=uuid4(), now=now
    )


def settle(now: datetime) -> int:
    return services.settle_boosts(now=now, limit=2)


def put_on(campaign: Campaign, plan: str) -> None:
    Merchant.objects.filter(pk=campaign.merchant_id).update(plan=plan)
