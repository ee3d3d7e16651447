"""The facts of a decision: one statement, one row, no lock."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from apps.campaigns.errors import UnknownCampaign
from apps.campaigns.guards import Facts, Taken
from apps.campaigns.holdouts import is_held_out
from apps.campaigns.models import Allotment
from uma.kernel.geo import Point, distance_m
from uma.kernel.zones import Window, windows_from

# One row of everything that guards, offers and lists need, in the order of `Facts`.
FACTS = """
SELECT c.id, c.version, c.revision, c.state, c.pause_reason, c.starts_at, c.ends_at, c.windows,
       c.title, c.description, c.discount_bps, c.basis, c.cap_paise, c.deductible_paise,
       c.cpt_fee_paise, c.cpa_enabled, c.cpa_fee_paise, c.gst_bps, c.audience, c.proof_policy,
       c.geofence_policy, c.booking_ttl_minutes, c.static_qr, c.budget_paise, c.daily_budget_paise, c.seats,
       c.daily_seats, c.per_rider, c.per_rider_per_day, c.per_outlet_daily, c.boosted_until,
       c.holdout_bps, c.salt,
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


class FactsRow:
    """Where the columns that are not what they look like stand, and how many there are."""

    WINDOWS = 7
    LOCATION = 41
    WIDTH = 48


@lru_cache(maxsize=1024)
def _windows(stored: str) -> tuple[Window, ...]:
    # Many campaigns have the same hours, and none at all is the most usual.
    return windows_from(json.loads(stored))


def facts_from(row: Sequence[Any]) -> Facts:
    """Return the facts in a row that `FACTS` selected."""
    values = list(row[: FactsRow.WIDTH])
    values[FactsRow.WINDOWS] = _windows(values[FactsRow.WINDOWS])
    longitude, latitude = values[FactsRow.LOCATION][1:-1].split(",")
    values[FactsRow.LOCATION] = Point(float(latitude), float(longitude))
    return Facts(*values)


_OF_CAMPAIGN = (
    FACTS  # noqa: S608  # constants only
    + """
     , EXISTS (SELECT FROM merchants_firstvisit v
                WHERE v.merchant_id = c.merchant_id AND v.person_id = %s)
  FROM campaigns_deal d"""
    + FROM_DEALS
    + " WHERE d.campaign_id = %s ORDER BY d.id"
)


@dataclass(frozen=True, slots=True)
class Visitable:
    """The facts of one deal, whether the rider was ever at this merchant, and whether it is kept from the rider."""

    facts: Facts
    visited: bool
    held_out: bool


def visitable_from(row: Sequence[Any], *, rider_id: UUID) -> Visitable:
    """Return the deal in a row of `FACTS` and of whether the rider was ever there."""
    facts = facts_from(row)
    held_out = is_held_out(person_id=rider_id, holdout_bps=facts.holdout_bps, salt=facts.salt)
    return Visitable(facts, row[FactsRow.WIDTH], held_out)


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
        rows = [visitable_from(row, rider_id=rider_id) for row in cursor.fetchall()]
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
