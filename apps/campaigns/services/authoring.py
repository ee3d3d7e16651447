"""Writing a campaign's terms: creating, changing and copying it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from apps.campaigns import selectors, terms
from apps.campaigns.errors import (
    CapBelowSold,
    FieldLocked,
    ReviewRequired,
    TermsInvalid,
)
from apps.campaigns.guards import ALL
from apps.campaigns.lifecycle import LIVE, State
from apps.campaigns.models import Allotment, Campaign, FeeSchedule, Revision
from apps.campaigns.services import listing, locking, states
from apps.campaigns.terms import Terms
from apps.merchants import selectors as merchants
from apps.merchants.models import Merchant, Outlet
from uma.kernel.money import rupees
from uma.kernel.zones import day_of, windows_to

# Names that an edit can change beside the terms.
OUTLETS = "outlets"


@transaction.atomic
def create(
    *,
    merchant_id: UUID,
    wanted: Terms,
    outlet_ids: Sequence[UUID] = (),
    submit: bool,
    actor_id: UUID | None,
    now: datetime,
) -> Campaign:
    """
    Write a draft with its first revision; `submit` sends it on its way at once.

    The fees are those in force in the merchant's zone now. A merchant with one outlet need not name
    it.

    Raises:
        UnknownMerchant, FeesNotSet, TermsInvalid, and what `submit` refuses
    """
    merchant = merchants.merchant(merchant_id=merchant_id)
    fees = selectors.fees(zone_code=merchant.zone_id, at=now)
    wanted = replace(wanted, starts_at=wanted.starts_at or now)
    _check(wanted, fees=fees, merchant=merchant)
    outlets = _outlets(merchant_id, outlet_ids)
    campaign = Campaign(
        merchant=merchant,
        zone=merchant.zone,
        cpt_fee_paise=fees.cpt_fee_paise,
        cpa_fee_paise=fees.cpa_fee_paise,
        gst_bps=fees.gst_bps,
        created_at=now,
        created_by=actor_id,
        status_changed_at=now,
    )
    _assign(campaign, wanted)
    campaign.save(force_insert=True)
    # The campaign's lock: it exists before anybody can want it.
    Allotment.objects.create(
        campaign=campaign, scope=ALL, seats_limit=campaign.seats, budget_paise=campaign.budget_paise
    )
    _revise(campaign, actor_id=actor_id, now=now)
    listing.list_at(campaign, outlets, now=now)
    if submit:
        states.submit_locked(campaign, actor_id=actor_id, now=now)
    return campaign


@transaction.atomic
def change(
    *,
    campaign_id: UUID,
    merchant_id: UUID | None,
    changes: Mapping[str, object],
    actor_id: UUID | None,
    now: datetime,
    outlet_ids: Sequence[UUID] | None = None,
    active: bool | None = None,
) -> Campaign:
    """
    Change the named terms, and switch the campaign on or off when `active` differs from what it is.

    Bookings keep what they were sold; whatever changes of the terms is a new revision. A live campaign
    keeps its locked fields, and no limit falls below what is sold.

    Raises:
        UnknownCampaign, TermsInvalid, FieldLocked, CapBelowSold, ReviewRequired,
        TransitionNotAllowed
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    before = Terms.of(campaign)
    wanted = replace(before, **changes)  # type: ignore[arg-type]  # typed by the serializer
    wanted = replace(wanted, starts_at=wanted.starts_at or now)
    changed = {name for name in terms.TERM_NAMES if getattr(before, name) != getattr(wanted, name)}
    outlets = None if outlet_ids is None else _outlets(campaign.merchant_id, outlet_ids)
    if outlets is not None:
        listed = selectors.outlet_ids(campaign_ids=[campaign_id])[campaign_id]
        if {outlet.pk for outlet in outlets} != set(listed):
            changed.add(OUTLETS)
    if changed:
        _check_locked(campaign, changed, now=now)
        _apply(campaign, wanted, changed, actor_id=actor_id, now=now)
        if OUTLETS in changed and outlets is not None:
            listing.list_at(campaign, outlets, now=now)
    if active is not None and active != (campaign.state == State.ACTIVE):
        states.switch_locked(campaign, on=active, actor_id=actor_id, now=now)
    return campaign


@transaction.atomic
def clone(
    *, campaign_id: UUID, merchant_id: UUID | None, actor_id: UUID | None, now: datetime
) -> Campaign:
    """
    Copy a campaign's terms into a new draft that starts when it is approved.

    Raises:
        UnknownCampaign, FeesNotSet, TermsInvalid
    """
    original = selectors.campaign(campaign_id=campaign_id, merchant_id=merchant_id)
    copied = Terms.of(original)
    over = terms.has_ended(copied.ends_at, now)
    open_ids = {
        outlet.pk
        for outlet in merchants.outlets(merchant_id=original.merchant_id)
        if outlet.status != Outlet.Status.CLOSED
    }
    listed = selectors.outlet_ids(campaign_ids=[campaign_id])[campaign_id]
    return create(
        merchant_id=original.merchant_id,
        wanted=replace(copied, starts_at=now, ends_at=None if over else copied.ends_at),
        outlet_ids=[outlet_id for outlet_id in listed if outlet_id in open_ids],
        submit=False,
        actor_id=actor_id,
        now=now,
    )


