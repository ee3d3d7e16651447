"""Missions with something of the network in them: a ride and then a visit, goods and a deal nearby. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from apps.campaigns.selectors import Offered
from apps.gamification.drafts import Draft, Night, Place, deal, draft, hours, kilometres, worth
from apps.gamification.matching import COMMERCE, RIDE, TRANSIT
from apps.gamification.reaching import Stop, overlap, stretch, within_reach
from apps.gamification.sources import Candidate, is_had_at
from uma.kernel.geo import Point, distance_m
from uma.kernel.money import rupees

# Of a catalogue of thousands, the first in a fixed order.
RIDES_MOST, PROVIDERS_MOST = 200, 60


def point_of(told: Candidate) -> Point:
    """Return where a thing is had."""
    return Point(told.latitude, told.longitude)


def stop_of(told: Candidate, night: Night) -> Stop:
    """Return where a thing is had, and when it still can be."""
    return Stop(point_of(told), night.left(told.hours))


def after_transit(
    anchors: Sequence[Place], rides: Iterable[Candidate], night: Night
) -> Iterator[Draft]:
    """Yield for each stop the best deal near it that is still open when one gets off there."""
    used: set[UUID] = set()
    for ride in sorted(rides, key=lambda one: one.source_id)[:RIDES_MOST]:
        stop = stop_of(ride, night)
        for place in anchors:
            offer = place.offer
            if offer.campaign_id in used or not within_reach(stop.location, offer.location):
                continue
            span = stretch([stop, place.stop], until=night.ends_at, in_order=True)
            if span is not None:
                used.add(offer.campaign_id)
                yield _after(ride, offer, night, when=hours(span, night))
                break


def _after(ride: Candidate, offer: Offered, night: Night, *, when: str) -> Draft:
    away = kilometres(distance_m(point_of(ride), offer.location))
    step = {
        "kind": RIDE,
        "title": ride.name,
        "category": ride.category or TRANSIT,
        "source": ride.source_id,
    }
    return draft(
        "transit_plus_visit", [offer], [step, deal(offer)], night, ordered=True,
        title=f"{ride.name}, then {offer.merchant_name}",
        description="Take the ride first; the visit counts after it.",
        why=f"{ride.provider} runs here{_price(ride, ' from')}, and {away} from the stop a deal is worth"
        f" {worth([offer])}: both between {when}.",
    )  # fmt: skip


def with_goods(
    anchors: Sequence[Place], goods: Iterable[Candidate], night: Night
) -> Iterator[Draft]:
    """
    Yield something of a catalogue together with a deal nearby.

    Only what can be proven: an order that is told to us, or a visit at a place of ours that sells it.
    """
    for told in _cheapest(goods)[:PROVIDERS_MOST]:
        here = next(
            (
                place
                for place in anchors
                if is_had_at(told, name=place.offer.merchant_name, place=place.offer.location)
            ),
            None,
        )
        if here is None and not told.is_sold_here:
            continue
        for place in anchors:
            made = _beside(told, here, place, night)
            if made is not None:
                yield made
                break


def _cheapest(goods: Iterable[Candidate]) -> list[Candidate]:
    """Return one thing of each seller and place, the cheapest of those whose price is known."""
    found: dict[tuple[str, float, float], Candidate] = {}
    for one in sorted(goods, key=lambda told: (told.price_paise or 2**62, told.source_id)):
        found.setdefault((one.provider, one.latitude, one.longitude), one)
    return sorted(found.values(), key=lambda told: told.source_id)


def _beside(told: Candidate, here: Place | None, place: Place, night: Night) -> Draft | None:
    offer = place.offer
    if here is not None and (
        here.offer.merchant_id == offer.merchant_id or here.offer.category == offer.category
    ):
        return None
    if not within_reach(point_of(told), offer.location):
        return None
    there = stop_of(told, night)
    if here is not None:
        there = overlap(here.stop, there)
    span = stretch([there, place.stop], until=night.ends_at)
    if span is None:
        return None
    offers = [offer] if here is None else [here.offer, offer]
    step = {
        "kind": COMMERCE,
        "title": f"{told.name} at {told.provider}",
        "source": told.source_id,
        "provider": told.provider,
    } | ({"outlet_id": str(here.offer.outlet_id)} if here is not None else {})
    away = kilometres(distance_m(point_of(told), offer.location))
    return draft(
        "multi_stop", offers, [step, deal(offer)], night,
        title=f"{told.name} and {offer.merchant_name}",
        description=f"{told.name} at {told.provider}, and a visit to {offer.merchant_name}, in any order.",
        why=f"{told.name} is on the network{_price(told, ' for')}, {away} from a deal, worth {worth(offers)}"
        f" in all: one trip between {hours(span, night)}.",
    )  # fmt: skip


def _price(told: Candidate, word: str) -> str:
    return f"{word} ₹{rupees(told.price_paise)}" if told.price_paise else ""
