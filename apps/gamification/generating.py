"""
Tonight's missions of a zone, from what is offered there (product rule 2.10). Pure and deterministic.

What lies within reach of each other, can be visited in one stretch of hours and is of different kinds is put
together; each is scored by what it is worth, how new it is here and how much of its budgets is left, in whole
thousandths; the best are taken so that no campaign and no kind crowds the others out. Why a mission was made
is a sentence of the numbers it was made by.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from uuid import UUID

from apps.campaigns.selectors import Offered
from apps.gamification.drafts import (
    Draft,
    Night,
    Place,
    deal,
    draft,
    hours,
    kilometres,
    newness,
    places,
    value,
    worth,
)
from apps.gamification.matching import COMMERCE
from apps.gamification.ordering import after_transit, with_goods
from apps.gamification.reaching import STAY, stretch, within_reach
from apps.gamification.sources import Candidate
from uma.kernel.geo import distance_m

TOP, PER_CAMPAIGN, ANCHORS = 12, 2, 60
NEIGHBOURS = 6
EXPLORE_PLACES = 3
HAPPY_HOURS = timedelta(hours=3)


def generate(
    offers: Sequence[Offered],
    *,
    rides: Sequence[Candidate] = (),
    goods: Sequence[Candidate] = (),
    night: Night,
    top: int = TOP,
) -> list[Draft]:
    """Return up to `top` missions, the best first; the same input gives the same list."""
    open_today = places(offers, night)
    best = sorted(open_today, key=lambda one: (-value(one.offer), str(one.offer.campaign_id)))
    anchors = best[:ANCHORS]
    drafts = [
        *_multi_stops(anchors, night),
        *with_goods(anchors, goods, night),
        *_explorations(open_today, night),
        *_happy_hours(anchors, night),
        *after_transit(anchors, rides, night),
        *_sponsored(best, night),
    ]
    return _diverse(drafts, top=top)


def _multi_stops(anchors: Sequence[Place], night: Night) -> Iterator[Draft]:
    for first, anchor in enumerate(anchors):
        near = [
            other
            for other in anchors[first + 1 :]
            if other.offer.category != anchor.offer.category
            and other.offer.merchant_id != anchor.offer.merchant_id
            and within_reach(anchor.offer.location, other.offer.location)
        ][:NEIGHBOURS]
        for size in (2, 1):
            found = (_multi_stop([anchor, *group], night) for group in combinations(near, size))
            chosen = next((one for one in found if one is not None), None)
            if chosen is not None:
                yield chosen
                break


def _multi_stop(together: Sequence[Place], night: Night) -> Draft | None:
    """Return one trip to some places, None when it is too far, too long, or twice of a kind."""
    offers = [place.offer for place in together]
    spots = [offer.location for offer in offers]
    if len({offer.category for offer in offers}) < len(offers) or not within_reach(*spots):
        return None
    span = stretch([place.stop for place in together], until=night.ends_at)
    if span is None:
        return None
    reach = max(distance_m(one, other) for one, other in combinations(spots, 2))
    names = " and ".join(offer.merchant_name for offer in offers)
    why = (
        f"{len(offers)} deals worth {worth(offers)} within {kilometres(reach)} of each other,"
        f" in one trip between {hours(span, night)}{newness(offers, night)}."
    )
    return draft(
        "multi_stop", offers, [deal(offer) for offer in offers], night,
        title=f"{len(offers)} stops from {offers[0].merchant_name}",
        description=f"Visit {names}, in any order.", why=why,
    )  # fmt: skip


def _explorations(open_today: Sequence[Place], night: Night) -> Iterator[Draft]:
    by_category: dict[str, dict[UUID, Offered]] = {}
    for place in open_today:
        offer = place.offer
        by_category.setdefault(offer.category, {}).setdefault(offer.outlet_id, offer)
    for category, outlets in sorted(by_category.items()):
        if len(outlets) < EXPLORE_PLACES:
            continue
        offers = sorted(outlets.values(), key=lambda one: (-value(one), str(one.outlet_id)))
        best = offers[:EXPLORE_PLACES]
        step = {"kind": "checkin", "title": f"Another {category}", "category": category}
        yield draft(
            "explore", best, [step] * EXPLORE_PLACES, night, distinct=True,
            title=f"{EXPLORE_PLACES} different places: {category}",
            description=f"Be proven at {EXPLORE_PLACES} different places of this kind.",
            why=f"{len(outlets)} places of this kind have a deal today{newness(best, night)}.",
        )  # fmt: skip


def _happy_hours(anchors: Sequence[Place], night: Night) -> Iterator[Draft]:
    for place in anchors:
        offer = place.offer
        short = next(
            (
                span
                for span in night.open_spans(offer.windows)
                if span[1] - span[0] <= HAPPY_HOURS
                and any(opens <= span[1] - STAY < closes for opens, closes in place.stop.spans)
            ),
            None,
        )
        if short is None or not offer.windows:
            continue
        step = deal(offer) | {"starts_at": short[0].isoformat(), "ends_at": short[1].isoformat()}
        yield draft(
            "time_boxed", [offer], [step], night,
            title=f"Happy hour at {offer.merchant_name}",
            description=f"Be there between {hours(short, night)}.",
            why=f"A deal worth {worth([offer])} that is open for a short while only"
            f"{newness([offer], night)}.",
        )  # fmt: skip


def _sponsored(anchors: Sequence[Place], night: Night) -> Iterator[Draft]:
    for offer in (place.offer for place in anchors):
        if offer.is_boosted:
            yield draft(
                "sponsored", [offer], [deal(offer)], night,
                title=f"{offer.merchant_name} invites you",
                description=f"{offer.title}. Sponsored by {offer.merchant_name}.",
                why=f"{offer.merchant_name} pays for this place; the deal is worth {worth([offer])}.",
            )  # fmt: skip


def _diverse(drafts: Iterable[Draft], *, top: int) -> list[Draft]:
    """Take the best so that each kind, with goods and without, has its turn and no campaign stands in more than two."""
    best = sorted(drafts, key=lambda one: (-one.score, one.kind, str(one.campaigns)))
    taken: list[Draft] = []
    used: Counter[UUID] = Counter()

    def take(one: Draft) -> bool:
        crowded = any(used[campaign] >= PER_CAMPAIGN for campaign in one.campaigns)
        if one in taken or crowded or len(taken) >= top:
            return False
        taken.append(one)
        # An exploration names no campaign: it is open to all of them.
        if one.content["campaigns"]:
            used.update(one.campaigns)
        return True

    kinds: dict[tuple[str, bool], list[Draft]] = {}
    for one in best:
        kinds.setdefault((one.kind, _has_goods(one)), []).append(one)
    # First one of each kind. Which has the fewest to choose from chooses first: a town has many trips
    # and two bus stops, and what the trips leave of its campaigns may be none of those near the stops.
    for rows in sorted(list(kinds.values())[:top], key=len):
        any(take(one) for one in rows)
    # Then the best of what is left.
    counted = Counter((one.kind, _has_goods(one)) for one in taken)
    for one in best:
        kind = one.kind, _has_goods(one)
        if counted[kind] < max(1, top // 2) and take(one):
            counted[kind] += 1
    return sorted(taken, key=lambda one: (-one.score, one.kind, str(one.campaigns)))


def _has_goods(one: Draft) -> bool:
    # A trip with something of a catalogue is worth less than one of deals alone, and would never be seen.
    steps: Sequence[Mapping[str, object]] = one.content["steps"]  # type: ignore[assignment]  # a list
    return any(step["kind"] == COMMERCE for step in steps)
