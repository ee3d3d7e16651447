"""The map: deals near a rider, each with every reason why it cannot be booked now."""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.campaigns.errors import HeldOut, UnknownCampaign
from apps.campaigns.guards import Facts
from apps.campaigns.lifecycle import State
from apps.campaigns.selectors.facts import (
    FACTS,
    FROM_DEALS,
    FactsRow,
    Visitable,
    visitable,
    visitable_from,
)
from apps.campaigns.selectors.reasons import Reason, reasons_of
from apps.campaigns.selectors.searching import Search, Sort
from uma.kernel.geo import METRES_PER_DEGREE, Box, Point, distance_m
from uma.kernel.http.errors import InvalidCursor

# The Earth is not a plane: how far its distances and the formulas below may differ, with room to
# spare.
_SLACK = 0.002
# Rows read beyond the page at first, so that one statement is enough nearly always: those between
# the two ways to measure, which grow with the latitude, and a few for luck.
_SPARE_ROWS, _LEAST_SHRINK = 8, 0.4
# The same for deals that are kept from the rider.
_SPARE_HELD = 4
# Boosted deals at the head of a list, and how many are looked at to find so many that are bookable.
MOST_PROMOTED, _CANDIDATES = 3, 9
# The sort, its key and the deal's id; who stood first follows.
_POSITION_PARTS = 3

_EVERYWHERE = Box(Point(-90.0, -180.0), Point(90.0, 180.0))


@dataclass(frozen=True, slots=True)
class FoundDeal:
    """A deal on the map: one campaign at its nearest outlet."""

    facts: Facts
    away_m: int | None
    reasons: tuple[Reason, ...]
    is_boosted: bool

    @property
    def bookable(self) -> bool:
        return not self.reasons

    @property
    def boosted(self) -> bool:
        return self.is_boosted and self.bookable


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
     , d.id, d.listed_at, d.away, d.promoted
"""
)
_NEAREST = """
SELECT n.id, n.campaign_id, n.outlet_id, n.listed_at, NULL::bigint AS reimbursement_paise, n.away,
       false AS promoted
  FROM campaigns_nearest(%(near)s::point, %(circle)s::circle, %(radius)s, %(box)s::box, %(now)s,
                         %(category)s, %(zone)s, %(cashback)s, %(open_now)s, %(least)s, %(rows)s) n
"""
# In the same statement, so that what is listed first costs no trip of its own.
_PROMOTED = """
 UNION ALL
SELECT p.*, true
  FROM campaigns_promoted(%(area)s::box, %(near)s::point, %(radius)s, %(now)s, %(category)s,
                          %(zone)s, %(cashback)s, %(open_now)s, %(candidates)s) p
"""
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
        return _joined(_NEAREST, search, order="d.away")
    match, rank, away = _MATCH, "{d}.id", "NULL::float8"
    if search.near is not None:
        match += _WITHIN
        away = "d.location <-> %(near)s::point"
        rank = "({d}.location <-> %(near)s::point, {d}.id)"
    key, kind = _KEYS[search.sort]
    after = f"AND (d.{key}, d.id) < (%(last)s::{kind}, %(last_id)s::uuid)" if search.after else ""
    listed = f"""
(SELECT d.id, d.campaign_id, d.outlet_id, d.listed_at, d.reimbursement_paise, {away} AS away,
        false AS promoted
   FROM campaigns_deal d
  WHERE {match.format(d="d")} {after}
    AND (d.is_alone OR NOT EXISTS (
          SELECT FROM campaigns_deal s
           WHERE s.campaign_id = d.campaign_id AND {match.format(d="s")}
             AND {rank.format(d="s")} < {rank.format(d="d")}))
  ORDER BY d.{key} DESC, d.id DESC LIMIT %(rows)s)"""  # noqa: S608  # constants only
    return _joined(listed, search, order=f"d.{key} DESC, d.id DESC")


def _joined(listed: str, search: Search, *, order: str) -> str:
    """Return the page's SQL: what is listed, on the first page what is promoted, and all their facts."""
    rows = listed if search.after else listed + _PROMOTED
    return f"{_COLUMNS}  FROM ({rows}) d {FROM_DEALS} ORDER BY {order}"


