"""Reads about campaigns: the facts of a decision, a merchant's own list, and what must never be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q

from apps.campaigns.errors import FeesNotSet, UnknownCampaign
from apps.campaigns.guards import ALL, Facts, Taken
from apps.campaigns.models import Allotment, Campaign, Deal, FeeSchedule, Revision
from apps.campaigns.terms import windows_from
from uma.kernel.geo import Point, distance_m
from uma.kernel.zones import day_of

# One row of everything that guards, offers and lists need; the columns stand in the order of `Facts`.
FACTS = """
SELECT c.id, c.version, c.revision, c.state, c.pause_reason, c.starts_at, c.ends_at, c.windows,
       c.title, c.description, c.discount_bps, c.basis, c.cap_paise, c.deductible_paise,
       c.cpt_fee_paise, c.cpa_enabled, c.cpa_fee_paise, c.gst_bps, c.audience, c.geofence_policy,
       c.booking_ttl_minutes, c.static_qr, c.budget_paise, c.daily_budget_paise, c.seats,
       c.daily_seats, c.per_rider, c.per_rider_per_day, c.per_outlet_daily, c.boosted_until,
       m.id, m.brand, m.status, m.state_code,
       o.id, o.name, o.address, o.category, o.location, o.radius_m, o.status,
       z.code, z.timezone, z.platform_state_code, z.bookings_paused_at
"""
FROM_DEALS = """
  JOIN campaigns_campaign c ON c.id = d.campaign_id
  JOIN merchants_merchant m ON m.id = c.merchant_id
  JOIN merchants_outlet o ON o.id = d.outlet_id
  JOIN merchants_zone z ON z.code = c.zone_id
"""
_WINDOWS = 7
_LOCATION = 38
_COLUMNS = 45


def facts_from(row: Sequence[Any]) -> Facts:
    """Return the facts in a row that `FACTS` selected."""
    values = list(row[:_COLUMNS])
    stored = values[_WINDOWS]
    values[_WINDOWS] = windows_from(stored) if stored else ()
    longitude, latitude = values[_LOCATION][1:-1].split(",")
    values[_LOCATION] = Point(float(latitude), float(longitude))
    return Facts(*values)


_OF_CAMPAIGN = (
    FACTS
    + """
     , EXISTS (SELECT FROM merchants_firstvisit v
                WHERE v.merchant_id = c.merchant_id AND v.person_id = %s)
  FROM campaigns_deal d"""
    + FROM_DEALS
    + " WHERE d.campaign_id = %s ORDER BY d.id"
)


@dataclass(frozen=True, slots=True)
class Visitable:
    """The facts of one deal, and whether the rider was ever at this merchant."""

    facts: Facts
    visited: bool


def visitable(
    *, campaign_id: UUID, outlet_id: UUID | None, rider_id: UUID, place: Point | None
) -> Visitable:
    """
    Return the deal of a campaign that a rider means; one statement, no lock.

    Without an outlet it is the nearest open one to `place`, or the campaign's first that is open.

    Raises:
        UnknownCampaign
    """
    with connection.cursor() as cursor:
        cursor.execute(_OF_CAMPAIGN, [rider_id, campaign_id])
        rows = [Visitable(facts_from(row), row[_COLUMNS]) for row in cursor.fetchall()]
    if outlet_id is not None:
        rows = [row for row in rows if row.facts.outlet_id == outlet_id]
    if not rows:
        raise UnknownCampaign
    # A stable sort: equal keys keep the order in which the outlets were added.
    return min(rows, key=lambda row: _preference(row.facts, place))


def _preference(facts: Facts, place: Point | None) -> tuple[bool, int]:
    away_m = distance_m(place, facts.location) if place else 0
    return facts.outlet_status != "OPEN", away_m


def sold(*, campaign_id: UUID, scopes: Iterable[str]) -> dict[str, Taken]:
    """Return how much of these allotments is sold; a scope nobody bought in is missing."""
    rows = Allotment.objects.filter(campaign_id=campaign_id, scope__in=list(scopes))
    return {
        scope: Taken(seats, paise)
        for scope, seats, paise in rows.values_list("scope", "seats_taken", "committed_paise")
    }


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


def revisions(*, campaign_id: UUID) -> list[Revision]:
    """Return the campaign's revisions, the newest first."""
    return list(Revision.objects.filter(campaign_id=campaign_id).order_by("-number"))


