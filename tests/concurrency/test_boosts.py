"""The last slot of a tile, wanted by many at once; each lock with the control that needs it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from apps.campaigns import selectors, services
from apps.campaigns.models import Boost, BoostSlot, Campaign
from apps.campaigns.services import boosts, locking, room
from apps.merchants.models import Merchant
from apps.merchants.services import businesses
from tests.campaigns.boosting import WEEK_PAISE, boost, boostable, put_on, settle, stop
from tests.campaigns.making import make_campaign
from tests.concurrency.meeting import at_once, paused
from tests.factories import request_key, wallet_balance
from tests.merchants.making import NOON, make_merchant, make_outlet
from uma.kernel.http.idempotency import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)


@pytest.fixture
def slow_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    # Between the look at the slots and the sale of one.
    monkeypatch.setattr(BoostSlot.objects, "bulk_create", paused(BoostSlot.objects.bulk_create))


@pytest.fixture
def unlocked_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(zone_code: str, tiles: list[str]) -> None:
        del zone_code, tiles

    monkeypatch.setattr(boosts, "_lock_tiles", nothing)


@pytest.fixture
def unlocked_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*, campaign_id: UUID, merchant_id: UUID | None) -> Campaign:
        del merchant_id
        return Campaign.objects.select_related("zone", "merchant").get(pk=campaign_id)

    monkeypatch.setattr(locking, "lock", read)


def buying(
    campaign: Campaign, key: IdempotencyKey | None = None, actor_id: UUID | None = None
) -> Callable[[], str]:
    def buy() -> str:
        boost(campaign, key=key, actor_id=actor_id)
        return "bought"

    return buy


def nearly_full(wanted: int) -> list[Campaign]:
    """Return campaigns that want the last of three slots."""
    for _ in range(2):
        boost(boostable())
    return [boostable() for _ in range(wanted)]


def test_of_twenty_who_want_the_last_slot_exactly_one_gets_it() -> None:
    campaigns = nearly_full(20)

    outcomes = at_once(*(buying(campaign) for campaign in campaigns))

    assert Counter(map(str, outcomes)) == {"bought": 1, "NoBoostSlot": 19}
    assert BoostSlot.objects.filter(released_at=None).count() == 3
    paid = [c for c in campaigns if wallet_balance(c.merchant_id) == 1_00_000_00 - WEEK_PAISE]
    assert len(paid) == Boost.objects.count() - 2 == 1


@pytest.mark.usefixtures("slow_sale", "unlocked_tiles")
def test_without_the_tiles_lock_the_others_run_into_the_constraint() -> None:
    campaigns = nearly_full(4)

    outcomes = at_once(*(buying(campaign) for campaign in campaigns))

    # The race is real: others found the slot free as well, and the database sold it once.
    ended = Counter(map(str, outcomes))
    assert ended["bought"] == 1
    assert ended["IntegrityError"] >= 1
    assert Boost.objects.count() == 3


@pytest.mark.usefixtures("slow_sale", "unlocked_tiles")
def test_without_the_tiles_lock_a_buyer_is_turned_away_though_there_is_room() -> None:
    campaigns = [boostable() for _ in range(2)]

    outcomes = at_once(*(buying(campaign) for campaign in campaigns))

    assert sorted(map(str, outcomes)) == ["IntegrityError", "bought"]


@pytest.mark.usefixtures("slow_sale")
def test_two_who_find_room_for_both_get_a_slot_each() -> None:
    # Tiles that nobody boosted in are made by whoever comes first, and the others wait for that already.
    boost(boostable())
    campaigns = [boostable() for _ in range(2)]

    outcomes = at_once(*(buying(campaign) for campaign in campaigns))

    assert list(map(str, outcomes)) == ["bought", "bought"]
    assert sorted(BoostSlot.objects.values_list("number", flat=True)) == [1, 2, 3]


@pytest.mark.usefixtures("slow_sale")
def test_a_campaign_boosted_twice_at_once_is_boosted_and_paid_once() -> None:
    campaign = boostable()

    outcomes = at_once(buying(campaign), buying(campaign))

    assert sorted(map(str, outcomes)) == ["AlreadyBoosted", "bought"]
    assert wallet_balance(campaign.merchant_id) == 1_00_000_00 - WEEK_PAISE


@pytest.mark.usefixtures("slow_sale", "unlocked_campaign", "unlocked_tiles")
def test_without_the_campaigns_lock_the_second_boost_runs_into_the_constraint() -> None:
    campaign = boostable()

    outcomes = at_once(buying(campaign), buying(campaign))

    assert sorted(map(str, outcomes)) == ["IntegrityError", "bought"]


@pytest.mark.usefixtures("slow_sale")
def test_one_request_sent_twice_at_once_is_one_boost() -> None:
    campaign, actor, key = boostable(), uuid4(), request_key("twins")

    outcomes = at_once(*[buying(campaign, key, actor)] * 2)

    assert list(map(str, outcomes)) == ["bought", "bought"]
    assert Boost.objects.count() == 1


def stopping(campaign: Campaign) -> Callable[[], str]:
    def act() -> str:
        stop(campaign, now=NOON)
        return "stopped"

    return act


@pytest.fixture
def slow_refund(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "unused_of", paused(selectors.unused_of))


@pytest.mark.usefixtures("slow_refund")
def test_a_boost_stopped_twice_at_once_goes_back_once() -> None:
    campaign = boostable()
    boost(campaign)

    outcomes = at_once(stopping(campaign), stopping(campaign))

    assert sorted(map(str, outcomes)) == ["NoBoost", "stopped"]
    assert wallet_balance(campaign.merchant_id) == 1_00_000_00


@pytest.mark.usefixtures("slow_refund")
def test_without_the_campaigns_lock_the_ledger_returns_it_once(
    request: pytest.FixtureRequest,
) -> None:
    campaign = boostable()
    boost(campaign)
    request.getfixturevalue("unlocked_campaign")

    outcomes = at_once(stopping(campaign), stopping(campaign))

    assert sorted(map(str, outcomes)) == ["AlreadyPosted", "stopped"]
    assert wallet_balance(campaign.merchant_id) == 1_00_000_00


def test_two_jobs_at_one_week_close_it_once() -> None:
    campaign = boostable()
    boost(campaign)

    def job() -> int:
        return settle(NOON + WEEK)

    assert sorted(map(str, at_once(job, job))) == ["0", "1"]
    assert selectors.live_boost(campaign_id=campaign.pk) is None


def race_for_the_last_campaign(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    merchant = make_merchant(funds_paise=1_00_000_00, plan="BASIC")
    make_outlet(merchant)
    drafts = [make_campaign(merchant, submit=False) for _ in range(2)]
    for _ in range(2):
        make_campaign(merchant)
    monkeypatch.setattr(locking, "move", paused(locking.move))

    def submitting(draft: Campaign) -> Callable[[], str]:
        def submit() -> str:
            services.submit(campaign_id=draft.pk, merchant_id=merchant.pk, actor_id=None, now=NOON)
            return "live"

        return submit

    ended = sorted(map(str, at_once(*(submitting(draft) for draft in drafts))))
    return ended, room.on_sale(merchant.pk).count()


def test_the_last_campaign_of_a_plan_goes_on_sale_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert race_for_the_last_campaign(monkeypatch) == (["PlanLimitReached", "live"], 3)


def test_without_the_merchants_lock_one_campaign_too_many_is_on_sale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        businesses, "lock", lambda merchant_id: Merchant.objects.get(pk=merchant_id)
    )

    assert race_for_the_last_campaign(monkeypatch) == (["live", "live"], 4)


def test_a_boost_and_a_downgrade_of_the_plan_wait_in_no_circle() -> None:
    campaigns = [boostable() for _ in range(3)]
    for campaign in campaigns:
        put_on(campaign, "PRO")

    outcomes = at_once(
        *(buying(campaign) for campaign in campaigns),
        lambda: services.campaign_clock(now=NOON, limit=2).total >= 0,
    )

    assert list(map(str, outcomes)) == ["bought", "bought", "bought", "True"]
