"""Reads about boosts: what one would cost now, where there is room, and what runs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.campaigns.lifecycle import is_on_sale
from apps.campaigns.models import Boost, BoostSlot, Campaign, Deal
from apps.campaigns.selectors.owned import campaign as own_campaign
from apps.campaigns.selectors.owned import fees
from apps.campaigns.terms import has_ended
from apps.merchants import selectors as merchants
from apps.merchants.models import Feature
from apps.merchants.pricing import Bill, bill, part_back, share
from uma.kernel.geohash import geohash
from uma.kernel.gst import Gst
from uma.kernel.money import share_bps
from uma.kernel.zones import DAYS_PER_WEEK

WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_BPS_PER_PERCENT = 100
# However large the discount: nothing is sold for nothing.
_LEAST_PAISE = 1_00


@dataclass(frozen=True, slots=True)
class Quote:
    """
    What a week costs from now on: a slot in each tile where the campaign is listed.

    `slots_left` is the room in each tile; `slot_paise` a slot's price after the plan's discount.
    """

    starts_at: datetime
    ends_at: datetime
    slots_left: dict[str, int]
    slots_limit: int
    slot_paise: int
    gst_bps: int
    bill: Bill

    @property
    def has_room(self) -> bool:
        return bool(self.slots_left) and min(self.slots_left.values()) > 0


def quote(*, campaign_id: UUID, merchant_id: UUID | None, now: datetime) -> Quote:
    """
    Return what a boost of the campaign would cost now, and where there is room for it.

    Raises:
        UnknownCampaign, FeesNotSet
    """
    return quote_of(own_campaign(campaign_id=campaign_id, merchant_id=merchant_id), now=now)


def quote_of(campaign: Campaign, *, now: datetime) -> Quote:
    """
    Return the quote for a campaign that was read with its zone and its merchant.

    Raises:
        FeesNotSet
    """
    tiles = tiles_of(campaign_id=campaign.pk)
    schedule = fees(zone_code=campaign.zone_id, at=now)
    percent = merchants.limits_of(plan=campaign.merchant.plan)[Feature.BOOST_DISCOUNT] or 0
    week_paise = schedule.boost_week_paise
    slot_paise = max(_LEAST_PAISE, week_paise - share_bps(week_paise, percent * _BPS_PER_PERCENT))
    taken = Counter(
        BoostSlot.objects.filter(
            zone_code=campaign.zone_id, tile__in=tiles, released_at=None, ends_at__gt=now
        ).values_list("tile", flat=True)
    )
    return Quote(
        starts_at=now,
        ends_at=now + WEEK,
        slots_left={tile: max(0, schedule.boost_slots - taken[tile]) for tile in tiles},
        slots_limit=schedule.boost_slots,
        slot_paise=slot_paise,
        gst_bps=schedule.gst_bps,
        bill=bill(
            slot_paise * len(tiles),
            gst_bps=schedule.gst_bps,
            inter_state=campaign.zone.platform_state_code != campaign.merchant.state_code,
        ),
    )


def tiles_of(*, campaign_id: UUID) -> list[str]:
    """Return the tiles of the map in which the campaign is listed, in their order."""
    places = Deal.objects.filter(campaign_id=campaign_id).values_list("location", flat=True)
    return sorted({geohash(place) for place in places})


def live_boost(*, campaign_id: UUID) -> Boost | None:
    """Return the campaign's boost that was not closed yet, or None."""
    return Boost.objects.filter(campaign_id=campaign_id, state=Boost.State.LIVE).first()


def newest_boost(*, campaign_id: UUID) -> Boost | None:
    """Return the campaign's last boost, whatever became of it, or None."""
    return Boost.objects.filter(campaign_id=campaign_id).order_by("-starts_at", "-pk").first()


def can_be_boosted(campaign: Campaign, *, now: datetime) -> bool:
    """Say whether the campaign is on sale at this moment; only then is it sold a place in the list."""
    return (
        is_on_sale(campaign.state, campaign.pause_reason)
        and campaign.starts_at <= now
        and not has_ended(campaign.ends_at, now)
    )


@dataclass(frozen=True, slots=True)
class Unused:
    """The whole days that are left of a boost, and what goes back for them; None when nothing does."""

    days: int
    back: Bill | None


def unused_of(running: Boost, *, at: datetime) -> Unused:
    """Return what a boost that ends at this moment leaves unused (product entry 9b)."""
    days = min((running.ends_at - at) // _DAY, DAYS_PER_WEEK)
    base_paise = share(running.price_paise, part=days, whole=WEEK // _DAY)
    if not base_paise:
        return Unused(days, None)
    tax = Gst(running.cgst_paise, running.sgst_paise, running.igst_paise)
    sold = Bill(running.price_paise, tax)
    return Unused(days, part_back(sold, Bill(0, Gst()), base_paise, gst_bps=running.gst_bps))


def boosts_to_close(*, now: datetime, limit: int) -> Sequence[Boost]:
    """Return boosts whose week is over or whose campaign has ended, the oldest first."""
    live = Boost.objects.filter(state=Boost.State.LIVE)
    due = live.filter(ends_at__lte=now) | live.filter(campaign__state__in=["ENDED", "ARCHIVED"])
    return list(due.order_by("pk")[:limit])
