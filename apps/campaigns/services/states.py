"""The acts that move a campaign along: its owner's and an operator's."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.campaigns import selectors, terms
from apps.campaigns.errors import TermsInvalid, TransitionNotAllowed
from apps.campaigns.lifecycle import LIVE, OVER, PauseReason, State, SuspendedFor
from apps.campaigns.models import Campaign
from apps.campaigns.services import locking
from apps.campaigns.terms import Terms
from apps.merchants.errors import MerchantNotActive, ReasonRequired
from apps.merchants.models import Merchant


@transaction.atomic
def submit(
    *, campaign_id: UUID, merchant_id: UUID | None, actor_id: UUID | None, now: datetime
) -> Campaign:
    """
    Send a draft to review; within the zone's standing limits it is approved at once.

    Raises:
        UnknownCampaign, TransitionNotAllowed, MerchantNotActive, TermsInvalid, PlanLimitReached
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    submit_locked(campaign, actor_id=actor_id, now=now)
    return campaign


def submit_locked(campaign: Campaign, *, actor_id: UUID | None, now: datetime) -> None:
    """Do what `submit` does to a campaign that the caller has locked or just made."""
    if campaign.merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive
    if terms.has_ended(campaign.ends_at, now):
        rule = "The end lies in the past."
        raise TermsInvalid(rule, errors=[{"pointer": "ends_at", "detail": rule}])
    before = campaign.state
    locking.move(campaign, State.IN_REVIEW, now=now)
    if may_go_live_alone(campaign, Terms.of(campaign), now=now):
        locking.go_live(campaign, now=now)
    locking.record(campaign, "submitted", actor_id=actor_id, now=now, before=before)


def may_go_live_alone(campaign: Campaign, wanted: Terms, *, now: datetime) -> bool:
    """Say whether the terms keep within the standing limits, or what was approved before."""
    standing = selectors.fees(zone_code=campaign.zone_id, at=now)
    cap = max(standing.standing_cap_paise, campaign.approved_cap_paise)
    budget = max(standing.standing_budget_paise, campaign.approved_budget_paise)
    return wanted.cap_paise <= cap and (wanted.budget_paise or 0) <= budget


@transaction.atomic
def approve(
    *, campaign_id: UUID, actor_id: UUID | None, now: datetime, reason: str = ""
) -> Campaign:
    """
    Approve a campaign in review with the limits it asks for; by an operator.

    Raises:
        UnknownCampaign, TransitionNotAllowed, PlanLimitReached
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    before = _only_from(campaign, {State.IN_REVIEW}, State.ACTIVE)
    campaign.approved_cap_paise = campaign.cap_paise
    campaign.approved_budget_paise = campaign.budget_paise or 0
    locking.go_live(campaign, now=now)
    locking.record(campaign, "approved", actor_id=actor_id, now=now, before=before, reason=reason)
    return campaign


@transaction.atomic
def reject(*, campaign_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> Campaign:
    """
    Return a campaign in review to its owner as a draft; by an operator, with a reason.

    Raises:
        UnknownCampaign, TransitionNotAllowed, ReasonRequired
    """
    _require(reason)
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    before = _only_from(campaign, {State.IN_REVIEW}, State.DRAFT)
    locking.move(campaign, State.DRAFT, now=now)
    locking.record(campaign, "rejected", actor_id=actor_id, now=now, before=before, reason=reason)
    return campaign


@transaction.atomic
def pause(
    *,
    campaign_id: UUID,
    merchant_id: UUID | None,
    actor_id: UUID | None,
    now: datetime,
    reason: str = "",
) -> Campaign:
    """
    Stop new bookings until somebody resumes; `merchant_id` None is an operator, who says why.

    Raises:
        UnknownCampaign, TransitionNotAllowed, ReasonRequired
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    by_operator = merchant_id is None
    if by_operator:
        _require(reason)
    _pause(campaign, by_operator=by_operator, actor_id=actor_id, now=now, reason=reason)
    return campaign


@transaction.atomic
def resume(
    *, campaign_id: UUID, merchant_id: UUID | None, actor_id: UUID | None, now: datetime
) -> Campaign:
    """
    Let a paused campaign sell again: its owner's own pause, or an operator any of the two.

    Raises:
        UnknownCampaign, TransitionNotAllowed, PlanLimitReached
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    _resume(campaign, by_operator=merchant_id is None, actor_id=actor_id, now=now)
    return campaign


@transaction.atomic
def end(
    *, campaign_id: UUID, merchant_id: UUID | None, actor_id: UUID | None, now: datetime
) -> Campaign:
    """
    End a campaign; what is booked is still honoured, and ending it again changes nothing.

    Raises:
        UnknownCampaign, TransitionNotAllowed
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    if campaign.state in OVER:
        return campaign
    before = campaign.state
    locking.move(campaign, State.ENDED, now=now)
    locking.record(campaign, "ended", actor_id=actor_id, now=now, before=before)
    return campaign


