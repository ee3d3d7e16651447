"""Ride hailing (ONDC:TRV10): search, select, init, confirm, in the form of the seller's version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.ondc.outgoing import profiles
from apps.ondc.outgoing.context import Json
from apps.ondc.outgoing.forms import Person, Stop, chained, money, price, stops, woman
from apps.ondc.outgoing.profiles import Profile, Terms
from uma.kernel.geo import Point
from uma.kernel.money import share_bps


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a rider wants to go: a way with stops between, later, or a vehicle for some hours."""

    way: Sequence[Point]
    at: datetime | None = None
    is_rental: bool = False
    vehicle: str = ""
    # A woman asks for a woman as driver.
    woman_driver: bool = False

    def category(self) -> str:
        kind = "RENTAL" if self.is_rental else "TRIP"
        return f"SCHEDULED_{kind}" if self.at else f"ON_DEMAND_{kind}"

    def stops(self) -> list[Stop]:
        if len(self.way) > 2:  # noqa: PLR2004 - more than a start and an end
            return chained(self.way)
        found = [Stop("START", place=self.way[0], at=self.at)]
        return found + [Stop("END", place=place) for place in self.way[1:]]


@dataclass(frozen=True, slots=True)
class Offered:
    """What the rider chose, by the seller's own ids; the newest callback's, since ids change."""

    provider_id: str
    item_id: str
    fulfillment_id: str


@dataclass(frozen=True, slots=True)
class Booked:
    """What init and confirm say alike: who rides, from where to where, in what, for how much."""

    offered: Offered
    rider: Person
    # From where to where, with the stops between; of a rental, where it begins.
    way: Sequence[Point]
    vehicle: str
    variant: str
    fare_paise: int
    # The amount that was bid above the catalogue, if any: init repeats it.
    bid: str = ""
    at: datetime | None = None
    # The offer said so: the order holds its seller to it.
    woman_driver: bool = False


def search(profile: Profile, *, wish: Wish, terms: Terms) -> Json:
    """
    Return the broadcast question.

    Raises:
        ValueError: this version knows no such wish
    """
    if not profile.has_category and (wish.is_rental or len(wish.way) != 2):  # noqa: PLR2004
        raise ValueError(f"{profile.version} knows trips from one place to another alone")
    if wish.woman_driver and not profile.has_woman_driver:
        raise ValueError(f"{profile.version} has no word for who is to drive")
    fulfillment: Json = {"stops": stops(wish.stops())}
    if wish.vehicle:
        fulfillment["vehicle"] = {"category": wish.vehicle}
    if wish.woman_driver:
        fulfillment |= {"customer": woman(), "agent": woman()}
    groups = profile.terms(profile.search_terms, terms.values())
    payment: Json = {"collected_by": "BPP"}
    intent: Json = {"fulfillment": fulfillment, "payment": payment}
    (intent if profile.terms_on_order else payment)["tags"] = groups
    if profile.has_category:
        intent["category"] = {"descriptor": {"code": wish.category()}}
    return {"intent": intent}


def select(*, offered: Offered, bid: str = "") -> Json:
    """Return the choice of an offer; `bid` is more than the catalogue asks."""
    order: Json = {
        "items": [_item(offered, bid)],
        "provider": {"id": offered.provider_id},
        "fulfillments": [{"id": offered.fulfillment_id}],
    }
    return {"order": order}


def init(profile: Profile, *, booked: Booked, terms: Terms) -> Json:
    return {"order": _order(profile, booked, terms)}


def confirm(
    profile: Profile,
    *,
    booked: Booked,
    terms: Terms,
    payment_id: str,
    sellers_terms: Json | None,
) -> Json:
    """
    Return the booking itself: init's order with what on_init added.

    `sellers_terms` is the group BPP_TERMS of on_init, repeated as it came (2.1.0).
    """
    order = _order(profile, booked, terms)
    payments = order["payments"]
    assert isinstance(payments, list)
    payments[0]["id"] = payment_id
    if profile.terms_on_order and sellers_terms is not None:
        groups = order["tags"]
        assert isinstance(groups, list)
        groups.append(sellers_terms)
    return {"order": order}


def finder_fee_paise(fare_paise: int, terms: Terms) -> int:
    """Return what the seller owes us of a fare it collects: a share of it, rounded half up."""
    return share_bps(fare_paise, terms.finder_fee_bps)


def _order(profile: Profile, booked: Booked, terms: Terms) -> Json:
    owed = money(finder_fee_paise(booked.fare_paise, terms))
    groups = profile.terms(profile.order_terms, terms.values(settlement_amount=owed))
    payment: Json = {"collected_by": "BPP", "status": "NOT-PAID", "type": "ON-FULFILLMENT"}
    if profile.bank_in_params and terms.bank():
        payment["params"] = terms.bank()
    if not profile.terms_on_order:
        payment["tags"] = groups
    driver = booked.woman_driver and profile.has_woman_driver
    vehicle: Json = {"category": booked.vehicle}
    if booked.variant:
        vehicle["variant"] = booked.variant
    order: Json = {
        "items": [_item(booked.offered, booked.bid)],
        "provider": {"id": booked.offered.provider_id},
        "billing": booked.rider.billing(),
        "fulfillments": [
            {
                "id": booked.offered.fulfillment_id,
                "customer": booked.rider.customer(),
                "stops": stops(Wish(booked.way, at=booked.at).stops()),
                "vehicle": vehicle,
                **({"agent": woman()} if driver else {}),
            }
        ],
        "payments": [payment],
    }
    return order | {"tags": groups} if profile.terms_on_order else order


def _item(offered: Offered, bid: str) -> Json:
    item: Json = {"id": offered.item_id}
    return item | {"price": price(bid)} if bid else item


DOMAIN = profiles.RIDES
