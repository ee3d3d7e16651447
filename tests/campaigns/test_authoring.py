"""Writing and changing a campaign."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.campaigns import selectors, services
from apps.campaigns.errors import (
    CapBelowSold,
    FeesNotSet,
    FieldLocked,
    ReviewRequired,
    TermsInvalid,
    UnknownCampaign,
)
from apps.campaigns.guards import ALL
from apps.campaigns.lifecycle import State
from apps.campaigns.models import Allotment, Campaign, Deal, Revision
from apps.campaigns.terms import TERM_NAMES, Terms
from apps.merchants.errors import MerchantNotActive
from tests.campaigns.acting import LATER, Act, approve, change, end, submit, suspend
from tests.campaigns.making import MAX_COST_PAISE, WORKED, make_campaign, set_fees, take
from tests.merchants.making import NOON, make_merchant, make_outlet

pytestmark = pytest.mark.django_db


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


def test_a_change_of_limits_is_a_new_revision_and_each_keeps_all_terms() -> None:
    campaign, ends_at = make_campaign(), LATER + timedelta(days=1)

    changed = change(campaign, seats=5, budget_paise=10 * MAX_COST_PAISE, ends_at=ends_at)

    row = Allotment.objects.get(campaign=campaign, scope=ALL)
    assert (changed.revision, row.seats_limit, row.budget_paise) == (2, 5, 10 * MAX_COST_PAISE)
    newer, older = selectors.revisions(campaign_id=campaign.pk)
    fees = {"cpt_fee_paise", "cpa_fee_paise", "gst_bps"}
    assert set(newer.terms) == set(older.terms) == {*TERM_NAMES, *fees}
    assert (older.terms["seats"], newer.terms["seats"]) == (None, 5)
    assert newer.terms["ends_at"] == ends_at.isoformat()


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