def _check(wanted: Terms, *, fees: FeeSchedule | Campaign, merchant: Merchant) -> None:
    terms.check(
        wanted,
        cpt_fee_paise=fees.cpt_fee_paise,
        cpa_fee_paise=fees.cpa_fee_paise,
        gst_bps=fees.gst_bps,
        inter_state=merchant.zone.platform_state_code != merchant.state_code,
    )


def _outlets(merchant_id: UUID, outlet_ids: Sequence[UUID]) -> list[Outlet]:
    """Return the outlets a campaign is listed at: the named ones, or the merchant's only one."""
    usable = {
        outlet.pk: outlet
        for outlet in merchants.outlets(merchant_id=merchant_id)
        if outlet.status != Outlet.Status.CLOSED
    }
    if not outlet_ids and len(usable) == 1:
        return list(usable.values())
    chosen = [usable[pk] for pk in dict.fromkeys(outlet_ids) if pk in usable]
    if not chosen or len(chosen) != len(set(outlet_ids)):
        rule = "Name one or more of your own outlets that are not closed."
        raise TermsInvalid(rule, errors=[{"pointer": OUTLETS, "detail": rule}])
    return chosen


def _check_locked(campaign: Campaign, changed: set[str], *, now: datetime) -> None:
    first = min(changed)
    if campaign.state != State.DRAFT and campaign.state not in LIVE:
        raise FieldLocked(field=first, why=f"the campaign is {_words(campaign.state)}")
    if campaign.state in LIVE:
        for name in (*terms.LOCKED_WHEN_LIVE, OUTLETS):
            if name in changed:
                raise FieldLocked(field=name, why="the campaign is live")
        if "starts_at" in changed and campaign.starts_at <= now:
            raise FieldLocked(field="starts_at", why="the campaign has begun")


def _words(state: str) -> str:
    return state.lower().replace("_", " ")


def _apply(
    campaign: Campaign,
    wanted: Terms,
    changed: set[str],
    *,
    actor_id: UUID | None,
    now: datetime,
) -> None:
    _check(wanted, fees=campaign, merchant=campaign.merchant)
    live = campaign.state in LIVE
    if live:
        if terms.has_ended(wanted.ends_at, now) and "ends_at" in changed:
            rule = "The end lies in the past; end the campaign instead."
            raise TermsInvalid(rule, errors=[{"pointer": "ends_at", "detail": rule}])
        if not states.may_go_live_alone(campaign, wanted, now=now):
            raise ReviewRequired
        _check_sold(campaign, wanted, now=now)
    before = campaign.state
    _assign(campaign, wanted)
    if changed & set(terms.TERM_NAMES):
        campaign.revision += 1
        _revise(campaign, actor_id=actor_id, now=now)
    campaign.version += 1
    campaign.save()
    Allotment.objects.filter(campaign=campaign, scope=ALL).update(
        seats_limit=campaign.seats, budget_paise=campaign.budget_paise
    )
    listing.relist(campaign)
    if live:
        locking.record(
            campaign, "edited", actor_id=actor_id, now=now, before=before,
            reason=", ".join(sorted(changed)),
        )  # fmt: skip


def _check_sold(campaign: Campaign, wanted: Terms, *, now: datetime) -> None:
    """No limit falls below what it has to hold already: the row would refuse it anyway."""
    today = f"day:{day_of(now, campaign.zone.timezone)}"
    sold = selectors.sold(campaign_id=campaign.pk, scopes=[ALL, today])
    for scope, seats, budget in (
        (ALL, "seats", "budget_paise"),
        (today, "daily_seats", "daily_budget_paise"),
    ):
        if scope not in sold:
            continue
        seats_cap, budget_cap = getattr(wanted, seats), getattr(wanted, budget)
        if seats_cap is not None and seats_cap < sold[scope].seats:
            raise CapBelowSold(field=seats, sold=sold[scope].seats)
        if budget_cap is not None and budget_cap < sold[scope].committed_paise:
            raise CapBelowSold(field=budget, sold=rupees(sold[scope].committed_paise))


def _assign(campaign: Campaign, wanted: Terms) -> None:
    for name in terms.TERM_NAMES:
        setattr(campaign, name, getattr(wanted, name))
    campaign.windows = windows_to(wanted.windows)
    if campaign.holdout_bps and campaign.salt is None:
        campaign.salt = uuid4()


def _revise(campaign: Campaign, *, actor_id: UUID | None, now: datetime) -> None:
    # All of them (decisions/0079), windows as their row keeps them.
    names = (*terms.TERM_NAMES, "cpt_fee_paise", "cpa_fee_paise", "gst_bps")
    kept = {name: getattr(campaign, name) for name in names}
    for name in ("starts_at", "ends_at"):
        kept[name] = kept[name] and kept[name].isoformat()
    Revision.objects.create(
        campaign=campaign,
        number=campaign.revision,
        terms=kept,
        actor_id=actor_id,
        at=now,
    )
