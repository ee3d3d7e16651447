"""
Boosts: a week at the head of the list, bought in slots that the database counts.

Order of locks: the campaign and its allotment, then the tiles by name, then the ledger's accounts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.campaigns import selectors
from apps.campaigns.errors import (
    AlreadyBoosted,
    BoostPriceChanged,
    CampaignNotOnSale,
    NoBoost,
    NoBoostSlot,
)
from apps.campaigns.lifecycle import OVER
from apps.campaigns.models import Boost, BoostSlot, BoostTile, Campaign, Deal
from apps.campaigns.selectors import Quote
from apps.campaigns.services import locking
from apps.merchants.errors import MerchantNotActive, ReasonRequired
from apps.merchants.models import Merchant
from apps.merchants.pricing import refund_legs, sale_legs
from apps.wallet import services as wallet
from apps.wallet.codes import ZoneAccount
from uma.kernel.http.errors import IdempotencyKeyReused
from uma.kernel.http.idempotency import IdempotencyKey
from uma.kernel.ids import new_id

State, Because = Boost.State, Boost.Because


@dataclass(frozen=True, slots=True)
class Boosted:
    """A boost, and whether the same request was answered before."""

    boost: Boost
    replayed: bool


@transaction.atomic(durable=True)
def boost(
    *,
    campaign_id: UUID,
    merchant_id: UUID,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
    agreed_paise: int | None = None,
) -> Boosted:
    """
    Put a campaign on sale at the head of the list for a week; `agreed_paise` is the total that was shown.

    Raises:
        UnknownCampaign, CampaignNotOnSale, MerchantNotActive, AlreadyBoosted, NoBoostSlot, FeesNotSet,
        BoostPriceChanged, InsufficientFunds, WalletFrozen, IdempotencyKeyReused
    """
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    # Under the lock: a twin of this request has answered, or has not begun.
    if earlier := _answered(actor_id, key):
        return earlier
    _check_on_sale(campaign, now=now)
    running = selectors.live_boost(campaign_id=campaign_id)
    if running is not None and running.ends_at > now:
        raise AlreadyBoosted(until=running.ends_at)
    if running is not None:
        _close(running, campaign, State.OVER, at=now)
    _lock_tiles(campaign.zone_id, selectors.tiles_of(campaign_id=campaign_id))
    # Read under the tiles' locks: nobody takes a slot between the look and the sale.
    quote = selectors.quote_of(campaign, now=now)
    if agreed_paise is not None and agreed_paise != quote.bill.total_paise:
        raise BoostPriceChanged(total_paise=quote.bill.total_paise)
    if not quote.has_room:
        full = [tile for tile, left in quote.slots_left.items() if left <= 0]
        raise NoBoostSlot(tiles=full)
    bought = _sell(campaign, quote, actor_id=actor_id, key=key, now=now)
    _take_slots(bought, campaign.zone_id, quote, now=now)
    _show(campaign, until=bought.ends_at)
    locking.record(campaign, "boosted", actor_id=actor_id, now=now, before=campaign.state)
    return Boosted(bought, replayed=False)


@transaction.atomic(durable=True)
def stop_boost(
    *,
    campaign_id: UUID,
    merchant_id: UUID | None,
    actor_id: UUID,
    now: datetime,
    reason: str = "",
) -> Boost:
    """
    End a boost early and return the price of the whole days that are left (product entry 9b).

    `merchant_id` None is an operator, who says why.

    Raises:
        UnknownCampaign, NoBoost, ReasonRequired
    """
    if merchant_id is None and not reason.strip():
        raise ReasonRequired
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=merchant_id)
    running = selectors.live_boost(campaign_id=campaign_id)
    if running is None or running.ends_at <= now:
        raise NoBoost
    because = Because.DESK if merchant_id is None else Because.MERCHANT
    _stop(running, campaign, because, actor_id=actor_id, at=now, now=now)
    locking.record(
        campaign, "boost-stopped", actor_id=actor_id, now=now, before=campaign.state, reason=reason
    )
    return running


def settle_boosts(*, now: datetime, limit: int) -> int:
    """
    Close boosts whose week is over, and stop those whose campaign has ended; return how many.

    Each in its own transaction; a second run finds nothing. No list depends on it: it reads the clock.
    """
    done = 0
    while True:
        due = selectors.boosts_to_close(now=now, limit=limit)
        done += sum(_settle(found.campaign_id, now=now) for found in due)
        if len(due) < limit:
            return done


@transaction.atomic(durable=True)
def _settle(campaign_id: UUID, *, now: datetime) -> bool:
    campaign = locking.lock(campaign_id=campaign_id, merchant_id=None)
    running = selectors.live_boost(campaign_id=campaign_id)
    if running is None:
        return False
    if campaign.state in OVER and campaign.status_changed_at < running.ends_at:
        # As of the campaign's end: a job that is late does not cost the merchant a day.
        at = max(campaign.status_changed_at, running.starts_at)
        _stop(running, campaign, Because.CAMPAIGN, actor_id=None, at=at, now=now)
        locking.record(campaign, "boost-stopped", actor_id=None, now=now, before=campaign.state)
        return True
    if running.ends_at > now:
        return False
    _close(running, campaign, State.OVER, at=now)
    return True


def _check_on_sale(campaign: Campaign, *, now: datetime) -> None:
    if campaign.merchant.status != Merchant.Status.ACTIVE:
        raise MerchantNotActive
    if not selectors.can_be_boosted(campaign, now=now):
        raise CampaignNotOnSale


def _lock_tiles(zone_code: str, tiles: Sequence[str]) -> None:
    """Queue for the tiles in their order; of many who want the last slot one finds it free."""
    BoostTile.objects.bulk_create(
        [BoostTile(zone_code=zone_code, tile=tile) for tile in tiles], ignore_conflicts=True
    )
    rows = BoostTile.objects.select_for_update(no_key=True)
    list(rows.filter(zone_code=zone_code, tile__in=tiles).order_by("tile"))


def _sell(
    campaign: Campaign,
    quote: Quote,
    *,
    actor_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
) -> Boost:
    boost_id, sold = new_id(), quote.bill
    journal_id = wallet.post(
        kind="boost",
        reference=f"boost:{boost_id}",
        legs=sale_legs(
            sold,
            merchant_id=campaign.merchant_id,
            zone_code=campaign.zone_id,
            income=ZoneAccount.BOOST,
        ),
        zone_code=campaign.zone_id,
        event_at=now,
        actor_id=actor_id,
    )
    return Boost.objects.create(
        id=boost_id,
        campaign=campaign,
        starts_at=quote.starts_at,
        ends_at=quote.ends_at,
        tiles=len(quote.slots_left),
        slot_paise=quote.slot_paise,
        price_paise=sold.base_paise,
        gst_bps=quote.gst_bps,
        cgst_paise=sold.tax.cgst_paise,
        sgst_paise=sold.tax.sgst_paise,
        igst_paise=sold.tax.igst_paise,
        journal_id=journal_id,
        bought_by=actor_id,
        request_key=key.key if key else None,
        request_fingerprint=key.fingerprint if key else None,
    )


def _take_slots(bought: Boost, zone_code: str, quote: Quote, *, now: datetime) -> None:
    there = BoostSlot.objects.filter(
        zone_code=zone_code, tile__in=list(quote.slots_left), released_at=None
    )
    # A week that is over gives its slot up here, whatever the job does.
    there.filter(ends_at__lte=now).update(released_at=now)
    taken = set(there.values_list("tile", "number"))
    BoostSlot.objects.bulk_create(
        [
            BoostSlot(
                boost=bought,
                zone_code=zone_code,
                tile=tile,
                number=_free(tile, taken, quote.slots_limit),
                slots_limit=quote.slots_limit,
                ends_at=bought.ends_at,
            )
            for tile in quote.slots_left
        ]
    )


def _free(tile: str, taken: set[tuple[str, int]], limit: int) -> int:
    for number in range(1, limit + 1):
        if (tile, number) not in taken:
            return number
    raise NoBoostSlot(tiles=[tile])


def _stop(
    running: Boost,
    campaign: Campaign,
    because: str,
    *,
    actor_id: UUID | None,
    at: datetime,
    now: datetime,
) -> None:
    unused = selectors.unused_of(running, at=at)
    if back := unused.back:
        running.unused_days, running.refund_paise = unused.days, back.base_paise
        running.refund_cgst_paise = back.tax.cgst_paise
        running.refund_sgst_paise = back.tax.sgst_paise
        running.refund_igst_paise = back.tax.igst_paise
        running.refund_journal_id = wallet.post(
            kind="boost_refund",
            reference=f"boost_refund:{running.pk}",
            legs=refund_legs(
                back,
                merchant_id=campaign.merchant_id,
                zone_code=campaign.zone_id,
                income=ZoneAccount.BOOST,
            ),
            zone_code=campaign.zone_id,
            event_at=now,
            actor_id=actor_id,
            reverses=running.journal_id,
        )
    running.stopped_because = because
    _close(running, campaign, State.STOPPED, at=now)


def _close(running: Boost, campaign: Campaign, state: str, *, at: datetime) -> None:
    running.state, running.closed_at = state, at
    running.save()
    BoostSlot.objects.filter(boost=running, released_at=None).update(released_at=at)
    _show(campaign, until=None)


def _show(campaign: Campaign, *, until: datetime | None) -> None:
    """Write how long the campaign is listed first; no term of it changes, so no booking notices."""
    campaign.boosted_until = until
    campaign.save(update_fields=["boosted_until"])
    Deal.objects.filter(campaign=campaign).update(boosted_until=until)


def _answered(actor_id: UUID, key: IdempotencyKey | None) -> Boosted | None:
    if key is None:
        return None
    found = Boost.objects.filter(bought_by=actor_id, request_key=key.key).first()
    if found is None:
        return None
    if bytes(found.request_fingerprint or b"") != key.fingerprint:
        raise IdempotencyKeyReused
    return Boosted(found, replayed=True)
