"""What a seller of tickets writes: orders, tickets, quotes and ways, as Chalo writes them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.sandbox.ondc.participants import stamp
from apps.sandbox.ondc.sellers import code

Json = dict[str, Any]  # Any: JSON documents


@dataclass
class Purchase:
    """Tickets on their way from a choice to a QR."""

    mode: str
    way: list[tuple[str, str, str]]
    each_paise: int
    count: int = 1
    trip_id: str = field(default_factory=lambda: f"F{code(4)}")
    order_id: str = ""
    status: str = "ACTIVE"
    tokens: list[str] = field(default_factory=list)
    claimed: bool = False
    # The tickets wait for the number of a bus; which of them got it, and which bus.
    boards: bool = False
    boarded: set[str] = field(default_factory=set)
    bus: str = ""
    billing: Json = field(default_factory=dict)
    payment: Json = field(default_factory=dict)
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    cancelled_by: str = ""
    # What its seller will make of it, decided when it was asked about.
    turn: str = ""
    # And whether what it was is told once more after it was used.
    told_again: bool = False

    @property
    def total_paise(self) -> int:
        return self.each_paise * self.count


def order(bought: Purchase, version: str, *, charge: int | None = None, status: str = "") -> Json:
    sold = item("I1", bought.each_paise, [bought.trip_id])
    sold["quantity"] = {"selected": {"count": bought.count}}
    found: Json = {
        "provider": {"id": "P1", "descriptor": {"name": "Chalo (sandbox)"}},
        "items": [sold],
        "fulfillments": [trip(bought, version), *_tickets(bought, version)],
        "quote": _quote(bought, charge),
    }
    if bought.billing:
        found |= {"billing": bought.billing, "payments": [bought.payment]}
    if bought.order_id:
        found |= {
            "id": bought.order_id,
            "status": status or bought.status,
            "created_at": stamp(bought.updated_at),
            "updated_at": stamp(bought.updated_at),
        }
    if bought.cancelled_by:
        found["cancellation"] = {"cancelled_by": bought.cancelled_by}
    return {"order": found}


def _quote(bought: Purchase, charge: int | None) -> Json:
    lines = [("BASE_FARE", bought.total_paise), ("OFFER", 0), ("TOLL", 0)]
    if charge is not None:
        lines += [("REFUND", -bought.total_paise), ("CANCELLATION_CHARGES", charge)]
    total = sum(paise for _, paise in lines)
    return {
        "price": _price(total),
        "breakup": [{"title": title, "price": _price(paise)} for title, paise in lines],
    }


def trip(bought: Purchase, version: str) -> Json:
    stops = chain(bought.way)
    if version == "2.0.0" and bought.tokens:
        stops[0]["authorization"] = _authorization(bought, bought.tokens[0])
    told: Json = {
        "id": bought.trip_id,
        "type": "TRIP",
        "stops": stops,
        "vehicle": {"category": bought.mode},
    }
    if bought.boards:
        told["state"] = {"descriptor": {"code": "ACTIVE" if bought.bus else "INACTIVE"}}
    if bought.bus:
        told["vehicle"]["registration"] = bought.bus
    return told


def _tickets(bought: Purchase, version: str) -> list[Json]:
    if version == "2.0.0":
        return []
    parent = {"descriptor": {"code": "PARENT_ID"}, "value": bought.trip_id}
    return [
        {
            "id": ticket_id,
            "type": "TICKET",
            "stops": [{"type": "START", "authorization": _authorization(bought, token, ticket_id)}],
            "tags": [{"descriptor": {"code": "INFO"}, "list": [parent]}],
        }
        for ticket_id, token in zip(ticket_ids(bought), bought.tokens, strict=True)
    ]


def ticket_ids(bought: Purchase) -> list[str]:
    return [f"{bought.trip_id}-{number}" for number in range(len(bought.tokens))]


def _authorization(bought: Purchase, token: str, ticket_id: str = "") -> Json:
    used = bought.claimed or ticket_id in bought.boarded
    told = {
        "type": "VEHICLE_NUMBER" if bought.boards else "QR",
        "valid_to": stamp(bought.updated_at + timedelta(hours=12)),
        "status": "CLAIMED" if used else "UNCLAIMED",
    }
    return told if bought.boards else told | {"token": token}


def item(item_id: str, paise: int, fulfillment_ids: list[str]) -> Json:
    return {
        "id": item_id,
        "descriptor": {"code": "SJT", "name": "Single Journey Ticket"},
        "price": _price(paise),
        "quantity": {"minimum": {"count": 1}, "maximum": {"count": 6}},
        "fulfillment_ids": fulfillment_ids,
    }


def chain(stations: list[tuple[str, str, str]]) -> list[Json]:
    last = len(stations) - 1
    kinds = {0: "START", last: "END"}
    chained = []
    for number, (key, name, gps) in enumerate(stations):
        stop: Json = {
            "id": str(number + 1),
            "type": kinds.get(number, "INTERMEDIATE_STOP"),
            "location": {"descriptor": {"code": key, "name": name}, "gps": gps},
        }
        if number:
            stop["parent_stop_id"] = str(number)
        chained.append(stop)
    return chained


def between(stations: list[tuple[str, str, str]], stops: list[Json]) -> list[tuple[str, str, str]]:
    try:
        first, last = (_index(stations, stop["location"]) for stop in stops)
    except ValueError:
        return []
    return stations[first : last + 1] if first <= last else stations[last : first + 1][::-1]


def _index(stations: list[tuple[str, str, str]], location: Json) -> int:
    if "descriptor" in location:
        return [key for key, _, _ in stations].index(location["descriptor"]["code"])
    wanted = [float(part) for part in location["gps"].split(",")]

    def off(station: tuple[str, str, str]) -> float:
        latitude, longitude = (float(part) for part in station[2].split(","))
        return (latitude - wanted[0]) ** 2 + (longitude - wanted[1]) ** 2

    return stations.index(min(stations, key=off))


def _price(paise: int) -> Json:
    return {"currency": "INR", "value": rupees(paise)}


def rupees(paise: int) -> str:
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"
