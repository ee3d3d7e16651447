"""Reads for those who own or review campaigns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.campaigns.costs import max_cost_paise
from apps.campaigns.errors import FeesNotSet, UnknownCampaign
from apps.campaigns.guards import ALL
from apps.campaigns.models import Allotment, Campaign, Deal, FeeSchedule, Revision
from uma.kernel.zones import DAYS_PER_WEEK, day_of


def fees(*, zone_code: str, at: datetime) -> FeeSchedule:
    """
    Return the fees in force in a zone at an instant.

    Raises:
        FeesNotSet
    """
    found = (
        FeeSchedule.objects.filter(zone_id=zone_code, effective_from__lte=at)
        .order_by("-effective_from")
        .first()
    )
    if found is None:
        raise FeesNotSet
    return found


def campaign(*, campaign_id: UUID, merchant_id: UUID | None = None) -> Campaign:
    """
    Return the campaign; with `merchant_id` only if it is that merchant's.

    Raises:
        UnknownCampaign
    """
    scope = Campaign.objects.select_related("zone", "merchant").filter(pk=campaign_id)
    if merchant_id is not None:
        scope = scope.filter(merchant_id=merchant_id)
    found = scope.first()
    if found is None:
        raise UnknownCampaign
    return found


def campaigns_of(*, merchant_id: UUID, limit: int, before_id: UUID | None = None) -> list[Campaign]:
    """Return the merchant's campaigns, the newest first, older than `before_id`."""
    rows = Campaign.objects.filter(merchant_id=merchant_id)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    return list(rows.order_by("-pk")[:limit])


def outlet_ids(*, campaign_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the outlets of each campaign, one statement for all of them."""
    found: dict[UUID, list[UUID]] = {campaign_id: [] for campaign_id in campaign_ids}
    rows = Deal.objects.filter(campaign_id__in=campaign_ids).order_by("id")
    for campaign_id, outlet_id in rows.values_list("campaign_id", "outlet_id"):
        found[campaign_id].append(outlet_id)
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Whose campaign it is, on which clock, and at which outlets."""

    merchant_id: UUID
    timezone: str
    outlet_ids: frozenset[UUID]


def places_of(*, campaign_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Return where the campaigns are offered; those that are not known are missing."""
    outlets = outlet_ids(campaign_ids=list(campaign_ids))
    rows = Campaign.objects.filter(pk__in=campaign_ids)
    return {
        key: Place(merchant_id, timezone, frozenset(outlets[key]))
        for key, merchant_id, timezone in rows.values_list("pk", "merchant_id", "zone__timezone")
    }


def revisions(*, campaign_id: UUID) -> list[Revision]:
    """Return the campaign's revisions, the newest first."""
    return list(Revision.objects.filter(campaign_id=campaign_id).order_by("-number"))


@dataclass(frozen=True, slots=True)
class Pace:
    """What of a campaign is sold so far; money in paise."""

    spent_paise: int
    committed_paise: int
    seats_taken: int
    visits: int


def paces(*, campaign_ids: Sequence[UUID]) -> dict[UUID, Pace]:
    """Return how far each campaign is, one statement for all of them."""
    rows = Allotment.objects.filter(campaign_id__in=campaign_ids, scope=ALL)
    return {
        campaign_id: Pace(*sold)
        for campaign_id, *sold in rows.values_list(
            "campaign_id", "spent_paise", "committed_paise", "seats_taken", "visits"
        )
    }


def cost_of(campaign: Campaign) -> int:
    """Return the most that one visit can cost under the campaign's terms of today, in paise."""
    return max_cost_paise(
        cap_paise=campaign.cap_paise,
        cpt_fee_paise=campaign.cpt_fee_paise,
        cpa_fee_paise=campaign.cpa_fee_paise if campaign.cpa_enabled else 0,
        gst_bps=campaign.gst_bps,
        inter_state=campaign.zone.platform_state_code != campaign.merchant.state_code,
    )


@dataclass(frozen=True, slots=True)
class Exposure:
    """
    The most a campaign can still cost, in paise.

    `held` is money of live bookings, `remaining` what can still be sold (None without seats or
    budget: no limit but the wallet). `runway_days` is at the rate of the last seven zone days, None
    without one.
    """

    max_cost_paise: int
    spent_paise: int
    held_paise: int
    remaining_paise: int | None
    remaining_seats: int | None
    runway_days: float | None

    @property
    def exposure_paise(self) -> int | None:
        return None if self.remaining_paise is None else self.held_paise + self.remaining_paise


def exposure(*, campaign_id: UUID, merchant_id: UUID | None, now: datetime) -> Exposure:
    """
    Return held + min(seats left times the cost of a visit, budget left) (product rule 2.3).

    Raises:
        UnknownCampaign
    """
    found = campaign(campaign_id=campaign_id, merchant_id=merchant_id)
    cost_paise = cost_of(found)
    week = [
        f"day:{day_of(now - timedelta(days=back), found.zone.timezone)}"
        for back in range(DAYS_PER_WEEK)
    ]
    rows = Allotment.objects.filter(campaign_id=found.pk, scope__in=[ALL, *week])
    by_scope = {row.scope: row for row in rows}
    everything = by_scope[ALL]
    seats_left = None
    offers = []
    if found.budget_paise is not None:
        offers.append(found.budget_paise - everything.committed_paise)
    if found.seats is not None:
        seats_left = found.seats - everything.seats_taken
        offers.append(seats_left * cost_paise)
    remaining = min(offers) if offers else None
    visits = sum(row.visits for scope, row in by_scope.items() if scope != ALL)
    runway = None
    if visits and remaining is not None and cost_paise:
        runway = round(remaining // cost_paise / (visits / DAYS_PER_WEEK), 1)
    return Exposure(
        max_cost_paise=cost_paise,
        spent_paise=everything.spent_paise,
        held_paise=everything.committed_paise - everything.spent_paise,
        remaining_paise=remaining,
        remaining_seats=seats_left,
        runway_days=runway,
    )
