"""Boosts: the price and the slots, what goes back, and what ends by itself."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.campaigns import selectors, services
from apps.campaigns.errors import (
    AlreadyBoosted,
    BoostPriceChanged,
    CampaignNotOnSale,
    NoBoost,
    NoBoostSlot,
    UnknownCampaign,
)
from apps.campaigns.models import Boost, BoostSlot, Campaign, Deal
from apps.campaigns.tasks import settle_boosts
from apps.merchants import services as merchants
from apps.merchants.errors import MerchantNotActive, ReasonRequired
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet.errors import InsufficientFunds
from apps.wallet.models import Journal
from tests.campaigns.boosting import WEEK_PAISE, boost, boostable, put_on, settle, stop
from tests.campaigns.making import make_campaign
from tests.factories import request_key, wallet_balance
from tests.merchants.making import MANIPAL, NOON, make_merchant, make_outlet, make_zone
from uma.kernel.geo import Point
from uma.kernel.geohash import geohash
from uma.kernel.http.errors import IdempotencyKeyReused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FAR = Point(latitude=13.6, longitude=75.0)


def income(name: str, zone: str = "MNP") -> int:
    return ledger.balance_paise(code=codes.zone_account(zone, name))


def purse(campaign: Campaign) -> int:
    return wallet_balance(campaign.merchant_id)


@pytest.mark.parametrize(
    ("place", "signs", "word"),
    [
        (Point(57.64911, 10.40744), 11, "u4pruydqqvj"),
        (Point(42.6, -5.6), 5, "ezs42"),
        (Point(-25.382708, -49.265506), 8, "6gkzwgjz"),
        (Point(90, 180), 5, "zzzzz"),
    ],
)
def test_a_tile_is_called_as_everybody_calls_it(place: Point, signs: int, word: str) -> None:
    assert geohash(place, signs=signs) == word


def test_a_week_costs_what_the_worked_entry_says() -> None:
    campaign = boostable(funds_paise=WEEK_PAISE)

    bought = boost(campaign)

    assert (bought.price_paise, bought.cgst_paise, bought.sgst_paise) == (500_00, 45_00, 45_00)
    assert bought.ends_at == NOON + 7 * DAY
    assert purse(campaign) == 0
    assert [income(name) for name in ("boost", "gst_cgst", "gst_sgst")] == [500_00, 45_00, 45_00]


def test_between_two_states_the_tax_is_integrated_both_ways() -> None:
    make_zone("BLR", platform_state_code="27")
    campaign = boostable(zone="BLR", funds_paise=WEEK_PAISE)

    assert boost(campaign).igst_paise == 90_00
    stopped = stop(campaign, now=NOON + 3 * DAY)

    assert (stopped.refund_cgst_paise, stopped.refund_igst_paise) == (0, 51_43)
    assert income("gst_igst", "BLR") == 90_00 - 51_43


# Of 7 days: what goes back before tax, and each half of the tax on it.
BACK = {
    0: (500_00, 45_00),
    1: (428_57, 38_57),
    2: (357_14, 32_14),
    3: (285_71, 25_71),
    4: (214_29, 19_29),
    5: (142_86, 12_86),
    6: (71_43, 6_43),
}


@pytest.mark.parametrize("used", BACK)
def test_the_whole_days_that_are_left_go_back_to_the_paisa(used: int) -> None:
    campaign = boostable(funds_paise=WEEK_PAISE)
    boost(campaign)

    stopped = stop(campaign, now=NOON + used * DAY)

    base, half = BACK[used]
    assert (stopped.refund_paise, stopped.refund_cgst_paise, stopped.refund_sgst_paise) == (
        base, half, half,
    )  # fmt: skip
    assert stopped.unused_days == 7 - used
    assert purse(campaign) == base + 2 * half
    assert income("boost") == 500_00 - base


def test_a_day_that_has_begun_is_used() -> None:
    campaign = boostable()
    boost(campaign)

    assert stop(campaign, now=NOON + timedelta(seconds=1)).unused_days == 6


def test_on_its_last_day_a_boost_is_stopped_and_nothing_goes_back() -> None:
    campaign = boostable(funds_paise=WEEK_PAISE)
    boost(campaign)

    stopped = stop(campaign, now=NOON + 6 * DAY + timedelta(hours=1))

    assert (stopped.state, stopped.refund_journal_id, purse(campaign)) == ("STOPPED", None, 0)


def test_a_boost_that_is_over_or_was_never_bought_is_not_stopped() -> None:
    campaign = boostable()
    with pytest.raises(NoBoost):
        stop(campaign, now=NOON)
    boost(campaign)

    with pytest.raises(NoBoost):
        stop(campaign, now=NOON + 7 * DAY)


def test_pro_pays_less_and_the_refund_is_of_what_was_paid() -> None:
    campaign = boostable(plan="PRO")

    bought = boost(campaign)
    put_on(campaign, "BASIC")
    stopped = stop(campaign, now=NOON)

    assert bought.slot_paise == 450_00
    assert stopped.refund_total_paise == bought.total_paise == 531_00


def test_a_campaign_in_two_tiles_takes_and_pays_a_slot_in_each() -> None:
    merchant = make_merchant(funds_paise=1_00_000_00, plan="BASIC")
    outlets = [make_outlet(merchant), make_outlet(merchant, at=FAR), make_outlet(merchant, "Next")]
    campaign = make_campaign(merchant, outlet_ids=tuple(outlet.pk for outlet in outlets))

    bought = boost(campaign)

    assert (bought.tiles, bought.price_paise) == (2, 1_000_00)
    assert sorted(bought.slots.values_list("tile", flat=True)) == sorted(
        {geohash(MANIPAL), geohash(FAR)}
    )


def test_a_quote_says_what_it_costs_where_there_is_room_and_from_when_to_when() -> None:
    campaign, other = boostable(), boostable()
    boost(other)

    quote = selectors.quote(campaign_id=campaign.pk, merchant_id=campaign.merchant_id, now=NOON)

    assert quote.slots_left == {geohash(MANIPAL): 2}
    assert quote.bill.total_paise == WEEK_PAISE
    assert (quote.starts_at, quote.ends_at) == (NOON, NOON + 7 * DAY)


def test_another_price_than_was_shown_buys_nothing() -> None:
    campaign = boostable()

    with pytest.raises(BoostPriceChanged):
        boost(campaign, agreed_paise=WEEK_PAISE - 1)

    assert boost(campaign, agreed_paise=WEEK_PAISE).total_paise == WEEK_PAISE


def test_a_tile_has_so_many_slots_and_another_tile_has_its_own() -> None:
    for _ in range(3):
        boost(boostable())

    with pytest.raises(NoBoostSlot) as refusal:
        boost(boostable())

    assert refusal.value.extra == {"tiles": [geohash(MANIPAL)]}
    boost(boostable(at=FAR))


def test_a_slot_is_free_again_when_its_week_is_over_whatever_the_job_does() -> None:
    first = boostable()
    boost(first)
    for _ in range(2):
        boost(boostable(), now=NOON + DAY)

    bought = boost(boostable(), now=NOON + 7 * DAY)

    assert bought.slots.get().number == 1
    assert Boost.objects.get(campaign=first).state == "LIVE"


def test_a_slot_that_was_given_up_is_sold_again() -> None:
    campaigns = [boostable() for _ in range(3)]
    for campaign in campaigns:
        boost(campaign)
    stop(campaigns[1], now=NOON)

    assert boost(boostable()).slots.get().number == 2


def test_fewer_slots_from_now_on_take_none_from_those_who_have_one() -> None:
    for _ in range(2):
        boost(boostable())
    services.set_fees(zone_code="MNP", effective_from=NOON, boost_slots=1, actor_id=None, now=NOON)

    with pytest.raises(NoBoostSlot):
        boost(boostable())
    assert BoostSlot.objects.filter(released_at=None).count() == 2


def test_a_campaign_is_boosted_once_at_a_time() -> None:
    campaign = boostable()
    boost(campaign)

    with pytest.raises(AlreadyBoosted):
        boost(campaign, now=NOON + 6 * DAY)

    assert boost(campaign, now=NOON + 7 * DAY).starts_at == NOON + 7 * DAY


def test_the_same_request_is_the_same_boost_and_another_body_is_refused() -> None:
    campaign, actor = boostable(), uuid4()
    first = boost(campaign, key=request_key("k"), actor_id=actor)

    assert boost(campaign, key=request_key("k"), actor_id=actor, now=NOON + DAY).pk == first.pk
    with pytest.raises(IdempotencyKeyReused):
        boost(campaign, key=request_key("k", body=b"two"), actor_id=actor)


NOT_ON_SALE: dict[str, Callable[[Campaign], object]] = {
    "paused": lambda c: services.pause(
        campaign_id=c.pk, merchant_id=c.merchant_id, actor_id=None, now=NOON
    ),
    "ended": lambda c: services.end(
        campaign_id=c.pk, merchant_id=c.merchant_id, actor_id=None, now=NOON
    ),
    "not begun": lambda c: Campaign.objects.filter(pk=c.pk).update(starts_at=NOON + DAY),
}


@pytest.mark.parametrize("how", NOT_ON_SALE)
def test_only_what_is_on_sale_is_boosted(how: str) -> None:
    campaign = boostable()
    NOT_ON_SALE[how](campaign)

    with pytest.raises(CampaignNotOnSale):
        boost(campaign)


def test_who_cannot_pay_takes_no_slot() -> None:
    campaign = boostable(funds_paise=WEEK_PAISE - 1)

    with pytest.raises(InsufficientFunds):
        boost(campaign)

    assert not BoostSlot.objects.exists()
    assert not Boost.objects.exists()


def test_nobody_boosts_or_stops_anothers_campaign() -> None:
    campaign, other = boostable(), make_merchant()

    with pytest.raises(UnknownCampaign):
        services.boost(
            campaign_id=campaign.pk, merchant_id=other.pk, actor_id=uuid4(), key=None, now=NOON
        )
    with pytest.raises(UnknownCampaign):
        services.stop_boost(
            campaign_id=campaign.pk, merchant_id=other.pk, actor_id=uuid4(), now=NOON
        )


def test_an_operator_stops_a_boost_with_a_reason() -> None:
    campaign = boostable()
    boost(campaign)

    with pytest.raises(ReasonRequired):
        services.stop_boost(
            campaign_id=campaign.pk, merchant_id=None, actor_id=uuid4(), now=NOON, reason=" "
        )
    stopped = services.stop_boost(
        campaign_id=campaign.pk, merchant_id=None, actor_id=uuid4(), now=NOON, reason="a mistake"
    )

    assert stopped.stopped_because == "DESK"


def test_a_week_ends_by_itself_and_the_job_runs_as_often_as_it_likes() -> None:
    for _ in range(3):
        boost(boostable())

    assert [settle(NOON + 7 * DAY - timedelta(seconds=1)), settle(NOON + 7 * DAY)] == [0, 3]
    assert settle(NOON + 7 * DAY) == 0

    assert set(Boost.objects.values_list("state", flat=True)) == {"OVER"}
    assert not BoostSlot.objects.filter(released_at=None).exists()
    assert not Deal.objects.filter(boosted_until__isnull=False).exists()
    assert income("boost") == 3 * 500_00


def test_a_campaign_that_ends_returns_its_boost_as_of_its_end() -> None:
    campaign = boostable(funds_paise=WEEK_PAISE)
    boost(campaign)
    services.end(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON + 3 * DAY
    )

    # The job is a day late.
    assert [settle(NOON + 4 * DAY), settle(NOON + 4 * DAY)] == [1, 0]

    found = Boost.objects.get()
    assert (found.stopped_because, found.unused_days, found.refund_paise) == ("CAMPAIGN", 4, 285_71)
    assert purse(campaign) == 285_71 + 2 * 25_71


def test_a_campaign_that_ends_after_its_week_returns_nothing() -> None:
    campaign = boostable()
    boost(campaign)
    services.end(
        campaign_id=campaign.pk, merchant_id=campaign.merchant_id, actor_id=None, now=NOON + 8 * DAY
    )

    settle(NOON + 9 * DAY)

    assert Boost.objects.get().state == "OVER"


def test_every_boost_and_refund_has_one_journal_of_its_sum() -> None:
    for days in range(3):
        campaign = boostable()
        boost(campaign)
        stop(campaign, now=NOON + days * DAY)

    assert Journal.objects.filter(kind="boost").count() == 3
    assert set(Journal.objects.filter(kind="boost_refund").values_list("pk", flat=True)) == set(
        Boost.objects.values_list("refund_journal_id", flat=True)
    )
    # Not a paisa came or went beside the rows.
    assert income("boost") == sum(row.price_paise - row.refund_paise for row in Boost.objects.all())


def test_the_task_says_how_many_it_dealt_with() -> None:
    begun = timezone.now() - 8 * DAY
    boost(boostable(now=begun), now=begun)

    assert settle_boosts() == 1


def test_a_suspended_merchant_buys_no_boost() -> None:
    campaign = boostable()
    merchants.suspend(merchant_id=campaign.merchant_id, actor_id=None, reason="x", now=NOON)

    with pytest.raises(MerchantNotActive):
        boost(campaign)
