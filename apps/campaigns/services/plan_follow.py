"""What a merchant's plan does to campaigns on sale, once a minute: too many wait, and come back."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from apps.campaigns.lifecycle import PauseReason, State, is_on_sale
from apps.campaigns.models import Campaign
from apps.campaigns.services import locking, room
from apps.merchants import selectors as merchants
from apps.merchants.errors import PlanLimitReached
from apps.merchants.models import Feature

_WAITING = Q(state=State.PAUSED, pause_reason=PauseReason.PLAN)


def follow_plans(*, now: datetime) -> int:
    """
    Pause what is beyond a merchant's plan, the newest first, and sell it again once there is room.

    Returns how many moved. Nothing is deleted, and what is booked is honoured.
    """
    limits = {
        plan.value: merchants.limits_of(plan=plan)[Feature.LIVE_CAMPAIGNS]
        for plan in merchants.LADDER
    }
    return _pause_beyond(limits, now=now) + _resume_within(limits, now=now)


def _pause_beyond(limits: dict[str, int | None], *, now: datetime) -> int:
    paused = 0
    for plan, most in limits.items():
        if most is None:
            continue
        rows = Campaign.objects.filter(room.ON_SALE, merchant__plan=plan).values("merchant_id")
        crowded = rows.annotate(live=Count("pk")).filter(live__gt=most)
        for merchant_id in crowded.values_list("merchant_id", flat=True):
            newest = room.on_sale(merchant_id).order_by("created_at", "pk")[most:]
            paused += sum(_pause(found.pk, now=now) for found in newest)
    return paused


@transaction.atomic
def _pause(campaign_id: UUID, *, now: datetime) -> bool:
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    if not is_on_sale(campaign.state, campaign.pause_reason):
        return False
    try:
        # Asked again under the locks: the owner may have ended another one, or paid.
        room.require_room(campaign)
    except PlanLimitReached:
        before = campaign.state
        locking.move(campaign, State.PAUSED, now=now, pause_reason=PauseReason.PLAN)
        locking.record(campaign, "paused", actor_id=None, now=now, before=before)
        return True
    return False


def _resume_within(limits: dict[str, int | None], *, now: datetime) -> int:
    owners = dict(
        Campaign.objects.filter(_WAITING).values_list("merchant_id", "merchant__plan").distinct()
    )
    live = dict(
        Campaign.objects.filter(room.ON_SALE, merchant_id__in=list(owners))
        .values("merchant_id")
        .annotate(live=Count("pk"))
        .values_list("merchant_id", "live")
    )
    resumed = 0
    for merchant_id, plan in owners.items():
        most = limits[plan]
        free = None if most is None else max(0, most - live.get(merchant_id, 0))
        waiting = Campaign.objects.filter(_WAITING, merchant_id=merchant_id)
        resumed += _resume_each(waiting.order_by("created_at", "pk")[:free], now=now)
    return resumed


def _resume_each(waiting: Iterable[Campaign], *, now: datetime) -> int:
    return sum(_resume(found.pk, now=now) for found in waiting)


@transaction.atomic
def _resume(campaign_id: UUID, *, now: datetime) -> bool:
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    if (campaign.state, campaign.pause_reason) != (State.PAUSED, PauseReason.PLAN):
        return False
    try:
        locking.go_live(campaign, now=now)
    except PlanLimitReached:
        return False
    locking.record(campaign, "resumed", actor_id=None, now=now, before=State.PAUSED)
    return True
