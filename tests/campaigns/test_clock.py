"""What time does to campaigns, and what they can still cost."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.campaigns import selectors, services
from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment, Campaign, Deal
from apps.merchants import services as merchants
from tests.campaigns.acting import LATER, Act, change, pause, stop
from tests.campaigns.making import MAX_COST_PAISE, make_campaign, take
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db


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


def test_the_map_follows_an_outlet_whose_pin_or_category_was_corrected() -> None:
    campaign = make_campaign()
    deal, untouched = Deal.objects.get(), make_campaign().deals.get()
    corrected = Point(13.3530, 74.7930)
    merchants.change_outlet(
        outlet_id=deal.outlet_id,
        merchant_id=campaign.merchant_id,
        changes={"location": corrected, "category": "bakery"},
        actor_id=None,
        now=LATER,
    )

    assert tick().listings == 1

    deal.refresh_from_db()
    assert (deal.location, deal.category) == (corrected, "bakery")
    untouched.refresh_from_db()
    assert (untouched.location, untouched.category) == (MANIPAL, "cafe")
