"""Missions that have become impossible are taken out, and come back when what was missing does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.campaigns import selectors as campaigns
from apps.campaigns.selectors import Offered
from apps.gamification.matching import COMMERCE, RIDE
from apps.gamification.models import Mission
from apps.gamification.ordering import point_of
from apps.gamification.reaching import Span, Stop, overlap, spans, stretch
from apps.gamification.services.nightly import candidates
from apps.gamification.sources import Candidate
from apps.merchants import selectors as merchants
from uma.kernel.zones import Window

# Any: the content of a mission is JSON.
Step = Mapping[str, Any]
# From opening hours to what is left of them for a mission.
Left = Callable[[Sequence[Window]], tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Town:
    """What can be had in a zone now; None for a kind whose source is away."""

    deals: Sequence[Offered]
    network: Mapping[str, Mapping[str, Candidate] | None]


def expire_missions(*, now: datetime) -> int:
    """
    Take out the missions of which a step can no longer be had, or not all in the time that is left.

    Whoever is on one stays on it. Returns how many went or came back. A zone whose bookings pause is left
    alone: it is one act of the desk, and not the end of its missions.
    """
    running: dict[str, list[Mission]] = {}
    for row in Mission.objects.filter(ends_at__gt=now):
        running.setdefault(row.zone_code, []).append(row)
    changed = 0
    for zone_code, rows in running.items():
        if merchants.zone(code=zone_code).bookings_paused_at is not None:
            continue
        town = _town(zone_code, now=now)
        possible = {row.pk for row in rows if _is_possible(row, town, now=now)}
        gone = [row.pk for row in rows if row.pk not in possible]
        still = Mission.objects.filter(pk__in=gone, expired_at=None)
        changed += still.update(expired_at=now)
        back = Mission.objects.filter(pk__in=possible, expired_at__isnull=False)
        changed += back.update(expired_at=None)
    return changed


def _town(zone_code: str, *, now: datetime) -> Town:
    network: dict[str, Mapping[str, Candidate] | None] = {}
    for kind in (RIDE, COMMERCE):
        found = candidates(kind, zone_code=zone_code, now=now)
        network[kind] = None if found is None else {one.source_id: one for one in found}
    return Town(campaigns.offered(zone_code=zone_code, now=now), network)


def _is_possible(row: Mission, town: Town, *, now: datetime) -> bool:
    since = max(now, row.starts_at)

    def left(hours: Sequence[Window]) -> tuple[Span, ...]:
        return tuple(spans(hours, since=since, until=row.ends_at, timezone=row.timezone))

    steps: Sequence[Step] = row.content["steps"]
    if row.content["distinct"]:
        # Any place of the kind will do, so nothing is said about the way between them.
        kind = steps[0].get("category", "")
        places = {one.outlet_id for one in town.deals if one.category == kind and left(one.windows)}
        return len(places) >= len(steps)
    stops: list[Stop] = []
    for step in steps:
        found = _stops(step, town, left)
        if found is None:
            return False
        stops += found
    return not stops or (
        stretch(stops, until=row.ends_at, in_order=row.content["ordered"]) is not None
    )


def _stops(step: Step, town: Town, left: Left) -> list[Stop] | None:
    """Return where a step can be had, nothing when that may be anywhere, None when it is nowhere."""
    found: Stop | None = None
    known = town.network.get(step["kind"])
    if step.get("source") and known is not None:
        told = known.get(step["source"])
        if told is None:
            return None
        found = Stop(point_of(told), left(told.hours))
    if step.get("outlet_id"):
        offers = [
            one
            for one in town.deals
            if str(one.outlet_id) == step["outlet_id"]
            and step.get("campaign_id") in {None, str(one.campaign_id)}
        ]
        if not offers:
            return None
        stop = Stop(offers[0].location, tuple(span for one in offers for span in left(one.windows)))
        found = overlap(stop, found) if found is not None else stop
    if found is not None and step.get("starts_at"):
        begins, ends = (datetime.fromisoformat(step[name]) for name in ("starts_at", "ends_at"))
        found = overlap(found, Stop(found.location, ((begins, ends),)))
    return [found] if found is not None else []