@transaction.atomic
def suspend(
    *, campaign_id: UUID, kind: SuspendedFor, actor_id: UUID | None, reason: str, now: datetime
) -> Campaign:
    """
    Take a campaign out of its owner's hands; by an operator, with a reason.

    What is booked is honoured unless it is for fraud: then scans are refused from now on, and a job voids
    the bookings, so that what they hold goes back.

    Raises:
        UnknownCampaign, TransitionNotAllowed, ReasonRequired
    """
    _require(reason)
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    before = campaign.state
    campaign.suspended_state = campaign.state
    campaign.suspended_pause_reason = campaign.pause_reason
    campaign.suspended_for = kind
    locking.move(campaign, State.SUSPENDED, now=now)
    locking.record(campaign, "suspended", actor_id=actor_id, now=now, before=before, reason=reason)
    return campaign


@transaction.atomic
def lift(*, campaign_id: UUID, actor_id: UUID | None, reason: str, now: datetime) -> Campaign:
    """
    Return a suspended campaign to the state it was in.

    Raises:
        UnknownCampaign, TransitionNotAllowed, ReasonRequired
    """
    _require(reason)
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    before = _only_from(campaign, {State.SUSPENDED}, campaign.suspended_state or State.ACTIVE)
    to, pause_reason = campaign.suspended_state, campaign.suspended_pause_reason
    campaign.suspended_state = campaign.suspended_pause_reason = campaign.suspended_for = ""
    locking.put(campaign, to, now=now, pause_reason=pause_reason)
    locking.record(campaign, "lifted", actor_id=actor_id, now=now, before=before, reason=reason)
    return campaign


def switch_locked(campaign: Campaign, *, on: bool, actor_id: UUID | None, now: datetime) -> None:
    """Do what the owner's switch says: submit or resume, or pause; scheduled stays scheduled."""
    if not on:
        _pause(campaign, by_operator=False, actor_id=actor_id, now=now)
    elif campaign.state == State.DRAFT:
        submit_locked(campaign, actor_id=actor_id, now=now)
    elif campaign.state not in (State.SCHEDULED, State.IN_REVIEW):
        _resume(campaign, by_operator=False, actor_id=actor_id, now=now)


def _pause(
    campaign: Campaign,
    *,
    by_operator: bool,
    actor_id: UUID | None,
    now: datetime,
    reason: str = "",
) -> None:
    before = _only_from(campaign, LIVE, State.PAUSED)
    # An operator's pause is not the owner's to replace by one that the owner could lift.
    if campaign.pause_reason == PauseReason.OPERATOR and not by_operator:
        raise TransitionNotAllowed(state=campaign.state, wanted=State.PAUSED)
    chosen = PauseReason.OPERATOR if by_operator else PauseReason.MERCHANT
    locking.move(campaign, State.PAUSED, now=now, pause_reason=chosen)
    locking.record(campaign, "paused", actor_id=actor_id, now=now, before=before, reason=reason)


def _resume(campaign: Campaign, *, by_operator: bool, actor_id: UUID | None, now: datetime) -> None:
    before = _only_from(campaign, {State.PAUSED}, State.ACTIVE)
    # One that waits for the plan may be tried: the refusal then names the plan that is needed.
    mine = {PauseReason.MERCHANT, PauseReason.PLAN}
    if by_operator:
        mine.add(PauseReason.OPERATOR)
    if campaign.pause_reason not in mine:
        raise TransitionNotAllowed(state=f"paused ({campaign.pause_reason})", wanted=State.ACTIVE)
    locking.go_live(campaign, now=now)
    locking.record(campaign, "resumed", actor_id=actor_id, now=now, before=before)


def _only_from(campaign: Campaign, allowed: set[State] | frozenset[State], wanted: str) -> str:
    """Return the state before an act that starts in these states alone."""
    if campaign.state not in allowed:
        raise TransitionNotAllowed(state=campaign.state, wanted=wanted)
    return campaign.state


def _require(reason: str) -> None:
    if not reason.strip():
        raise ReasonRequired
