"""Acts on campaigns as tests name them, an hour after noon."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apps.campaigns import services
from apps.campaigns.lifecycle import SuspendedFor
from apps.campaigns.models import Campaign
from tests.merchants.making import NOON

LATER = NOON + timedelta(hours=1)
Act = Callable[[Campaign], Campaign]


def change(campaign: Campaign, *, by: Any = ..., **changes: Any) -> Campaign:
    more = {name: changes.pop(name) for name in ("active", "outlet_ids") if name in changes}
    return services.change(
        campaign_id=campaign.pk,
        merchant_id=campaign.merchant_id if by is ... else by,
        changes=changes,
        actor_id=None,
        now=LATER,
        **more,
    )


def pause(campaign: Campaign) -> Campaign:
    return services.pause(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=LATER
    )


def stop(campaign: Campaign) -> Campaign:
    return services.pause(
        campaign_id=campaign.pk, merchant_id=None, actor_id=None, reason="odd", now=LATER
    )


def resume(campaign: Campaign) -> Campaign:
    return services.resume(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=LATER
    )


def resume_as_operator(campaign: Campaign) -> Campaign:
    return services.resume(campaign_id=campaign.pk, merchant_id=None, actor_id=None, now=LATER)


def submit(campaign: Campaign) -> Campaign:
    return services.submit(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=LATER
    )


def end(campaign: Campaign) -> Campaign:
    return services.end(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=LATER
    )


def approve(campaign: Campaign) -> Campaign:
    return services.approve(campaign_id=campaign.pk, actor_id=None, now=LATER)


def reject(campaign: Campaign) -> Campaign:
    return services.reject(campaign_id=campaign.pk, actor_id=None, reason="unclear", now=LATER)


def suspend(campaign: Campaign) -> Campaign:
    return services.suspend(
        campaign_id=campaign.pk,
        kind=SuspendedFor.OTHER,
        actor_id=None,
        reason="odd",
        now=LATER,
    )


def lift(campaign: Campaign) -> Campaign:
    return services.lift(campaign_id=campaign.pk, actor_id=None, reason="cleared", now=LATER)