@dataclass(frozen=True, slots=True)
class Exposure:
    """
    The most a campaign can still cost, in paise.

    `held` is money of live bookings, `remaining` what can still be sold (None without seats or budget:
    no limit but the wallet). `runway_days` is at the rate of the last seven zone days, None without one.
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


def exposure(*, campaign: Campaign, cost_paise: int, now: datetime) -> Exposure:
    """Return held + min(remaining seats × `cost_paise`, remaining budget) (product rule 2.3)."""
    week = [
        f"day:{day_of(now - timedelta(days=back), campaign.zone.timezone)}" for back in range(7)
    ]
    rows = Allotment.objects.filter(campaign_id=campaign.pk, scope__in=[ALL, *week])
    by_scope = {row.scope: row for row in rows}
    everything = by_scope[ALL]
    seats_left = None
    offers = []
    if campaign.budget_paise is not None:
        offers.append(campaign.budget_paise - everything.committed_paise)
    if campaign.seats is not None:
        seats_left = campaign.seats - everything.seats_taken
        offers.append(seats_left * cost_paise)
    remaining = min(offers) if offers else None
    visits = sum(row.visits for scope, row in by_scope.items() if scope != ALL)
    runway = None
    if visits and remaining is not None and cost_paise:
        runway = round(remaining // cost_paise / (visits / 7), 1)
    return Exposure(
        max_cost_paise=cost_paise,
        spent_paise=everything.spent_paise,
        held_paise=everything.committed_paise - everything.spent_paise,
        remaining_paise=remaining,
        remaining_seats=seats_left,
        runway_days=runway,
    )


@dataclass(frozen=True, slots=True)
class Violation:
    """A fact about a campaign that must never be: whose, and what."""

    campaign_id: UUID
    scope: str
    what: str


def find_overcommitted() -> list[Violation]:
    """
    Return every allotment that is oversold, overspent or out of step with its campaign (INV-22).

    Constraints refuse the first two; the nightly check would see it if one were dropped.
    """
    beyond = (
        Q(seats_taken__lt=0)
        | Q(committed_paise__lt=0)
        | Q(spent_paise__lt=0)
        | Q(spent_paise__gt=F("committed_paise"))
        | Q(seats_taken__gt=F("seats_limit"))
        | Q(committed_paise__gt=F("budget_paise"))
        | Q(scope=ALL, seats_taken__gt=F("campaign__seats"))
        | Q(scope=ALL, committed_paise__gt=F("campaign__budget_paise"))
    )
    rows = Allotment.objects.filter(beyond).order_by("campaign_id", "scope")
    found = [
        Violation(row.campaign_id, row.scope, f"{row.seats_taken}/{row.seats_limit} seats, "
                  f"{row.committed_paise}/{row.budget_paise} paise, {row.spent_paise} spent")
        for row in rows
    ]  # fmt: skip
    return found + _days_out_of_step()


_OUT_OF_STEP = """
SELECT a.campaign_id, a.seats_taken, a.committed_paise, sum(d.seats_taken), sum(d.committed_paise)
  FROM campaigns_allotment a
  JOIN campaigns_allotment d ON d.campaign_id = a.campaign_id AND d.scope LIKE 'day:%'
 WHERE a.scope = 'all'
 GROUP BY a.id
HAVING (a.seats_taken, a.committed_paise) <> (sum(d.seats_taken), sum(d.committed_paise))
 ORDER BY a.campaign_id
"""


def _days_out_of_step() -> list[Violation]:
    """Every booking takes from the whole and from its day, so the days sum to the whole."""
    with connection.cursor() as cursor:
        cursor.execute(_OUT_OF_STEP)
        return [
            Violation(
                row[0], ALL, f"{row[1]} seats and {row[2]} paise; its days {row[3]}, {row[4]}"
            )
            for row in cursor.fetchall()
        ]
