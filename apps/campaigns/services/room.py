"""Whether a merchant's plan has room for one more campaign on sale."""

from uuid import UUID

from django.db.models import Q, QuerySet

from apps.campaigns.lifecycle import AUTOMATIC_PAUSES, State
from apps.campaigns.lifecycle import ON_SALE as STATES
from apps.campaigns.models import Campaign
from apps.merchants import services as merchants
from apps.merchants.models import Feature

# `lifecycle.is_on_sale`, as a question to the table.
ON_SALE = Q(state__in=STATES) | Q(state=State.PAUSED, pause_reason__in=AUTOMATIC_PAUSES)


def on_sale(merchant_id: UUID) -> QuerySet[Campaign]:
    """Return the merchant's campaigns that count against its plan."""
    return Campaign.objects.filter(ON_SALE, merchant_id=merchant_id)


def require_room(campaign: Campaign) -> None:
    """
    Refuse to put one more campaign, or one more experiment, on sale than the merchant's plan allows.

    Takes the merchant's lock after the campaign's: two campaigns that want the last place queue.

    Raises:
        PlanLimitReached
    """
    merchants.require_room(
        merchant_id=campaign.merchant_id,
        feature=Feature.LIVE_CAMPAIGNS,
        used=lambda: on_sale(campaign.merchant_id).exclude(pk=campaign.pk).count(),
    )
    if campaign.holdout_bps:
        others = on_sale(campaign.merchant_id).exclude(pk=campaign.pk)
        merchants.require_room(
            merchant_id=campaign.merchant_id,
            feature=Feature.EXPERIMENTS,
            used=lambda: others.filter(holdout_bps__gt=0).count(),
        )
