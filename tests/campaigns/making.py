"""Campaigns for tests, made through the services."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.campaigns import services
from apps.campaigns.models import Campaign, FeeSchedule
from apps.campaigns.services import Offer
from apps.campaigns.terms import Terms
from apps.merchants.models import Merchant
from tests.merchants.making import NOON, make_merchant, make_outlet
from uma.kernel.geo import Point
from uma.kernel.zones import Window

# The worked example of product rule 2.6: cap 150, CPT 20, CPA 50, GST 18 %.
MAX_COST_PAISE = 23260
WORKED: dict[str, Any] = {  # Any: the terms are of many types
    "title": "Free ride up to ₹150",
    "description": "And 10 % off the bill",
    "discount_bps": 1000,
    "cap_paise": 150_00,
    "cpa_enabled": True,
}
EVENINGS = tuple(Window(dow, time(18), time(23)) for dow in range(7))


def set_fees(zone_code: str = "MNP", **fees: Any) -> FeeSchedule:
    return services.set_fees(
        zone_code=zone_code,
        effective_from=NOON - timedelta(days=30),
        actor_id=None,
        now=NOON - timedelta(days=30),
        **fees,
    )


def make_campaign(
    merchant: Merchant | None = None,
    *,
    submit: bool = True,
    outlet_ids: tuple[UUID, ...] = (),
    now: datetime = NOON,
    **changes: Any,  # Any: terms of many types
) -> Campaign:
    """Make a campaign with the terms of the worked example; its merchant is funded."""
    if merchant is None:
        merchant = make_merchant(funds_paise=1_00_000_00, now=now)
        make_outlet(merchant, now=now)
    if not FeeSchedule.objects.filter(zone_id=merchant.zone_id).exists():
        set_fees(merchant.zone_id)
    return services.create(
        merchant_id=merchant.pk,
        wanted=Terms(**(WORKED | changes)),
        outlet_ids=outlet_ids,
        submit=submit,
        actor_id=None,
        now=now,
    )


def take(
    campaign: Campaign,
    rider_id: UUID,
    *,
    at: Point | None = None,
    outlet_id: UUID | None = None,
    now: datetime = NOON,
) -> Offer:
    with transaction.atomic():
        return services.take(
            campaign_id=campaign.pk,
            outlet_id=outlet_id,
            rider_id=rider_id,
            rider_location=at,
            now=now,
        )
