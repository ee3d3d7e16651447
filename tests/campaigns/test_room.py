"""How many campaigns a plan lets be on sale: at the door, after a downgrade, and back."""

import pytest

from apps.campaigns import services
from apps.campaigns.models import Campaign
from apps.merchants.errors import PlanLimitReached
from apps.merchants.models import Merchant
from tests.campaigns.making import make_campaign
from tests.factories import make_booking, make_shop
from tests.merchants.making import NOON, make_merchant, make_outlet

pytestmark = pytest.mark.django_db


def full(plan: str = "BASIC", count: int = 3) -> tuple[Merchant, list[Campaign]]:
    merchant = make_merchant(funds_paise=1_00_000_00, plan=plan)
    make_outlet(merchant)
    return merchant, [make_campaign(merchant) for _ in range(count)]


def put_on(merchant: Merchant, plan: str) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(plan=plan)


def states(merchant: Merchant) -> list[tuple[str, str]]:
    rows = Campaign.objects.filter(merchant=merchant).order_by("created_at", "pk")
    return list(rows.values_list("state", "pause_reason"))


def tick() -> int:
    return services.campaign_clock(now=NOON, limit=50).by_plan


def pause(campaign: Campaign) -> None:
    services.pause(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON
    )


def resume(campaign: Campaign) -> Campaign:
    return services.resume(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON
    )


def test_the_fourth_campaign_on_sale_needs_pro_and_the_refusal_says_so() -> None:
    merchant, _ = full()

    with pytest.raises(PlanLimitReached) as refusal:
        make_campaign(merchant)

    assert refusal.value.extra == {
        "feature": "live_campaigns", "limit": 3, "plan": "basic", "plan_needed": "pro",
    }  # fmt: skip
    draft = make_campaign(merchant, submit=False)
    with pytest.raises(PlanLimitReached):
        services.submit(campaign_id=draft.pk, merchant_id=merchant.pk, actor_id=None, now=NOON)
    put_on(merchant, "PRO")
    assert make_campaign(merchant).state == "ACTIVE"


def test_a_pause_makes_room_and_what_was_paused_waits_for_it() -> None:
    merchant, campaigns = full()
    pause(campaigns[0])
    make_campaign(merchant)

    with pytest.raises(PlanLimitReached):
        resume(campaigns[0])


def test_after_a_downgrade_the_newest_are_paused_and_nothing_is_deleted() -> None:
    merchant, _ = full("PRO", 5)
    put_on(merchant, "BASIC")

    assert [tick(), tick()] == [2, 0]

    assert states(merchant) == [("ACTIVE", "")] * 3 + [("PAUSED", "plan")] * 2


def test_a_merchant_within_its_plan_is_left_alone() -> None:
    merchant, _ = full()

    assert tick() == 0
    assert states(merchant) == [("ACTIVE", "")] * 3


def test_what_waits_for_the_plan_comes_back_as_soon_as_there_is_room() -> None:
    merchant, campaigns = full("PRO", 5)
    put_on(merchant, "BASIC")
    tick()
    pause(campaigns[0])

    assert [tick(), tick()] == [1, 0]
    assert states(merchant) == [
        ("PAUSED", "merchant"), ("ACTIVE", ""), ("ACTIVE", ""), ("ACTIVE", ""), ("PAUSED", "plan"),
    ]  # fmt: skip

    put_on(merchant, "PRO")
    assert tick() == 1
    assert states(merchant)[-1] == ("ACTIVE", "")


def test_an_owner_who_resumes_what_waits_is_told_which_plan_is_needed() -> None:
    merchant, campaigns = full("PRO", 4)
    put_on(merchant, "BASIC")
    tick()

    with pytest.raises(PlanLimitReached):
        resume(campaigns[3])
    pause(campaigns[0])
    assert resume(campaigns[3]).state == "ACTIVE"


def test_what_is_booked_is_honoured_after_a_downgrade() -> None:
    shop = make_shop()
    booking = make_booking(shop)
    for _ in range(3):
        make_campaign(shop.merchant)
    put_on(shop.merchant, "BASIC")

    tick()

    booking.refresh_from_db()
    assert booking.state == "BOOKED"
