"""One mission as it could be offered: what it asks, what it is worth, why it was made, and its identity. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid5

from apps.campaigns.selectors import Offered
from apps.gamification.reaching import Span, Stop, spans
from uma.kernel.money import rupees
from uma.kernel.zones import Window, local

THOUSAND = 1_000
# What a discount is worth beside the ride: of an ordinary bill.
BILL_PAISE = 400_00
_NAMESPACE = UUID("6d3a9c9e-5a0f-5b0e-9f64-3b6d6f1b7a10")


@dataclass(frozen=True, slots=True)
class Draft:
    """One mission that could be offered: its content, what it is worth, and who is in it."""

    kind: str
    content: Mapping[str, object]
    score: int
    campaigns: tuple[UUID, ...]
    merchants: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime
    features: Mapping[str, int] = field(default_factory=dict)

    def identity(self, *, zone_code: str, night: date) -> UUID:
        """Return the mission's id: of what it asks, so that a rerun finds it; not of score or words."""
        asks = {
            "zone": zone_code,
            "night": night.isoformat(),
            "kind": self.kind,
            "steps": [
                {name: value for name, value in step.items() if name != "title"}
                for step in self.content["steps"]  # type: ignore[attr-defined]  # a list, by `_content`
            ],
        }
        text = json.dumps(asks, sort_keys=True, separators=(",", ":"))
        return uuid5(_NAMESPACE, hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Night:
    """
    For which zone, from when until when, and how often each merchant was in the missions of late.

    `now` when part of it is over already: what cannot be done any more is not offered.
    """

    zone_code: str
    timezone: str
    starts_at: datetime
    ends_at: datetime
    seen: Mapping[UUID, int]
    now: datetime | None = None

    def open_spans(self, hours: Sequence[Window]) -> Iterator[Span]:
        """Yield when something with these opening hours is open before the night's missions end."""
        return spans(hours, since=self.starts_at, until=self.ends_at, timezone=self.timezone)

    def left(self, hours: Sequence[Window]) -> tuple[Span, ...]:
        """Return what is left of that."""
        since = max(self.now or self.starts_at, self.starts_at)
        return tuple(spans(hours, since=since, until=self.ends_at, timezone=self.timezone))


@dataclass(frozen=True, slots=True)
class Place:
    """A deal, and when it can still be had tonight."""

    offer: Offered
    stop: Stop


def places(offers: Iterable[Offered], night: Night) -> list[Place]:
    """Return the deals that can still be had, by campaign and outlet."""
    return [
        Place(offer, Stop(offer.location, left))
        for offer in sorted(offers, key=lambda one: (one.campaign_id, one.outlet_id))
        if (left := night.left(offer.windows))
    ]


def deal(offer: Offered) -> dict[str, object]:
    """Return the step that is a visit for a deal."""
    return {
        "kind": "deal",
        "title": f"{offer.title} at {offer.merchant_name}",
        "campaign_id": str(offer.campaign_id),
        "outlet_id": str(offer.outlet_id),
    }


def draft(
    kind: str,
    offers: Sequence[Offered],
    steps: Sequence[Mapping[str, object]],
    night: Night,
    *,
    title: str,
    description: str,
    why: str,
    ordered: bool = False,
    distinct: bool = False,
) -> Draft:
    """Return a mission made of deals; scored by what they are worth, how new they are, and what is left of them."""
    campaigns = tuple(dict.fromkeys(offer.campaign_id for offer in offers))
    worth_paise = sum(value(offer) for offer in offers)
    novelty = sum(_novelty(offer, night) for offer in offers) // len(offers)
    left = min(offer.left_permille for offer in offers)
    content: dict[str, object] = {
        "title": title,
        "description": description,
        "why": why,
        "ordered": ordered,
        "distinct": distinct,
        # An exploration is open to every deal of its kind.
        "campaigns": [] if distinct else [str(one) for one in campaigns],
        "steps": [dict(step) for step in steps],
    }
    score = worth_paise * novelty * left // (THOUSAND * THOUSAND)
    features = {"value_paise": worth_paise, "novelty_permille": novelty, "left_permille": left}
    shops = tuple(dict.fromkeys(offer.merchant_id for offer in offers))
    return Draft(kind, content, score, campaigns, shops, night.starts_at, night.ends_at, features)


def value(offer: Offered) -> int:
    """Return what a rider gets, in paise: the ride, and the discount on an ordinary bill."""
    return offer.cap_paise + BILL_PAISE * offer.discount_bps // 10_000


def _novelty(offer: Offered, night: Night) -> int:
    return THOUSAND // (1 + night.seen.get(offer.merchant_id, 0))


def newness(offers: Sequence[Offered], night: Night) -> str:
    """Return how a sentence about new places ends."""
    new = sum(1 for offer in offers if not night.seen.get(offer.merchant_id))
    return ", and new here this week" if new == len(offers) else ""


def worth(offers: Iterable[Offered]) -> str:
    """Return what deals are worth, for a sentence."""
    return f"₹{rupees(sum(value(offer) for offer in offers))}"


def hours(span: Span, night: Night) -> str:
    """Return two instants on the zone's clock, for a sentence."""
    begins, ends = (local(at, night.timezone) for at in span)
    return f"{begins:%H:%M} and {ends:%H:%M}"


def kilometres(metres: int) -> str:
    """Return a distance, for a sentence."""
    return f"{metres / 1000:.1f} km"
