"""What a callback tells, typed: quotes, orders, catalogues; leniently, and never more than is there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from apps.ondc.outgoing.forms import WOMAN
from apps.ondc.reading import (
    Node,
    at,
    exact,
    moment,
    paise,
    place,
    several,
    span,
    tag_group,
    tagged,
    text,
    word,
)
from apps.ondc.tickets_told import counts_of
from uma.kernel.geo import Point

MOST_LINES = 60
MOST_OFFERS = 300
MOST_TERMS = 20
# How long an offer is good for when its seller does not say.
OFFER_LIFE = timedelta(minutes=5)
LONGEST_LIFE = timedelta(hours=1)
CHARGE, REFUND, TIP = "CANCELLATION_CHARGES", "REFUND", "BUYER_ADDITIONAL_AMOUNT"
# A sum in which each line was rounded by itself.
TOLERANCE_PAISE = 1
_SPELLINGS = {
    "SOFT_CANCELLED": "SOFT_CANCEL",
    "COMPLETE": "COMPLETED",
    "CONFIRM_CANCEL": "CANCELLED",
}


@dataclass(frozen=True, slots=True)
class QuoteTold:
    """A price and its lines; each line as (title, its seller's spelling, paise)."""

    price_paise: int
    price_text: str
    lines: tuple[tuple[str, str, int], ...]
    adds_up: bool
    life: timedelta | None

    def total_of(self, title: str) -> int | None:
        """Return the sum of the lines of one title; None when there is none."""
        found = [amount for name, _, amount in self.lines if name == title]
        return sum(found) if found else None

    @property
    def fare_paise(self) -> int:
        """What the ride itself costs: the price without a tip."""
        return max(self.price_paise - (self.total_of(TIP) or 0), 0)


@dataclass(frozen=True, slots=True)
class DriverTold:
    """Who comes; empty while nobody is assigned."""

    name: str
    phone: str
    vehicle_number: str
    vehicle_model: str
    start_code: str
    # As the seller writes it, in capitals; nothing where it says nothing.
    gender: str = ""


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order as its seller tells it."""

    number: str
    status: str
    ride_state: str
    fulfillment_id: str
    item_id: str
    provider_id: str
    vehicle_category: str
    vehicle_variant: str
    driver: DriverTold
    quote: QuoteTold | None
    payment_id: str
    seller_terms: Mapping[str, Any] | None
    cancellation_terms: list[dict[str, str]]
    cancelled_by: str
    cancel_reason: str
    updated_at: datetime | None
    end: Point | None


@dataclass(frozen=True, slots=True)
class OfferTold:
    """One offer of a catalogue."""

    provider_id: str
    item_id: str
    fulfillment_id: str
    provider_name: str
    item_name: str
    item_code: str
    fulfillment_type: str
    vehicle_category: str
    vehicle_variant: str
    price_paise: int
    price_text: str
    minimum_paise: int | None
    maximum_paise: int | None
    pickup_minutes: int | None
    least_count: int | None
    most_count: int | None
    life: timedelta
    woman_driver: bool = False

    def key(self, bpp_id: str, version: str) -> str:
        """Return the digest by which the same offer, told again, is found."""
        parts = (bpp_id, version, self.provider_id, self.item_id, self.fulfillment_id)
        return sha256("\x00".join(parts).encode()).hexdigest()


def error_of(body: Node) -> str:
    """Return the code of the error that stands in place of a message; "" when there is none."""
    if not isinstance(at(body, "error"), dict):
        return ""
    return text(body, "error", "code", most=16) or "unknown"


def quote_of(order: Node) -> QuoteTold | None:
    """Return the order's quote; None when it has none, or a price that cannot be read."""
    quote = at(order, "quote")
    total = paise(quote, "price", "value")
    if not isinstance(quote, dict) or total is None:
        return None
    lines = []
    whole = True
    for line in several(quote, "breakup")[:MOST_LINES]:
        # A metro card's line has its price on the item alone.
        told = line if at(line, "price") is not None else at(line, "item")
        amount = paise(told, "price", "value")
        if amount is None:
            whole = False
            continue
        title = word(line, "title", most=60) or "OTHER"
        lines.append((title, text(told, "price", "value", most=24), amount))
    added = sum(amount for _, _, amount in lines)
    # A quote without lines says nothing that could be wrong.
    adds_up = whole and (not lines or abs(added - total) <= TOLERANCE_PAISE)
    return QuoteTold(
        price_paise=total,
        price_text=text(quote, "price", "value", most=24),
        lines=tuple(lines),
        adds_up=adds_up,
        life=span(quote, "ttl"),
    )


def order_of(body: Node) -> OrderTold:
    """Return what a callback tells of an order."""
    order = at(body, "message", "order")
    ride = _ride(order)
    payments = several(order, "payments")
    status = word(order, "status", most=24)
    return OrderTold(
        number=exact(order, "id", most=128),
        status=_SPELLINGS.get(status, status),
        ride_state=word(ride, "state", "descriptor", "code", most=24),
        fulfillment_id=exact(ride, "id"),
        item_id=exact(order, "items", 0, "id"),
        provider_id=exact(order, "provider", "id"),
        vehicle_category=word(ride, "vehicle", "category", most=24),
        vehicle_variant=word(ride, "vehicle", "variant", most=24),
        driver=_driver(ride),
        quote=quote_of(order),
        payment_id=exact(payments[0], "id", most=128) if payments else "",
        seller_terms=tag_group(order, "BPP_TERMS"),
        cancellation_terms=list(_terms(order)),
        cancelled_by=word(order, "cancellation", "cancelled_by", most=16),
        cancel_reason=text(order, "cancellation", "reason", "descriptor", "code", most=32),
        updated_at=moment(order, "updated_at"),
        end=_end(ride),
    )


def _ride(order: Node) -> Node:
    """Return the fulfilment that has a state, or the first: a ticket's come after the trip's."""
    found = several(order, "fulfillments")
    stated = (one for one in found if word(one, "state", "descriptor", "code"))
    return next(stated, found[0] if found else None)


def _driver(ride: Node) -> DriverTold:
    start = next((one for one in several(ride, "stops") if word(one, "type") == "START"), None)
    make, model = text(ride, "vehicle", "make", most=40), text(ride, "vehicle", "model", most=40)
    return DriverTold(
        name=text(ride, "agent", "person", "name", most=120),
        phone=text(ride, "agent", "contact", "phone", most=32),
        vehicle_number=text(ride, "vehicle", "registration", most=24),
        vehicle_model=f"{make} {model}".strip(),
        start_code=text(start, "authorization", "token", most=32),
        gender=word(ride, "agent", "person", "gender", most=24),
    )


def _end(ride: Node) -> Point | None:
    ends = [one for one in several(ride, "stops") if word(one, "type") == "END"]
    return place(ends[-1], "location", "gps") if ends else None


def _terms(order: Node) -> Iterator[dict[str, str]]:
    for term in several(order, "cancellation_terms")[:MOST_TERMS]:
        fee = at(term, "cancellation_fee")
        yield {
            "state": word(term, "fulfillment_state", "descriptor", "code", most=24),
            "percentage": text(fee, "percentage", most=12),
            "amount": text(fee, "amount", "value", most=24),
        }


def offers_of(body: Node) -> Iterator[OfferTold]:
    """Return the offers of a catalogue that can be ordered: with ids and a price that can be read."""
    count = 0
    for provider in several(body, "message", "catalog", "providers"):
        fulfillments = {exact(one, "id"): one for one in several(provider, "fulfillments")}
        for item in several(provider, "items"):
            for fulfillment_id in _fulfillments_of(item, list(fulfillments)):
                offer = _offer(provider, item, fulfillment_id, fulfillments.get(fulfillment_id))
                if offer is None:
                    continue
                yield offer
                count += 1
                if count >= MOST_OFFERS:
                    return


def _fulfillments_of(item: Node, known: list[str]) -> list[str]:
    named = at(item, "fulfillment_ids")
    if isinstance(named, list):
        return [found for index in range(len(named)) if (found := exact(named, index))]
    return known[:1] or [""]


def _offer(provider: Node, item: Node, fulfillment_id: str, ride: Node) -> OfferTold | None:
    provider_id, item_id = exact(provider, "id"), exact(item, "id")
    price = paise(item, "price", "value")
    # Namma Yatri tells the price that it would take; others the one they ask.
    if price is None:
        price = paise(item, "price", "offered_value")
    if not provider_id or not item_id or price is None or price < 0:
        return None
    least, most = counts_of(item)
    return OfferTold(
        provider_id=provider_id,
        item_id=item_id,
        fulfillment_id=fulfillment_id,
        provider_name=text(provider, "descriptor", "name", most=120),
        item_name=text(item, "descriptor", "name", most=120),
        item_code=word(item, "descriptor", "code", most=32),
        fulfillment_type=word(ride, "type", most=24),
        vehicle_category=word(ride, "vehicle", "category", most=24),
        vehicle_variant=word(ride, "vehicle", "variant", most=24),
        price_paise=price,
        price_text=text(item, "price", "value", most=24)
        or text(item, "price", "offered_value", most=24),
        minimum_paise=_not_negative(paise(item, "price", "minimum_value")),
        maximum_paise=_not_negative(paise(item, "price", "maximum_value")),
        pickup_minutes=_minutes(tagged(item, "INFO", "ETA_TO_NEAREST_DRIVER_MIN", most=12)),
        least_count=least,
        most_count=most,
        life=_life(item),
        woman_driver=word(ride, "agent", "person", "gender", most=24) == WOMAN,
    )


def _life(item: Node) -> timedelta:
    told = span(item, "time", "duration")
    return min(told, LONGEST_LIFE) if told else OFFER_LIFE


def _minutes(told: str) -> int | None:
    whole = told.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= 4 else None  # noqa: PLR2004


def _not_negative(amount: int | None) -> int | None:
    return amount if amount is not None and amount >= 0 else None
