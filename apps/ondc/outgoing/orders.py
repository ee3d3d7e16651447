"""What is said about an order in every mobility domain: status, track, cancel, support, rating."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from apps.ondc.outgoing.context import Json
from apps.ondc.outgoing.forms import Stop, price
from apps.ondc.outgoing.profiles import Profile


class Step(StrEnum):
    """A cancellation is asked about first and confirmed once the rider has seen what it costs."""

    ASK = "SOFT_CANCEL"
    CONFIRM = "CONFIRM_CANCEL"


TECHNICAL = "000"
# What a rider may say (ondc.md 6.2).
REASONS = {
    "001": "The driver is not moving towards me",
    "002": "I cannot reach the driver",
    "003": "The driver asked me to cancel",
    "004": "The pickup place is wrong",
    "005": "I booked by mistake",
}
STARS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a quote; the amount as the seller wrote it."""

    title: str
    value: str

    def beckn(self) -> Json:
        return {"title": self.title, "price": price(self.value)}


def status(*, order_id: str) -> Json:
    return {"order_id": order_id}


def status_of_journey(*, transaction_id: UUID) -> Json:
    """Return the question about an order whose number never came: by the journey it belongs to."""
    return {"ref_id": str(transaction_id)}


def track(*, order_id: str) -> Json:
    return {"order_id": order_id}


def cancel(*, order_id: str, reason: str, step: Step) -> Json:
    return {
        "order_id": order_id,
        "cancellation_reason_id": reason,
        "descriptor": {"code": step.value, "name": "Ride Cancellation"},
    }


def support(*, order_id: str) -> Json:
    return {"support": {"ref_id": order_id}}


def rating(profile: Profile, *, kind: str, rated_id: str, stars: int) -> Json:
    """
    Return a rating of one to five stars; `kind` is FULFILLMENT, AGENT, PROVIDER and the like.

    Raises:
        ValueError: another number, or nothing that this version rates
    """
    if stars not in STARS or kind not in profile.ratings:
        raise ValueError(f"{stars} stars for {kind}")
    category = profile.ratings[kind]
    return {"ratings": [{"id": rated_id, "rating_category": category, "value": str(stars)}]}


def change_stops(
    profile: Profile, *, order_id: str, fulfillment_id: str, stops: Sequence[Stop], confirmed: bool
) -> Json:
    """
    Return a change of the way, asked about or confirmed.

    Raises:
        ValueError: this version has none
    """
    if not profile.has_updates:
        raise ValueError(f"{profile.domain} {profile.version} has no updates")
    return {
        "update_target": "order.fulfillments",
        "order": {
            "id": order_id,
            "status": "CONFIRM_UPDATE" if confirmed else "SOFT_UPDATE",
            "fulfillments": [{"id": fulfillment_id, "stops": [stop.beckn() for stop in stops]}],
        },
    }


def tip(*, order_id: str, total: str, lines: Sequence[Line], tip: str) -> Json:
    """Return a tip after the ride: the quote's own lines, one more, and the new sum."""
    every = [*lines, Line("BUYER_ADDITIONAL_AMOUNT", tip)]
    quote: Json = {"price": price(total), "breakup": [line.beckn() for line in every]}
    return {"update_target": "order.quote.breakup", "order": {"id": order_id, "quote": quote}}
