"""The messages of ride sellers, in Namma Yatri's hand and in that of a seller by the book."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from apps.sandbox.ondc.participants import stamp

Json = dict[str, Any]  # Any: JSON documents
_EARTH_KM = 6371.0


@dataclass(frozen=True)
class Vehicle:
    """What is offered: its category, the name of the product, and how a fare grows."""

    category: str
    variant: str
    item_id: str
    title: str
    base_paise: int
    per_km_paise: int


@dataclass(frozen=True)
class Hand:
    """How a seller writes: where two sellers of one version differ."""

    brand: str
    vehicles: tuple[Vehicle, ...]
    # Namma Yatri: whole rupees, microseconds, the order's id at init, no payment ids, ids that change.
    plain: bool


AUTOS = Hand(
    brand="Namma Yatri",
    vehicles=(
        Vehicle("AUTO_RICKSHAW", "AUTO_RICKSHAW", "NAMMA_YATRI_PARTNER_AUTO_RICKSHAW",
                "Auto Ride", 30_00, 15_00),
    ),
    plain=True,
)  # fmt: skip
CABS = Hand(
    brand="Sandbox Cabs",
    vehicles=(
        Vehicle("CAB", "HATCHBACK", "I1", "Mini", 50_00, 18_00),
        Vehicle("CAB", "SEDAN", "I2", "Sedan", 60_00, 22_00),
    ),
    plain=False,
)


@dataclass
class Ride:
    """One offer on its way to an order: what the seller knows of it."""

    hand: Hand
    vehicle: Vehicle
    stops: list[Json]
    lines: dict[str, int]
    fulfillment_id: str
    order_id: str = ""
    state: str = ""
    status: str = "ACTIVE"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    customer: Json = field(default_factory=dict)
    billing: Json = field(default_factory=dict)
    payment: Json = field(default_factory=dict)
    otp: str = ""
    has_agent: bool = False
    cancelled_by: str = ""
    reason: str = ""
    kind: str = "ON_DEMAND_TRIP"
    # Of a ride for later, as the buyer wrote it.
    starts_at: str = ""
    # Offered as driven by a woman, because one asked for her; and whether a woman comes.
    by_woman: bool = False
    woman_comes: bool = True

    @property
    def fare_paise(self) -> int:
        return sum(self.lines.values())

    def amount(self, paise: int) -> str:
        if self.hand.plain and paise % 100 == 0:
            return str(paise // 100)
        return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"

    def moment(self, at: datetime) -> str:
        return at.isoformat().replace("+00:00", "Z") if self.hand.plain else stamp(at)


def place(stop: Json) -> tuple[float, float]:
    latitude, _, longitude = stop["location"]["gps"].partition(",")
    return float(latitude), float(longitude)


def distance_km(stops: list[Json]) -> float:
    """Return the way along the stops, a third longer than the crow flies."""
    points = [place(stop) for stop in stops]
    return 1.3 * sum(_crow_km(a, b) for a, b in pairwise(points))


def _crow_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    high, wide = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    half = (
        math.sin(high / 2) ** 2
        + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(wide / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))


def fare_lines(vehicle: Vehicle, stops: list[Json]) -> dict[str, int]:
    """Return a fare by its lines, in whole rupees as meters show it."""
    by_distance = round(vehicle.per_km_paise * distance_km(stops) / 100) * 100
    return {"BASE_FARE": vehicle.base_paise, "DISTANCE_FARE": by_distance}


def catalogue(provider_id: str, rides: list[Ride], *, version: str) -> Json:
    """Return the catalogue of on_search."""
    hand = rides[0].hand
    provider: Json = {
        "id": provider_id,
        "descriptor": {"name": hand.brand},
        "locations": [{"id": "L1", "gps": rides[0].stops[0]["location"]["gps"]}],
        "fulfillments": [fulfillment(ride) for ride in rides],
        "items": [_item(ride, in_catalogue=True) for ride in rides],
        "payments": [{"collected_by": "BPP", "type": "ON-FULFILLMENT"}],
    }
    found: Json = {"descriptor": {"name": hand.brand}, "providers": [provider]}
    if version == "2.1.0":
        category = {
            "id": "C1",
            "descriptor": {"code": rides[0].kind, "name": rides[0].kind.title()},
        }
        provider["categories"] = [category]
        for item in provider["items"]:
            item["category_ids"] = ["C1"]
        found["tags"] = [terms()]
    return {"catalog": found}


def order(provider_id: str, ride: Ride, *, version: str, quote: Json | None = None) -> Json:
    """Return the whole order as it is now."""
    found: Json = {
        "provider": {"id": provider_id, "descriptor": {"name": ride.hand.brand}},
        "items": [_item(ride)],
        "fulfillments": [fulfillment(ride)],
        "quote": quote or quoted(ride),
        "cancellation_terms": _cancellation_terms(ride),
    }
    if ride.order_id:
        found["id"] = ride.order_id
    if ride.billing:
        found["billing"] = ride.billing
    if ride.payment:
        found["payments"] = [ride.payment]
        if version == "2.1.0":
            found["tags"] = [terms()]
    if ride.state:
        found["status"] = ride.status
        found["created_at"] = ride.moment(ride.created_at)
        found["updated_at"] = ride.moment(ride.updated_at)
    if ride.cancelled_by:
        found["cancellation"] = {"cancelled_by": ride.cancelled_by}
        if ride.reason:
            found["cancellation"]["reason"] = {"descriptor": {"code": ride.reason}}
    return {"order": found}


def quoted(ride: Ride, extra: dict[str, int] | None = None) -> Json:
    lines = ride.lines | (extra or {})
    breakup = [
        {"title": title, "price": {"currency": "INR", "value": ride.amount(paise)}}
        for title, paise in lines.items()
    ]
    total = {"currency": "INR", "value": ride.amount(sum(lines.values()))}
    return {"price": total, "breakup": breakup, "ttl": "PT200S"}


def given_back(ride: Ride, charge_paise: int) -> Json:
    """Return the quote of a cancellation: the fare goes back, the charge stays."""
    return quoted(ride, {"REFUND": -ride.fare_paise, "CANCELLATION_CHARGES": charge_paise})


def fulfillment(ride: Ride) -> Json:
    vehicle: Json = {"category": ride.vehicle.category, "variant": ride.vehicle.variant}
    stops = [dict(stop) for stop in ride.stops]
    found: Json = {"id": ride.fulfillment_id, "type": "DELIVERY", "stops": stops}
    if ride.state:
        found["state"] = {"descriptor": {"code": f"RIDE_{ride.state}"}}
    if ride.by_woman:
        found["agent"] = {"person": {"gender": "FEMALE"}}
    if ride.has_agent:
        found["agent"] = {
            "person": {"name": "Driver One"},
            "contact": {"phone": "+919000000009" if ride.hand.plain else "9000000009"},
        }
        if ride.by_woman:
            found["agent"]["person"]["gender"] = "FEMALE" if ride.woman_comes else "MALE"
        vehicle |= {"registration": "KA01AB1234", "make": "Bajaj", "model": "Compact RE"}
    if ride.otp:
        stops[0]["authorization"] = {"type": "OTP", "token": ride.otp, "status": "UNCLAIMED"}
        if ride.state in {"STARTED", "ENDED"}:
            stops[0]["authorization"]["status"] = "CLAIMED"
    if ride.customer:
        found["customer"] = ride.customer
    found["vehicle"] = vehicle
    return found


def terms() -> Json:
    """Return the seller's own terms of version 2.1.0."""
    values = {
        "BUYER_FINDER_FEES_PERCENTAGE": "1",
        "SETTLEMENT_WINDOW": "PT60M",
        "SETTLEMENT_BASIS": "DELIVERY",
        "MANDATORY_ARBITRATION": "true",
        "COURT_JURISDICTION": "Bengaluru",
        "STATIC_TERMS": "https://sandbox.example.in/terms",
    }
    listed = [{"descriptor": {"code": key}, "value": value} for key, value in values.items()]
    descriptor = {"code": "BPP_TERMS", "name": "BPP Terms of Engagement"}
    return {"descriptor": descriptor, "display": False, "list": listed}


