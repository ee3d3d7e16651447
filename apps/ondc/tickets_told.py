"""What a seller of metro and bus tickets tells, typed: its lines, its fares, and the tickets themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.ondc.reading import (
    Node,
    at,
    exact,
    moment,
    paise,
    place,
    several,
    tagged,
    text,
    word,
)
from uma.kernel.geo import Point

MOST_STATIONS = 5_000
MOST_FARES = 300
MOST_TICKETS = 100
MOST_COUNT = 100
# What a QR code of the largest size holds.
LONGEST_TOKEN = 2_953
_MODES = frozenset({"BUS", "METRO"})
_STATES = frozenset({"UNCLAIMED", "CLAIMED", "EXPIRED"})


@dataclass(frozen=True, slots=True)
class Station:
    """A stop of one line, in the line's order; its code is repeated byte for byte."""

    provider_id: str
    mode: str
    line: str
    code: str
    name: str
    place: Point | None


@dataclass(frozen=True, slots=True)
class Fare:
    """A kind of ticket, what one costs, and how few and how many a rider may take."""

    provider_id: str
    item_id: str
    kind: str
    name: str
    price_paise: int
    price_text: str
    least: int
    most: int
    fulfillment_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One right to travel; `token` is what its QR code says, byte for byte."""

    fulfillment_id: str
    trip_id: str
    number: str
    kind: str
    token: str
    status: str
    valid_until: datetime | None

    def state(self, *, now: datetime) -> str:
        """Return UNCLAIMED, CLAIMED or EXPIRED: past its time it is over, whether its seller says so or not."""
        if self.status != "CLAIMED" and self.valid_until is not None and self.valid_until <= now:
            return "EXPIRED"
        return self.status


def stations_of(body: Node) -> Iterator[Station]:
    """Return the stops of a catalogue's lines, each once a line; what has no code cannot be asked for."""
    seen: set[Station] = set()
    for provider in several(body, "message", "catalog", "providers"):
        provider_id = exact(provider, "id")
        for line in several(provider, "fulfillments"):
            mode = word(line, "vehicle", "category", most=24)
            if not provider_id or mode not in _MODES:
                continue
            for station in _stops(line, provider_id, mode):
                if station in seen:
                    continue
                if len(seen) >= MOST_STATIONS:
                    return
                seen.add(station)
                yield station


def _stops(line: Node, provider_id: str, mode: str) -> Iterator[Station]:
    name = tagged(line, "ROUTE_INFO", "ROUTE_NAME", most=120)
    name = name or tagged(line, "ROUTE_INFO", "ROUTE_ID", most=120)
    for stop in _chained(several(line, "stops")):
        code = exact(stop, "location", "descriptor", "code")
        if code:
            yield Station(
                provider_id=provider_id,
                mode=mode,
                line=name,
                code=code,
                name=text(stop, "location", "descriptor", "name", most=120) or code,
                place=place(stop, "location", "gps"),
            )


def _chained(stops: Sequence[Node]) -> Sequence[Node]:
    """Return stops in the order of travel: each names the one before it; a broken chain stays as it came."""
    following = {exact(stop, "parent_stop_id"): stop for stop in stops}
    chain: list[Node] = []
    step = following.get("")
    while step is not None and len(chain) < len(stops):
        chain.append(step)
        name = exact(step, "id")
        step = following.get(name) if name else None
    return chain if len(chain) == len(stops) else stops


def fares_of(body: Node) -> Iterator[Fare]:
    """Return what a catalogue sells with a price: the first search's answer may name kinds without one."""
    count = 0
    for provider in several(body, "message", "catalog", "providers"):
        for item in several(provider, "items"):
            fare = _fare(exact(provider, "id"), item)
            if fare is None:
                continue
            yield fare
            count += 1
            if count >= MOST_FARES:
                return


def _fare(provider_id: str, item: Node) -> Fare | None:
    item_id, price = exact(item, "id"), paise(item, "price", "value")
    if not provider_id or not item_id or price is None or price < 0:
        return None
    least = _count(item, "minimum") or 1
    most = _count(item, "maximum") or MOST_COUNT
    if least > most:
        return None
    named = at(item, "fulfillment_ids")
    count = len(named) if isinstance(named, list) else 0
    return Fare(
        provider_id=provider_id,
        item_id=item_id,
        kind=word(item, "descriptor", "code", most=32),
        name=text(item, "descriptor", "name", most=120),
        price_paise=price,
        price_text=text(item, "price", "value", most=24),
        least=least,
        most=most,
        fulfillment_ids=tuple(one for index in range(count) if (one := exact(named, index))),
    )


def counts_of(item: Node) -> tuple[int | None, int | None]:
    """Return how few and how many of an item one may take, as far as its seller says."""
    return _count(item, "minimum"), _count(item, "maximum")


def _count(item: Node, end: str) -> int | None:
    told = text(item, "quantity", end, "count", most=8)
    whole = int(told) if told.isascii() and told.isdigit() else 0
    return min(whole, MOST_COUNT) or None


def tickets_of(order: Node) -> Iterator[Ticket]:
    """
    Return every authorization of an order, whatever carries it.

    Since 2.0.1 each ticket is a fulfilment of its own; before, the trip's first stop holds it
    (Chalo's), and a trip of several riders holds several.
    """
    count = 0
    for carrier in several(order, "fulfillments"):
        for stop in several(carrier, "stops"):
            ticket = _ticket(carrier, at(stop, "authorization"))
            if ticket is None:
                continue
            yield ticket
            count += 1
            if count >= MOST_TICKETS:
                return


def _ticket(carrier: Node, told: Node) -> Ticket | None:
    token = exact(told, "token", most=LONGEST_TOKEN)
    kind = word(told, "type", most=32)
    # A bus ticket that waits for its bus's number has no token yet.
    if not isinstance(told, dict) or not (token or kind):
        return None
    is_trip = word(carrier, "type") == "TRIP"
    fulfillment_id = exact(carrier, "id")
    status = word(told, "status", most=24)
    return Ticket(
        fulfillment_id=fulfillment_id,
        trip_id=fulfillment_id if is_trip else tagged(carrier, "INFO", "PARENT_ID"),
        number=tagged(carrier, "TICKET_INFO", "NUMBER", most=64),
        kind=kind,
        token=token,
        # A word that nobody knows makes no ticket valid or used.
        status=status if status in _STATES else "UNCLAIMED",
        valid_until=moment(told, "valid_to"),
    )
