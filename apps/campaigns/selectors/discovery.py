"""The map: deals near a rider, each with every reason why it cannot be booked now."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from apps.campaigns import guards
from apps.campaigns.errors import UnknownCampaign
from apps.campaigns.guards import Cap, Facts, Taken
from apps.campaigns.lifecycle import State
from apps.campaigns.selectors.facts import (
    FACTS,
    FROM_DEALS,
    FactsRow,
    Visitable,
    facts_from,
    visitable,
)
from apps.wallet import codes
from apps.wallet import selectors as ledger
from uma.kernel.geo import METRES_PER_DEGREE, Box, Point, distance_m
from uma.kernel.http.errors import InvalidCursor

# The Earth is not a plane: how far its distances and the formulas below may differ, with room to
# spare.
_SLACK = 0.002
# Rows read beyond the page at first, so that one statement is enough nearly always: those between
# the two ways to measure, which grow with the latitude, and a few for luck.
_SPARE_ROWS, _LEAST_SHRINK = 8, 0.4


class Sort(StrEnum):
    DISTANCE = "distance"
    CASHBACK = "cashback"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    What a rider looks for. `sort` by distance needs `near`, which needs `radius_m`.

    `after` is the `next_cursor` of the page before.
    """

    near: Point | None = None
    radius_m: int = 10_000
    box: Box | None = None
    category: str | None = None
    min_cashback_paise: int | None = None
    open_now: bool = False
    zone_code: str | None = None
    sort: Sort = Sort.NEWEST
    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A guard that fails, and until when (None: nobody knows)."""

    code: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class FoundDeal:
    """A deal on the map: one campaign at its nearest outlet."""

    facts: Facts
    away_m: int | None
    boosted: bool
    reasons: tuple[Reason, ...]

    @property
    def bookable(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Found:
    """A page of deals and the position of the next one; None at the end."""

    deals: list[FoundDeal]
    next_cursor: str | None


_COLUMNS = (
    FACTS
    + """
     , EXISTS (SELECT FROM merchants_firstvisit v
                WHERE v.merchant_id = c.merchant_id AND v.person_id = %(rider)s)
     , d.id, d.listed_at, d.away
"""
)
_NEAREST = (
    _COLUMNS
    + """
  FROM campaigns_nearest(%(near)s::point, %(circle)s::circle, %(radius)s, %(box)s::box, %(now)s,
                         %(category)s, %(zone)s, %(cashback)s, %(open_now)s, %(least)s, %(rows)s) d
"""
    + FROM_DEALS
    + "ORDER BY d.away"
)
# `{d}` is the deal, or another outlet of the same campaign.
_MATCH = """{d}.is_live
   AND campaigns_deal_matches(
         {d}, %(now)s, %(category)s, %(zone)s, %(cashback)s, %(open_now)s)
   AND (%(box)s::box IS NULL OR {d}.location <@ %(box)s::box)"""
_WITHIN = """
   AND {d}.location <@ %(circle)s::circle
   AND campaigns_metres({d}.location, %(near)s::point) <= %(radius)s"""
# The column that leads the order, and its type in a cursor.
_KEYS = {
    Sort.CASHBACK: ("reimbursement_paise", "bigint"),
    Sort.NEWEST: ("listed_at", "timestamptz"),
}


def _statement(search: Search) -> str:
    """Return the page's SQL, put together from constants and nothing else."""
    if search.sort == Sort.DISTANCE:
        return _NEAREST
    match, rank, away = _MATCH, "{d}.id", "NULL::float8"
    if search.near is not None:
        match += _WITHIN
        away = "d.location <-> %(near)s::point"
        rank = "({d}.location <-> %(near)s::point, {d}.id)"
    key, kind = _KEYS[search.sort]
    after = f"AND (d.{key}, d.id) < (%(last)s::{kind}, %(last_id)s::uuid)" if search.after else ""
    return f"""{_COLUMNS}
  FROM (SELECT d.id, d.campaign_id, d.outlet_id, d.listed_at, d.reimbursement_paise, {away} AS away
          FROM campaigns_deal d
         WHERE {match.format(d="d")} {after}
           AND (d.is_alone OR NOT EXISTS (
                 SELECT FROM campaigns_deal s
                  WHERE s.campaign_id = d.campaign_id AND {match.format(d="s")}
                    AND {rank.format(d="s")} < {rank.format(d="d")}))
         ORDER BY d.{key} DESC, d.id DESC LIMIT %(rows)s) d
{FROM_DEALS}
 ORDER BY d.{key} DESC, d.id DESC"""  # noqa: S608  # constants only


