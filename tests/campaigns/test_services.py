"""Writing campaigns and moving them along."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.accounts.models import AuditEvent
from apps.campaigns import selectors, services
from apps.campaigns.errors import (
    CapBelowSold,
    FeesNotSet,
    FieldLocked,
    ReviewRequired,
    TermsInvalid,
    TransitionNotAllowed,
    UnknownCampaign,
)
from apps.campaigns.guards import ALL
from apps.campaigns.lifecycle import State, may_go
from apps.campaigns.models import Allotment, Campaign, Deal, Revision
from apps.campaigns.terms import Terms
from apps.merchants import services as merchants
from apps.merchants.errors import MerchantNotActive, ReasonRequired
from tests.campaigns.making import MAX_COST_PAISE, WORKED, make_campaign, set_fees, take
from tests.merchants.making import NOON, make_merchant, make_outlet

pytestmark = pytest.mark.django_db
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
    return services.suspend(campaign_id=campaign.pk, actor_id=None, reason="odd", now=LATER)


def lift(campaign: Campaign) -> Campaign:
    return services.lift(campaign_id=campaign.pk, actor_id=None, reason="cleared", now=LATER)


# --- creating -----------------------------------------------------------------------------------


def test_a_campaign_within_the_standing_limits_is_live_at_once() -> None:
    campaign = make_campaign(cap_paise=500_00, budget_paise=1_00_000_00)

    assert (campaign.state, campaign.revision) == (State.ACTIVE, 1)
    assert (campaign.cpt_fee_paise, campaign.cpa_fee_paise, campaign.gst_bps) == (2000, 5000, 1800)
    assert Deal.objects.get(campaign=campaign).is_live
    assert Allotment.objects.get(campaign=campaign).scope == ALL


@pytest.mark.parametrize("beyond", [{"cap_paise": 500_01}, {"budget_paise": 1_00_000_01}])
def test_a_campaign_beyond_the_standing_limits_waits_for_an_operator(
    beyond: dict[str, Any],
) -> None:
    campaign = make_campaign(**beyond)
    assert campaign.state == State.IN_REVIEW
    assert not Deal.objects.get(campaign=campaign).is_live

    assert approve(campaign).state == State.ACTIVE
    assert change(campaign, title="Renamed, within what was approved").revision == 2


def test_a_campaign_that_starts_later_is_scheduled() -> None:
    assert make_campaign(starts_at=LATER).state == State.SCHEDULED


def test_fees_are_those_in_force_when_the_campaign_is_written() -> None:
    old = make_campaign()
    services.set_fees(
        zone_code="MNP", effective_from=NOON, cpt_fee_paise=25_00, actor_id=None, now=NOON
    )

    new = make_campaign(old.merchant)

    old.refresh_from_db()
    assert (old.cpt_fee_paise, new.cpt_fee_paise) == (20_00, 25_00)
    assert take(old, uuid4()).cpt_fee_paise == 20_00


def test_without_fees_nothing_can_be_sold_in_a_zone() -> None:
    merchant = make_merchant()
    make_outlet(merchant)

    with pytest.raises(FeesNotSet):
        services.create(
            merchant_id=merchant.pk, wanted=Terms(**WORKED), submit=True, actor_id=None, now=NOON
        )
    assert not Campaign.objects.exists()


@pytest.mark.parametrize("fees", [{"cpt_fee_paise": -1}, {"gst_bps": 1801}, {"gst_bps": 10_002}])
def test_fees_out_of_range_are_refused(fees: dict[str, Any]) -> None:
    make_merchant()
    with pytest.raises(TermsInvalid):
        set_fees(**fees)


def test_a_merchant_with_several_outlets_names_them() -> None:
    merchant = make_merchant()
    one, _ = make_outlet(merchant), make_outlet(merchant)
    stranger = make_outlet(make_merchant("Other"))

    for outlet_ids in ((), (stranger.pk,), (one.pk, stranger.pk)):
        with pytest.raises(TermsInvalid):
            make_campaign(merchant, outlet_ids=outlet_ids)
    campaign = make_campaign(merchant, outlet_ids=(one.pk, one.pk))

    assert selectors.outlet_ids(campaign_ids=[campaign.pk]) == {campaign.pk: [one.pk]}


def test_a_merchant_who_is_not_active_writes_drafts_only() -> None:
    merchant = make_merchant(active=False)
    make_outlet(merchant)

    assert make_campaign(merchant, submit=False).state == State.DRAFT
    with pytest.raises(MerchantNotActive), transaction.atomic():
        make_campaign(merchant)
    assert Campaign.objects.count() == 1


def test_a_campaign_whose_time_is_over_is_not_submitted() -> None:
    draft = make_campaign(submit=False, starts_at=NOON, ends_at=LATER - timedelta(minutes=1))

    with pytest.raises(TermsInvalid):
        submit(draft)


# --- changing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sold",
    [{"title": "Better"}, {"description": "!"}, {"discount_bps": 0}, {"cap_paise": 200_00},
     {"cpa_enabled": False}, {"static_qr": True}],
)  # fmt: skip
def test_a_change_of_sold_terms_is_a_new_revision(sold: dict[str, Any]) -> None:
    campaign = make_campaign()
    before = take(campaign, uuid4())

    changed = change(campaign, **sold)

    after = take(campaign, uuid4(), now=LATER)
    assert (before.revision, changed.revision, after.revision) == (1, 2, 2)
    assert Revision.objects.filter(campaign=campaign).count() == 2


def test_a_change_of_limits_is_no_new_revision() -> None:
    campaign = make_campaign()

    changed = change(campaign, seats=5, budget_paise=10 * MAX_COST_PAISE)

    row = Allotment.objects.get(campaign=campaign, scope=ALL)
    assert (changed.revision, row.seats_limit, row.budget_paise) == (1, 5, 10 * MAX_COST_PAISE)


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    campaign = make_campaign()

    change(campaign, title=campaign.title)

    campaign.refresh_from_db()
    assert (campaign.revision, campaign.version) == (1, make_campaign().version)


@pytest.mark.parametrize(
    ("locked", "field"),
    [
        ({"basis": "actual_capped"}, "basis"),
        ({"audience": "new_only"}, "audience"),
        ({"starts_at": LATER}, "starts_at"),
    ],
)
def test_a_live_campaign_keeps_its_locked_fields(locked: dict[str, Any], field: str) -> None:
    campaign = make_campaign()

    with pytest.raises(FieldLocked) as refusal:
        change(campaign, **locked)

    assert refusal.value.extra["field"] == field
    campaign.refresh_from_db()
    assert campaign.revision == 1


def test_a_live_campaign_keeps_its_outlets() -> None:
    campaign = make_campaign()
    second = make_outlet(campaign.merchant)

    with pytest.raises(FieldLocked):
        change(campaign, outlet_ids=[second.pk])


def test_a_draft_changes_in_everything() -> None:
    draft = make_campaign(submit=False)
    second = make_outlet(draft.merchant)

    changed = change(draft, basis="actual_capped", starts_at=LATER, outlet_ids=[second.pk])

    assert (changed.basis, changed.starts_at) == ("actual_capped", LATER)
    assert Deal.objects.get(campaign=draft).outlet_id == second.pk


@pytest.mark.parametrize("stop_it", [end, suspend])
def test_what_is_over_or_suspended_does_not_change(stop_it: Act) -> None:
    campaign = make_campaign()
    stop_it(campaign)

    with pytest.raises(FieldLocked):
        change(campaign, title="Too late")


def test_a_live_campaign_does_not_outgrow_the_standing_limits() -> None:
    campaign = make_campaign()

    with pytest.raises(ReviewRequired):
        change(campaign, cap_paise=500_01)


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"seats": 1}, "seats"),
        ({"budget_paise": 2 * MAX_COST_PAISE - 1}, "budget_paise"),
        ({"daily_seats": 1}, "daily_seats"),
        ({"daily_budget_paise": 2 * MAX_COST_PAISE - 1}, "daily_budget_paise"),
    ],
)
def test_no_limit_falls_below_what_is_sold(limits: dict[str, Any], field: str) -> None:
    campaign = make_campaign()
    for _ in range(2):
        take(campaign, uuid4())

    with pytest.raises(CapBelowSold) as refusal:
        change(campaign, **limits)

    assert refusal.value.extra["field"] == field


def test_the_end_of_a_live_campaign_is_not_moved_into_the_past() -> None:
    with pytest.raises(TermsInvalid):
        change(make_campaign(), ends_at=LATER - timedelta(seconds=1))


def test_another_merchants_campaign_does_not_exist() -> None:
    campaign, stranger = make_campaign(), make_merchant("Other")

    with pytest.raises(UnknownCampaign):
        change(campaign, by=stranger.pk, title="Mine now")
    with pytest.raises(UnknownCampaign):
        services.clone(campaign_id=campaign.pk, merchant_id=stranger.pk, actor_id=None, now=NOON)


def test_the_switch_pauses_resumes_and_submits() -> None:
    campaign = make_campaign(submit=False)

    assert change(campaign, active=True).state == State.ACTIVE
    assert change(campaign, active=True).state == State.ACTIVE
    assert change(campaign, active=False).state == State.PAUSED
    assert change(campaign, active=False).pause_reason == "merchant"
    assert change(campaign, active=True).state == State.ACTIVE


def test_a_clone_is_a_draft_with_the_same_terms_that_starts_anew() -> None:
    campaign = make_campaign(seats=7, ends_at=NOON + timedelta(minutes=5))

    copy = services.clone(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=LATER
    )

    assert (copy.state, copy.seats, copy.title) == (State.DRAFT, 7, campaign.title)
    assert (copy.starts_at, copy.ends_at) == (LATER, None)
    assert selectors.outlet_ids(campaign_ids=[copy.pk])[copy.pk]


# --- states -------------------------------------------------------------------------------------


def refusals(campaign: Campaign, acts: Sequence[Act]) -> list[Act]:
    refused = []
    for act in acts:
        before = Campaign.objects.values().get(pk=campaign.pk)
        try:
            with transaction.atomic():
                act(campaign)
                transaction.set_rollback(True)
        except TransitionNotAllowed:
            refused.append(act)
            assert Campaign.objects.values().get(pk=campaign.pk) == before
    return refused


ACTS = [submit, approve, reject, pause, stop, resume, resume_as_operator, suspend, lift]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ([], [submit, suspend]),
        ([submit], [pause, stop, suspend]),
        ([submit, pause], [pause, stop, resume, resume_as_operator, suspend]),
        ([submit, stop], [stop, resume_as_operator, suspend]),
        ([submit, end], [suspend]),
        ([submit, suspend], [lift]),
        ([submit, pause, suspend], [lift]),
    ],
)
def test_only_the_drawn_arrows_can_be_walked(path: list[Act], allowed: list[Act]) -> None:
    campaign = make_campaign(submit=False)
    for act in path:
        act(campaign)

    assert refusals(campaign, ACTS) == [act for act in ACTS if act not in allowed]


def test_a_campaign_in_review_is_approved_or_rejected() -> None:
    campaign = make_campaign(cap_paise=600_00)

    assert refusals(campaign, ACTS) == [
        act for act in ACTS if act not in (approve, reject, suspend)
    ]
    assert reject(campaign).state == State.DRAFT
    submit(campaign)
    assert approve(campaign).state == State.ACTIVE


def test_a_lifted_suspension_returns_to_where_it_was() -> None:
    campaign = make_campaign()
    pause(campaign)
    suspend(campaign)

    lifted = lift(campaign)

    assert (lifted.state, lifted.pause_reason) == (State.PAUSED, "merchant")


def test_ending_twice_is_ending_once() -> None:
    campaign = make_campaign()
    first = end(campaign)

    assert end(campaign).status_changed_at == first.status_changed_at


@pytest.mark.parametrize("act", [services.reject, services.suspend, services.lift])
def test_an_operator_says_why(act: Callable[..., Any]) -> None:
    campaign = make_campaign()

    with pytest.raises(ReasonRequired):
        act(campaign_id=campaign.pk, actor_id=None, reason=" ", now=NOON)
    with pytest.raises(ReasonRequired):
        services.pause(campaign_id=campaign.pk, merchant_id=None, actor_id=None, now=NOON)


def test_every_act_leaves_a_trace_with_what_changed() -> None:
    campaign = make_campaign()
    suspend(campaign)

    event = AuditEvent.objects.get(action="campaign.suspended")
    assert (event.object_id, event.reason) == (str(campaign.pk), "odd")
    assert event.before == {"state": "ACTIVE"}
    assert event.after["state"] == "SUSPENDED"


def test_nothing_leaves_the_archive_but_a_suspension() -> None:
    assert [to for to in State if may_go(State.ARCHIVED, to)] == [State.SUSPENDED]


# --- the clock ----------------------------------------------------------------------------------


def tick(now: Any = LATER) -> services.Ticked:
    first = services.campaign_clock(now=now, limit=2)
    assert services.campaign_clock(now=now, limit=2).total == 0
    return first


def state_of(campaign: Campaign) -> tuple[str, str]:
    campaign.refresh_from_db()
    return campaign.state, campaign.pause_reason


def test_the_clock_starts_ends_and_archives() -> None:
    campaign = make_campaign(starts_at=LATER, ends_at=LATER + timedelta(hours=1))
    assert tick(LATER - timedelta(microseconds=1)).total == 0

    assert tick(LATER).activated == 1
    assert state_of(campaign) == ("ACTIVE", "")
    assert tick(LATER + timedelta(hours=1)).ended == 1
    assert state_of(campaign) == ("ENDED", "")
    assert not Deal.objects.get(campaign=campaign).is_live
    assert tick(LATER + timedelta(days=90)).archived == 0
    assert tick(LATER + timedelta(days=90, hours=1)).archived == 1


def test_the_clock_works_through_more_than_one_batch() -> None:
    merchant = make_merchant(funds_paise=1_00_000_00)
    make_outlet(merchant)
    made = [make_campaign(merchant, starts_at=LATER) for _ in range(5)]

    assert tick(LATER).activated == 5
    assert {state_of(campaign) for campaign in made} == {("ACTIVE", "")}


@pytest.mark.parametrize(
    ("caps", "label"),
    [
        ({"seats": 1}, ("EXHAUSTED", "")),
        ({"budget_paise": MAX_COST_PAISE}, ("EXHAUSTED", "")),
        ({"daily_seats": 1}, ("PAUSED", "daily_cap")),
        ({"daily_budget_paise": MAX_COST_PAISE}, ("PAUSED", "daily_cap")),
    ],
)
def test_the_label_follows_the_caps(caps: dict[str, Any], label: tuple[str, str]) -> None:
    campaign = make_campaign(**caps)
    offer = take(campaign, uuid4())

    assert tick().relabelled == 1
    assert state_of(campaign) == label
    with transaction.atomic():
        services.give_back(
            campaign_id=campaign.pk,
            scopes=offer.scopes,
            amount_paise=offer.max_cost_paise,
            seats=1,
        )
    # What is given back is sold at once; the label comes after.
    take(campaign, uuid4())
    with transaction.atomic():
        services.give_back(
            campaign_id=campaign.pk, scopes=offer.scopes[:2], amount_paise=MAX_COST_PAISE, seats=1
        )
    assert tick().relabelled == 1
    assert state_of(campaign) == ("ACTIVE", "")


def test_a_daily_cap_lifts_by_itself_at_the_zones_midnight() -> None:
    campaign = make_campaign(daily_seats=1)
    take(campaign, uuid4())
    tick()
    midnight = NOON.replace(hour=18, minute=30)

    assert tick(midnight - timedelta(microseconds=1)).relabelled == 0
    assert tick(midnight).relabelled == 1
    assert state_of(campaign) == ("ACTIVE", "")


def test_a_budget_that_is_topped_up_sells_again() -> None:
    campaign = make_campaign(budget_paise=MAX_COST_PAISE)
    take(campaign, uuid4())
    tick()

    change(campaign, budget_paise=2 * MAX_COST_PAISE)

    take(campaign, uuid4(), now=LATER)
    change(campaign, budget_paise=3 * MAX_COST_PAISE)
    tick()
    assert state_of(campaign) == ("ACTIVE", "")


def test_a_low_balance_pauses_and_a_top_up_resumes() -> None:
    merchant = make_merchant(funds_paise=MAX_COST_PAISE - 1)
    make_outlet(merchant)
    campaign = make_campaign(merchant)
    tick()
    assert state_of(campaign) == ("PAUSED", "low_balance")

    merchants.top_up(
        merchant_id=merchant.pk, amount_paise=1, reference="utr-1", actor_id=None,
        reason="bank transfer", now=LATER,
    )  # fmt: skip

    tick()
    assert state_of(campaign) == ("ACTIVE", "")


@pytest.mark.parametrize("act", [pause, stop])
def test_the_clock_leaves_a_persons_pause_alone(act: Act) -> None:
    campaign = make_campaign(seats=1)
    take(campaign, uuid4())
    act(campaign)

    assert tick().total == 0


def test_the_clock_hides_the_deals_of_a_closed_outlet_and_shows_them_again() -> None:
    campaign = make_campaign()
    outlet = campaign.deals.get().outlet

    def set_status(status: str) -> None:
        merchants.set_outlet_status(
            outlet_id=outlet.pk, status=status, actor_id=None, reason="repairs", now=LATER
        )

    set_status("PAUSED")
    assert tick().listings == 1
    assert not campaign.deals.get().is_live
    set_status("OPEN")
    assert tick().listings == 1
    assert campaign.deals.get().is_live


# --- exposure -----------------------------------------------------------------------------------


def exposure(campaign: Campaign) -> selectors.Exposure:
    return selectors.exposure(campaign_id=campaign.pk, merchant_id=None, now=LATER)


def test_exposure_is_what_is_held_and_what_can_still_be_sold() -> None:
    campaign = make_campaign(seats=10, budget_paise=5 * MAX_COST_PAISE + 99)
    take(campaign, uuid4())

    found = exposure(campaign)

    assert (found.held_paise, found.spent_paise) == (MAX_COST_PAISE, 0)
    assert (found.remaining_paise, found.remaining_seats) == (4 * MAX_COST_PAISE + 99, 9)
    assert found.exposure_paise == 5 * MAX_COST_PAISE + 99
    assert found.runway_days is None


def test_without_seats_and_budget_only_the_wallet_limits_the_exposure() -> None:
    assert exposure(make_campaign()).exposure_paise is None


def test_a_visit_turns_what_was_held_into_what_was_spent_and_sets_the_runway() -> None:
    campaign = make_campaign(seats=15)
    offer = take(campaign, uuid4())

    with transaction.atomic():
        services.give_back(
            campaign_id=campaign.pk, scopes=offer.scopes, amount_paise=18_00, seats=0
        )
        services.record_visit(
            campaign_id=campaign.pk, scopes=offer.scopes, spent_paise=MAX_COST_PAISE - 18_00
        )

    found = exposure(campaign)
    assert (found.held_paise, found.spent_paise) == (0, MAX_COST_PAISE - 18_00)
    # One visit in seven days, fourteen seats left.
    assert found.runway_days == 98.0
    assert selectors.find_overcommitted() == []


def test_the_check_sees_an_allotment_that_is_out_of_step() -> None:
    campaign = make_campaign(seats=5)
    take(campaign, uuid4())
    assert selectors.find_overcommitted() == []

    Allotment.objects.filter(campaign=campaign, scope=ALL).update(seats_taken=2)

    (found,) = selectors.find_overcommitted()
    assert (found.campaign_id, found.scope) == (campaign.pk, ALL)
    Allotment.objects.filter(campaign=campaign, scope=ALL).update(seats_taken=1)