@dataclass(frozen=True, slots=True)
class _Row:
    deal: Visitable
    deal_id: UUID
    listed_at: datetime
    degrees: float
    away_m: int | None
    promoted: bool

    @property
    def campaign_id(self) -> UUID:
        return self.deal.facts.campaign_id


def discover(*, search: Search, rider_id: UUID, now: datetime) -> Found:
    """
    Return a page of deals with the reasons why some cannot be booked; a fixed number of statements.

    A campaign stands once in the list, at its outlet nearest to the rider, unless it is kept from the
    rider by its holdout. A few boosted ones that
    can be booked stand at the head of the first page, and the pages after it leave them out.

    Raises:
        InvalidCursor
    """
    placed = _placed(search)
    spare = len(placed) if search.after else MOST_PROMOTED
    wanted = search.limit + 1 + spare
    if search.sort == Sort.DISTANCE:
        read = _nearest(search, rider_id=rider_id, now=now, wanted=wanted)
    else:
        read = _newest(search, rider_id=rider_id, now=now, wanted=wanted)
    candidates = sorted((row for row in read if row.promoted), key=_nearness)
    listed = [row for row in read if not row.promoted and row.campaign_id not in placed]
    # Whoever moves to the head leaves a place on the page: these are enough.
    considered = candidates + listed[: search.limit]
    why = reasons_of([row.deal for row in considered], search.near, rider_id=rider_id, now=now)
    found = {row.deal_id: reasons for row, reasons in zip(considered, why, strict=True)}
    first = [row for row in candidates if not found[row.deal_id]][
        : min(MOST_PROMOTED, search.limit // 2)
    ]
    placed |= {row.campaign_id for row in first}
    listed = [row for row in listed if row.campaign_id not in placed]
    page = listed[: search.limit - len(first)]
    return Found(
        [_found(row.deal.facts, row.away_m, found[row.deal_id], now) for row in first + page],
        _position(page[-1], search.sort, placed) if len(listed) > len(page) else None,
    )


def _nearness(row: _Row) -> tuple[float, float]:
    # Without a place the newest come first.
    return row.degrees, -row.listed_at.timestamp()


def _found(facts: Facts, away_m: int | None, why: Sequence[Reason], now: datetime) -> FoundDeal:
    until = facts.boosted_until
    return FoundDeal(facts, away_m, tuple(why), until is not None and until > now)


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
        UnknownCampaign, HeldOut
    """
    deal = visitable(campaign_id=campaign_id, outlet_id=outlet_id, rider_id=rider_id, place=place)
    if deal.facts.state in (State.DRAFT, State.IN_REVIEW):
        raise UnknownCampaign
    if deal.held_out:
        # Who has read the terms is no control any more.
        raise HeldOut
    (why,) = reasons_of([deal], place, rider_id=rider_id, now=now)
    away_m = distance_m(place, deal.facts.location) if place else None
    return _found(deal.facts, away_m, why, now)


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
    (why,) = reasons_of([deal], place, rider_id=rider_id, now=now)
    return why


def _nearest(search: Search, *, rider_id: UUID, now: datetime, wanted: int) -> list[_Row]:
    """
    Return `wanted` rows after the cursor in exact order of metres, and those that are promoted.

    The index orders by degrees, in which the east is nearer than it is. All rows it has not
    returned yet lie beyond a certain number of metres; those up to there are in their final order.
    """
    assert search.near is not None
    last_m, last_id = _after(search, int) if search.after else (-1, UUID(int=0))
    shrink = max(math.cos(math.radians(search.near.latitude)), _LEAST_SHRINK)
    rows = math.ceil(wanted / shrink**2) + _SPARE_ROWS
    while True:
        answer = _read(search, rider_id=rider_id, now=now, rows=rows)
        promoted = [row for row in answer if row.promoted and not row.deal.held_out]
        read = [row for row in answer if not row.promoted]
        complete = len(read) < rows
        sure_m = math.inf if complete else _least_metres(search.near, read[-1].degrees)
        sure = sorted(
            (row.away_m or 0, row.deal_id, row)
            for row in read
            if (row.away_m or 0) < sure_m
            and (row.away_m or 0, row.deal_id) > (last_m, last_id)
            and not row.deal.held_out
        )
        if complete or len(sure) >= wanted:
            return promoted + [row for _, _, row in sure[:wanted]]
        rows *= 2


def _newest(search: Search, *, rider_id: UUID, now: datetime, wanted: int) -> list[_Row]:
    """Return `wanted` rows after the cursor by the key of the sort, and those that are promoted."""
    rows = wanted + _SPARE_HELD
    while True:
        answer = _read(search, rider_id=rider_id, now=now, rows=rows)
        offered = [row for row in answer if not row.deal.held_out]
        complete = sum(not row.promoted for row in answer) < rows
        if complete or sum(not row.promoted for row in offered) >= wanted:
            return offered
        rows *= 2


def _least_metres(near: Point, degrees: float) -> float:
    """Return how many metres a place is away at the least that is so many degrees away."""
    highest = min(90.0, abs(near.latitude) + degrees)
    return METRES_PER_DEGREE * degrees * math.cos(math.radians(highest)) * (1 - _SLACK)


def _read(search: Search, *, rider_id: UUID, now: datetime, rows: int) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(search), _parameters(search, rider_id, now, rows))
        return [_row(row, search.near, rider_id=rider_id) for row in cursor.fetchall()]


def _row(row: Sequence[Any], near: Point | None, *, rider_id: UUID) -> _Row:
    deal = visitable_from(row, rider_id=rider_id)
    deal_id, listed_at, degrees, promoted = row[FactsRow.WIDTH + 1 :]
    away_m = distance_m(near, deal.facts.location) if near else None
    return _Row(deal, deal_id, listed_at, degrees or 0.0, away_m, promoted)


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
        "candidates": _CANDIDATES,
        "near": None,
        "radius": None,
        "area": _box(_area(search)),
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


def _area(search: Search) -> Box:
    """Return a box that holds all that a search can find."""
    if search.box is not None:
        return search.box
    if search.near is not None:
        return Box.around(search.near, search.radius_m * (1 + _SLACK))
    return _EVERYWHERE


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


def _position(row: _Row, sort: Sort, placed: AbstractSet[UUID]) -> str:
    """Return where a page ends, and what stood at the head of the first."""
    key = {
        Sort.DISTANCE: str(row.away_m),
        Sort.CASHBACK: str(row.deal.facts.cap_paise),
        Sort.NEWEST: row.listed_at.astimezone(UTC).isoformat(),
    }[sort]
    first = "".join(f"|{campaign_id.hex}" for campaign_id in sorted(placed))
    return f"{sort}|{key}|{row.deal_id}{first}"


def _placed(search: Search) -> set[UUID]:
    """Return the campaigns that stood at the head of the first page."""
    if search.after is None:
        return set()
    try:
        return {UUID(text) for text in search.after.split("|")[_POSITION_PARTS:]}
    except ValueError:
        raise InvalidCursor from None


def _after(search: Search, read: Any) -> tuple[Any, UUID]:  # Any: the key of the sort
    assert search.after is not None
    try:
        sort, key, deal_id = search.after.split("|")[:_POSITION_PARTS]
        if sort != search.sort:
            raise InvalidCursor
        return read(key), UUID(deal_id)
    except ValueError:
        raise InvalidCursor from None
