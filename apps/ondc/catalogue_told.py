"""
What a seller of food and goods tells of its shops, typed: whole catalogues and changes alike (ondc.md 13).

Lenient: a fact that is missing or of no known form is left as it was, a shop without a place or a thing without
a name cannot be shown and is counted as skipped. Of a change only what it carries is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.ondc.reading import (
    Node,
    at,
    exact,
    moment,
    paise,
    place,
    several,
    span,
    tagged,
    text,
    word,
)
from apps.ondc.shop_hours import hours_of

MOST_SHOPS, MOST_GOODS = 5_000, 50_000
# Beyond a day or so nobody's word is kept, however long it is to hold; and no word is kept for minutes.
LONGEST_LIFE, SHORTEST_LIFE, USUAL_LIFE = (
    timedelta(hours=36), timedelta(hours=1), timedelta(hours=24),
)  # fmt: skip
# Until the next catalogue has come, though it comes late.
GRACE = timedelta(hours=12)
_CLOSED = frozenset({"DISABLE", "DISABLED"})

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """One of a shop's places, as far as it was told of."""

    location_id: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Goods:
    """One thing of a shop, as far as it was told of; its ids are the shop's own, wherever it has it."""

    item_id: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Provider:
    """One shop of a catalogue and what was told of it; `life` is for how long its word holds."""

    provider_id: str
    facts: Facts
    places: tuple[Place, ...]
    goods: tuple[Goods, ...]
    skipped: int
    life: timedelta


def seller_name(body: Node) -> str:
    """Return what the platform that sends a catalogue calls itself."""
    catalogue = at(body, "message", "catalog")
    return text(catalogue, "bpp/descriptor", "name", most=120) or text(
        catalogue, "descriptor", "name", most=120
    )


def providers_of(body: Node) -> Iterator[Provider]:
    """Return the shops of a catalogue or of a change to one."""
    shops = goods = 0
    catalogue = at(body, "message", "catalog")
    for told in [*several(catalogue, "bpp/providers"), *several(catalogue, "providers")]:
        provider_id = exact(told, "id")
        if not provider_id:
            continue
        found = _provider(provider_id, told)
        shops, goods = shops + len(found.places), goods + len(found.goods)
        if shops > MOST_SHOPS or goods > MOST_GOODS:
            return
        yield found


def _provider(provider_id: str, told: Node) -> Provider:
    places, goods = list(several(told, "locations")), list(several(told, "items"))
    known_places = tuple(
        Place(location_id, _place_facts(one, told))
        for one in places
        if (location_id := exact(one, "id"))
    )
    # What is only an extra to something else is nothing that one goes out for.
    mains = [one for one in goods if tagged(one, "TYPE", "TYPE").lower() != "customization"]
    known_goods = tuple(
        Goods(item_id, _goods_facts(one)) for one in mains if (item_id := exact(one, "id"))
    )
    lost = len(places) - len(known_places) + len(mains) - len(known_goods)
    return Provider(provider_id, _shop_facts(told), known_places, known_goods, lost, _life(told))


def _life(told: Node) -> timedelta:
    return min(max(span(told, "ttl") or USUAL_LIFE, SHORTEST_LIFE) + GRACE, LONGEST_LIFE)


def _shop_facts(told: Node) -> Facts:
    facts: dict[str, object] = {}
    if name := text(told, "descriptor", "name", most=120):
        facts["name"] = name
        facts["about"] = text(told, "descriptor", "short_desc", most=240)
    if label := word(told, "time", "label"):
        facts["is_enabled"] = label not in _CLOSED
    return facts


def _place_facts(one: Node, provider: Node) -> Facts:
    facts: dict[str, object] = {}
    where = place(one, "gps")
    if where is not None:
        facts |= {"latitude": where.latitude, "longitude": where.longitude}
    label = word(one, "time", "label")
    if label in {"CLOSE", "OPEN"}:
        # For once, and for a while: not the hours of every week.
        closes = label == "CLOSE"
        facts["closed_from"] = moment(one, "time", "range", "start") if closes else None
        facts["closed_until"] = moment(one, "time", "range", "end") if closes else None
    elif label:
        facts["is_place_enabled"] = label not in _CLOSED
    hours = hours_of(one, provider)
    if hours is not None:
        facts["hours"] = hours
    return facts


def _goods_facts(one: Node) -> Facts:
    facts: dict[str, object] = {}
    if name := text(one, "descriptor", "name", most=120):
        facts["name"] = name
    if location_id := exact(one, "location_id"):
        facts["location_id"] = location_id
    price = paise(one, "price", "value")
    if price is not None and price >= 0:
        facts["price_paise"] = price
    counted, label = at(one, "quantity", "available", "count"), word(one, "time", "label")
    if counted is not None or label:
        there = text(one, "quantity", "available", "count")
        facts["is_available"] = there.strip("0") != "" if there else True
        if label in _CLOSED:
            facts["is_available"] = False
    return facts


def is_closed_now(
    *, closed_from: datetime | None, closed_until: datetime | None, now: datetime
) -> bool:
    """Say whether a shop that closed for a while still is; without an end it is closed until it opens."""
    if closed_from is None and closed_until is None:
        return False
    return (closed_from is None or closed_from <= now) and (
        closed_until is None or now < closed_until
    )