@dataclass(frozen=True, slots=True)
class _Row:
    deal: Visitable
    deal_id: UUID
    listed_at: datetime
    degrees: float
    away_m: int | None


def discover(*, search: Search, rider_id: UUID, now: datetime) -> Found:
    """
    Return a page of deals with the reasons why some cannot be booked; a fixed number of statements.

    A campaign stands once in the list, at its outlet nearest to the rider.

    Raises:
        InvalidCursor
    """
    if search.sort == Sort.DISTANCE:
        rows = _nearest(search, rider_id=rider_id, now=now)
    else:
        rows = _read(search, rider_id=rider_id, now=now, rows=search.limit + 1)
    page = rows[: search.limit]
    more = len(rows) > search.limit
    reasons = _reasons([row.deal for row in page], search.near, rider_id=rider_id, now=now)
    return Found(
        [
            FoundDeal(row.deal.facts, row.away_m, _is_boosted(row.deal.facts, now), tuple(why))
            for row, why in zip(page, reasons, strict=True)
        ],
        _position(page[-1], search.sort) if more else None,
    )


def one_deal(
    *,
    campaign_id: UUID,
    rider_id: UUID,
    place: Point | None,
    now: datetime,
    outlet_id: UUID | None = None,
) -> FoundDeal:
    """
    Return one deal as a rider sees it; what was never approved does not exist for riders.

    Raises:
        UnknownCampaign
    """
    deal = visitable(campaign_id=campaign_id, outlet_id=outlet_id, rider_id=rider_id, place=place)
    if deal.facts.state in (State.DRAFT, State.IN_REVIEW):
        raise UnknownCampaign
    (why,) = _reasons([deal], place, rider_id=rider_id, now=now)
    away_m = distance_m(place, deal.facts.location) if place else None
    return FoundDeal(deal.facts, away_m, _is_boosted(deal.facts, now), tuple(why))


def ineligible(
    *,
    campaign_id: UUID,
    outlet_id: UUID | None,
    rider_id: UUID,
    place: Point | None,
    now: datetime,
) -> list[Reason]:
    """
    Return every guard that fails, in the order in which a booking would meet them.

    Raises:
        UnknownCampaign
    """
    deal = visitable(campaign_id=campaign_id, outlet_id=outlet_id, rider_id=rider_id, place=place)
    (why,) = _reasons([deal], place, rider_id=rider_id, now=now)
    return why


def _is_boosted(facts: Facts, now: datetime) -> bool:
    return facts.boosted_until is not None and facts.boosted_until > now


def _nearest(search: Search, *, rider_id: UUID, now: datetime) -> list[_Row]:
    """
    Return the rows after the cursor in exact order of metres, one more than the page holds.

    The index orders by degrees, in which the east is nearer than it is. All rows it has not
    returned yet lie beyond a certain number of metres; those up to there are in their final order.
    """
    assert search.near is not None
    last_m, last_id = _after(search, int) if search.after else (-1, UUID(int=0))
    wanted = search.limit + 1
    shrink = max(math.cos(math.radians(search.near.latitude)), _LEAST_SHRINK)
    rows = math.ceil(wanted / shrink**2) + _SPARE_ROWS
    while True:
        read = _read(search, rider_id=rider_id, now=now, rows=rows)
        complete = len(read) < rows
        sure_m = math.inf if complete else _least_metres(search.near, read[-1].degrees)
        sure = sorted(
            (row.away_m or 0, row.deal_id, row)
            for row in read
            if (row.away_m or 0) < sure_m and (row.away_m or 0, row.deal_id) > (last_m, last_id)
        )
        if complete or len(sure) >= wanted:
            return [row for _, _, row in sure[:wanted]]
        rows *= 2


def _least_metres(near: Point, degrees: float) -> float:
    """Return how many metres a place is away at the least that is so many degrees away."""
    highest = min(90.0, abs(near.latitude) + degrees)
    return METRES_PER_DEGREE * degrees * math.cos(math.radians(highest)) * (1 - _SLACK)


def _read(search: Search, *, rider_id: UUID, now: datetime, rows: int) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(search), _parameters(search, rider_id, now, rows))
        return [_row(row, search.near) for row in cursor.fetchall()]


def _row(row: Sequence[Any], near: Point | None) -> _Row:
    facts = facts_from(row)
    visited, deal_id, listed_at, degrees = row[FactsRow.WIDTH :]
    away_m = distance_m(near, facts.location) if near else None
    return _Row(Visitable(facts, visited), deal_id, listed_at, degrees or 0.0, away_m)