def _item(ride: Ride, *, in_catalogue: bool = False) -> Json:
    price: Json = {"currency": "INR", "value": ride.amount(ride.fare_paise)}
    if in_catalogue:
        price["minimum_value"] = ride.amount(ride.fare_paise)
        price["maximum_value"] = ride.amount(ride.fare_paise + 40_00)
    policy = {"MIN_FARE": ride.amount(ride.vehicle.base_paise), "WAITING_CHARGE_PER_MIN": "2"}
    return {
        "id": ride.vehicle.item_id,
        "descriptor": {
            "code": "RENTAL" if ride.kind.endswith("RENTAL") else "RIDE",
            "name": ride.vehicle.title,
        },
        "fulfillment_ids": [ride.fulfillment_id],
        "location_ids": ["L1"],
        "price": price,
        "tags": [
            _tags("FARE_POLICY", policy),
            _tags("INFO", {"ETA_TO_NEAREST_DRIVER_MIN": "3"}),
        ],
    }


def _tags(group: str, values: dict[str, str]) -> Json:
    listed = [{"descriptor": {"code": key}, "value": value} for key, value in values.items()]
    return {"descriptor": {"code": group}, "display": True, "list": listed}


def _cancellation_terms(ride: Ride) -> list[Json]:
    if ride.hand.plain:
        return [{"cancellation_fee": {"percentage": "0"}, "reason_required": False}]
    fees = {"RIDE_ASSIGNED": "0", "RIDE_ARRIVED_PICKUP": "30"}
    return [
        {
            "fulfillment_state": {"descriptor": {"code": state}},
            "cancellation_fee": {"amount": {"currency": "INR", "value": fee}},
            "reason_required": True,
        }
        for state, fee in fees.items()
    ]
