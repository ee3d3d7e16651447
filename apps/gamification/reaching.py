"""Whether places can be visited one after the other while they are open: in time and distance. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations

from uma.kernel.geo import Point, distance_m
from uma.kernel.zones import Window, next_open_at, open_until

REACH_M, STRETCH = 3_000, timedelta(hours=6)
STAY = timedelta(minutes=30)
# A city at its slower hours, the wait for a ride included: three kilometres take twenty minutes.
METRES_A_MINUTE = 150

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Stop:
    """A place, and when it is open."""

    location: Point
    spans: tuple[Span, ...]


def spans(
    hours: Sequence[Window], *, since: datetime, until: datetime, timezone: str
) -> Iterator[Span]:
    """Yield when something is open between two instants, for as long as one stays at least."""
    at = since
    while at < until:
        opens = next_open_at(hours, at, timezone)
        if opens is None or opens >= until:
            return
        closes = open_until(hours, opens, timezone) or until
        if min(closes, until) - opens >= STAY:
            yield opens, min(closes, until)
        at = max(closes, opens + timedelta(minutes=1))


def stretch(stops: Sequence[Stop], *, until: datetime, in_order: bool = False) -> Span | None:
    """
    Return the first hours, six at most, in which all stops can be visited; None when there are none.

    From a stop that opens, or one that is still just open, everything is taken as early as it can be.
    """
    edges = {
        edge for stop in stops for opens, closes in stop.spans for edge in (opens, closes - STAY)
    }
    ways = [tuple(stops)] if in_order else list(permutations(stops))
    for begins in sorted(edges):
        ends = min(begins + STRETCH, until)
        if any(_is_walked(way, begins, ends) for way in ways):
            latest = max(closes for stop in stops for opens, closes in stop.spans if opens < ends)
            return begins, min(ends, latest)
    return None


def _is_walked(way: Sequence[Stop], begins: datetime, ends: datetime) -> bool:
    at, before = begins, way[0]
    for stop in way:
        at += timedelta(minutes=-(-distance_m(before.location, stop.location) // METRES_A_MINUTE))
        stays = [
            max(at, opens) + STAY
            for opens, closes in stop.spans
            if max(at, opens) + STAY <= min(closes, ends)
        ]
        if not stays:
            return False
        at, before = min(stays), stop
    return True


def overlap(one: Stop, other: Stop) -> Stop:
    """Return one place that is open only while both are."""
    both = [
        (max(begins, opens), min(ends, closes))
        for begins, ends in one.spans
        for opens, closes in other.spans
    ]
    return Stop(one.location, tuple(span for span in both if span[1] - span[0] >= STAY))


def within_reach(*places: Point) -> bool:
    """Say whether no two of some places lie further apart than missions reach."""
    return all(
        distance_m(one, other) <= REACH_M
        for number, one in enumerate(places)
        for other in places[number + 1 :]
    )