def _parameters(
    search: Search, rider_id: UUID, now: datetime, rows: int
) -> dict[str, Any]:  # Any: what the driver takes
    values: dict[str, Any] = {
        "now": now,
        "rider": rider_id,
        "category": search.category,
        "zone": search.zone_code,
        "cashback": search.min_cashback_paise,
        "open_now": search.open_now,
        "box": search.box and _box(search.box),
        "least": 0.0,
        "rows": rows,
    }
    if search.near is not None:
        values |= _circle(search.near, search.radius_m)
    if search.after is not None and search.sort == Sort.DISTANCE:
        last_m, _ = _after(search, int)
        values["least"] = last_m / METRES_PER_DEGREE * (1 - _SLACK)
    elif search.after is not None:
        as_time = search.sort == Sort.NEWEST
        values["last"], values["last_id"] = _after(
            search, datetime.fromisoformat if as_time else int
        )
    return values


def _box(box: Box) -> str:
    east, west = box.north_east, box.south_west
    return f"({east.longitude!r},{east.latitude!r}),({west.longitude!r},{west.latitude!r})"


def _circle(near: Point, radius_m: int) -> dict[str, Any]:  # Any: what the driver takes
    """Return a circle of degrees that holds the circle of metres, and the latter's parameters."""
    around = Box.around(near, radius_m * (1 + _SLACK))
    degrees = around.north_east.longitude - near.longitude
    centre = f"({near.longitude!r},{near.latitude!r})"
    return {
        "near": centre,
        "circle": f"<{centre},{degrees!r}>",
        "radius": radius_m,
    }


def _position(row: _Row, sort: Sort) -> str:
    key = {
        Sort.DISTANCE: str(row.away_m),
        Sort.CASHBACK: str(row.deal.facts.cap_paise),
        Sort.NEWEST: row.listed_at.astimezone(UTC).isoformat(),
    }[sort]
    return f"{sort}|{key}|{row.deal_id}"


def _after(search: Search, read: Any) -> tuple[Any, UUID]:  # Any: the key of the sort
    assert search.after is not None
    try:
        sort, key, deal_id = search.after.split("|")
        if sort != search.sort:
            raise InvalidCursor
        return read(key), UUID(deal_id)
    except ValueError:
        raise InvalidCursor from None


_SOLD = """
SELECT a.campaign_id, a.scope, a.seats_taken, a.committed_paise
  FROM unnest(%s::uuid[], %s::text[]) AS w (campaign_id, scope)
  JOIN campaigns_allotment a ON a.campaign_id = w.campaign_id AND a.scope = w.scope
"""


def _reasons(
    deals: Sequence[Visitable], place: Point | None, *, rider_id: UUID, now: datetime
) -> Iterator[list[Reason]]:
    """Yield the reasons of each deal; two statements for all of them together."""
    if not deals:
        return
    wanted = [guards.caps(deal.facts, rider_id=rider_id, now=now) for deal in deals]
    sold = _sold(deals, wanted)
    wallets = {
        deal.facts.merchant_id: codes.merchant_wallet(deal.facts.merchant_id) for deal in deals
    }
    purses = ledger.purses(codes=list(wallets.values()))
    for deal, caps in zip(deals, wanted, strict=True):
        facts, purse = deal.facts, purses[wallets[deal.facts.merchant_id]]
        refusals = [
            *guards.refusals(facts, visited=deal.visited, place=place, now=now),
            *guards.cap_refusals(
                caps,
                sold.get(facts.campaign_id, {}),
                cost_paise=facts.max_cost_paise,
                timezone=facts.timezone,
                now=now,
            ),
        ]
        money = guards.wallet_refusals(
            facts, balance_paise=purse.balance_paise, frozen=purse.frozen
        )
        yield [
            *(Reason(refusal.code, refusal.until) for refusal in refusals),
            *(Reason(name, until) for name, until in money),
        ]


def _sold(deals: Sequence[Visitable], wanted: Sequence[list[Cap]]) -> dict[UUID, dict[str, Taken]]:
    pairs = [
        (deal.facts.campaign_id, cap.scope)
        for deal, caps in zip(deals, wanted, strict=True)
        for cap in caps
        if cap.seats is not None or cap.budget_paise is not None
    ]
    found: dict[UUID, dict[str, Taken]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])
        for campaign_id, scope, seats, paise in cursor.fetchall():
            found.setdefault(campaign_id, {})[scope] = Taken(seats, paise)
    return found
