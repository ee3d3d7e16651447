"""Taking a seat for a booking, giving it back, and counting the visit it became."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from apps.campaigns import guards, selectors
from apps.campaigns.errors import CampaignBusy, UnknownCampaign
from apps.campaigns.guards import Cap, Facts
from apps.campaigns.lifecycle import State
from uma.kernel.geo import Point
from uma.kernel.zones import open_until

STALE = "stale"
# A ride that began in time may end a little after the window (product rule 2.5).
WINDOW_GRACE = timedelta(minutes=15)
# An edit between the read and the lock is rare; three in a row are not an accident.
MOST_READINGS = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """The terms of a deal as they are sold to one rider; copied to the booking. Money in paise."""

    campaign_id: UUID
    revision: int
    merchant_id: UUID
    merchant_name: str
    outlet_id: UUID
    zone_code: str
    timezone: str
    title: str
    description: str
    discount_bps: int
    basis: str
    cap_paise: int
    deductible_paise: int
    cpt_fee_paise: int
    cpa_fee_paise: int
    gst_bps: int
    inter_state: bool
    max_cost_paise: int
    booking_ttl_minutes: int
    # When the window this was sold in is over, with the grace for a ride under way; `None` without windows.
    good_until: datetime | None
    static_qr: bool
    proof_policy: str
    geofence_policy: str
    scopes: tuple[str, ...]


def take(
    *,
    campaign_id: UUID,
    outlet_id: UUID | None,
    rider_id: UUID,
    rider_location: Point | None,
    now: datetime,
) -> Offer:
    """
    Take one seat and the most it can cost from every cap of the campaign, for the caller's booking.

    Runs in the caller's transaction and holds the campaign's allotments until it ends; a refusal
    has written nothing. The first guard of rule 2.4 that fails is the answer.

    Raises:
        UnknownCampaign, CampaignBusy, every `Ineligible`
    """
    assert connection.in_atomic_block, "a seat without its booking would be lost"
    for _ in range(MOST_READINGS):
        deal = selectors.visitable(
            campaign_id=campaign_id, outlet_id=outlet_id, rider_id=rider_id, place=rider_location
        )
        facts = deal.facts
        if facts.state in (State.DRAFT, State.IN_REVIEW):
            # Nobody but its owner has heard of it yet; a refusal with a reason would tell.
            raise UnknownCampaign
        failing = guards.refusals(
            facts, visited=deal.visited, held_out=deal.held_out, place=rider_location, now=now
        )
        refusal = next(failing, None)
        if refusal is not None:
            raise refusal
        wanted = guards.caps(facts, rider_id=rider_id, now=now)
        broken = _take(facts, wanted)
        if not broken:
            return _offer(facts, wanted, now=now)
        if STALE not in broken:
            raise guards.explain(wanted, broken, timezone=facts.timezone, now=now)[0]
    raise CampaignBusy


def give_back(*, campaign_id: UUID, scopes: Sequence[str], amount_paise: int, seats: int) -> None:
    """
    Return seats and money to the allotments a booking took from; in the caller's transaction.

    Expiry, cancellation and voiding return one seat and the whole cost; the sweep after a visit
    returns no seat and what was released. Callers with several bookings come in the order of
    campaign ids.
    """
    _return(campaign_id, scopes, seats=seats, amount_paise=amount_paise)


def record_visit(
    *, campaign_id: UUID, scopes: Sequence[str], spent_paise: int, visits: int = 1
) -> None:
    """
    Count a proven visit and what it cost the merchant; in the caller's transaction, once per
    handshake.

    A reversal counts `visits=-1` and the negative amount. This is bookkeeping for the owner's eyes:
    it runs after the scan, in the follow-up, so that no scan waits for the campaign.
    """
    _return(campaign_id, scopes, spent_paise=spent_paise, visits=visits)


def _take(facts: Facts, wanted: list[Cap]) -> set[str]:
    """Return the caps that refuse; an empty set means that all of them were taken from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT campaigns_take(%s, %s, %s, %s::bigint[], %s::bigint[], %s)",
            [
                facts.campaign_id,
                facts.version,
                [cap.scope for cap in wanted],
                [cap.seats for cap in wanted],
                [cap.budget_paise for cap in wanted],
                facts.max_cost_paise,
            ],
        )
        (broken,) = cursor.fetchone()
    return set(broken)


def _return(
    campaign_id: UUID,
    scopes: Sequence[str],
    *,
    seats: int = 0,
    amount_paise: int = 0,
    spent_paise: int = 0,
    visits: int = 0,
) -> None:
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT campaigns_give_back(%s, %s, %s, %s, %s, %s)",
            [campaign_id, list(scopes), seats, amount_paise, spent_paise, visits],
        )


def _offer(facts: Facts, wanted: list[Cap], *, now: datetime) -> Offer:
    closes_at = open_until(facts.windows, now, facts.timezone)
    return Offer(
        campaign_id=facts.campaign_id,
        revision=facts.revision,
        merchant_id=facts.merchant_id,
        merchant_name=facts.merchant_name,
        outlet_id=facts.outlet_id,
        zone_code=facts.zone_code,
        timezone=facts.timezone,
        title=facts.title,
        description=facts.description,
        discount_bps=facts.discount_bps,
        basis=facts.basis,
        cap_paise=facts.cap_paise,
        deductible_paise=facts.deductible_paise,
        cpt_fee_paise=facts.cpt_fee_paise,
        cpa_fee_paise=facts.cpa_fee_paise if facts.cpa_enabled else 0,
        gst_bps=facts.gst_bps,
        inter_state=facts.inter_state,
        max_cost_paise=facts.max_cost_paise,
        booking_ttl_minutes=facts.booking_ttl_minutes,
        good_until=closes_at + WINDOW_GRACE if closes_at else None,
        static_qr=facts.static_qr,
        proof_policy=facts.proof_policy,
        geofence_policy=facts.geofence_policy,
        scopes=tuple(cap.scope for cap in wanted),
    )
