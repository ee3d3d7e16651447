"""The one lock order of a campaign's editors, and the one way its state changes."""

from datetime import datetime
from uuid import UUID

from apps.accounts import services as accounts
from apps.campaigns.errors import TransitionNotAllowed, UnknownCampaign
from apps.campaigns.guards import ALL
from apps.campaigns.lifecycle import State, may_go
from apps.campaigns.models import Allotment, Campaign
from apps.campaigns.services import listing, room
from apps.notifications import services as notifications
from uma.kernel.ids import new_id

# What a merchant's own system is told of.
_TOLD = {State.EXHAUSTED.value: "campaign.exhausted", State.ENDED.value: "campaign.completed"}


def lock(*, campaign_id: UUID, merchant_id: UUID | None) -> Campaign:
    """
    Lock a campaign against other editors and its bookings until the transaction ends.

    First its row, then its allotment `all`: a booking that read the old version finds it changed
    once it has the allotment, and reads again. `merchant_id` hides another merchant's campaign.

    Raises:
        UnknownCampaign
    """
    scope = Campaign.objects.select_for_update(no_key=True, of=("self",)).filter(pk=campaign_id)
    if merchant_id is not None:
        scope = scope.filter(merchant_id=merchant_id)
    campaign = scope.select_related("zone", "merchant").first()
    if campaign is None:
        raise UnknownCampaign
    Allotment.objects.select_for_update(no_key=True).get(campaign_id=campaign_id, scope=ALL)
    return campaign


def move(campaign: Campaign, to: str, *, now: datetime, pause_reason: str = "") -> None:
    """
    Bring a locked campaign into another state, and its listing with it.

    Raises:
        TransitionNotAllowed
    """
    if not may_go(campaign.state, to):
        raise TransitionNotAllowed(state=campaign.state, wanted=to)
    put(campaign, to, now=now, pause_reason=pause_reason)


def put(campaign: Campaign, to: str, *, now: datetime, pause_reason: str = "") -> None:
    """Write the state of a locked campaign without asking the table: for `move` and for lifting."""
    campaign.state, campaign.pause_reason = to, pause_reason
    campaign.status_changed_at = now
    campaign.version += 1
    campaign.save()
    listing.relist(campaign)
    if to in _TOLD:
        notifications.queue_webhook(
            merchant_id=campaign.merchant_id,
            event_id=new_id(),
            type=_TOLD[to],
            payload={"campaignId": str(campaign.pk), "state": to.lower(), "at": now.isoformat()},
            now=now,
        )


def go_live(campaign: Campaign, *, now: datetime) -> None:
    """
    Schedule or activate a locked campaign, as its start asks; the clock keeps the label.

    Raises:
        PlanLimitReached, TransitionNotAllowed
    """
    room.require_room(campaign)
    approved = campaign.state == State.IN_REVIEW
    move(campaign, State.SCHEDULED if campaign.starts_at > now else State.ACTIVE, now=now)
    if approved:
        listing.announce(campaign, now=now)


def record(
    campaign: Campaign,
    act: str,
    *,
    actor_id: UUID | None,
    now: datetime,
    before: str,
    reason: str = "",
) -> None:
    """Leave a trace of an act on a campaign in the audit trail."""
    why = {"suspended_for": campaign.suspended_for} if campaign.suspended_for else {}
    accounts.record(
        action=f"campaign.{act}",
        object_type="campaign",
        object_id=str(campaign.pk),
        actor_id=actor_id,
        at=now,
        reason=reason,
        before={"state": before},
        after={"state": campaign.state, "pause_reason": campaign.pause_reason} | why,
    )
