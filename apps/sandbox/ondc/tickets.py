"""A seller of metro and bus tickets in Chalo's hand: stations, fares that change, and a QR."""

import base64
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.sandbox.ondc.participants import stamp
from apps.sandbox.ondc.sellers import Request, Seller, code

Json = dict[str, Any]  # Any: JSON documents
STATIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "METRO": (
        ("MG_ROAD", "MG Road", "12.975500, 77.606800"),
        ("TRINITY", "Trinity", "12.973000, 77.617000"),
        ("HALASURU", "Halasuru", "12.976400, 77.626500"),
        ("INDIRANAGAR", "Indiranagar", "12.978300, 77.638600"),
    ),
    "BUS": (
        ("TIGER_CIRCLE", "Tiger Circle", "13.352600, 74.793000"),
        ("SYNDICATE", "Syndicate Circle", "13.354700, 74.788100"),
        ("UDUPI", "Udupi Bus Stand", "13.340900, 74.747700"),
    ),
}
_PER_STOP_PAISE, _BASE_PAISE = 5_00, 10_00
# Between the search and the choice a bus fare may have gone up: the quote is what counts.
_BUS_RISE_PAISE = 5_00


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

    @property
    def total_paise(self) -> int:
        return self.each_paise * self.count


class Tickets(Seller):
    """Metro and bus of one city."""

    versions = ("2.0.0", "2.0.1", "2.1.0")

    def __init__(self, **told: Any) -> None:  # Any: the seller's own
        super().__init__(**told)
        self.chosen: dict[str, Purchase] = {}
        self.orders: dict[str, Purchase] = {}
        self.confirms: dict[str, int] = {}

    def reset(self) -> None:
        super().reset()
        with self.lock:
            self.chosen, self.orders, self.confirms = {}, {}, {}

    def respond(self, request: Request) -> None:
        acts = {
            "search": self._search,
            "select": self._select,
            "init": self._init,
            "confirm": self._confirm,
            "status": self._status,
            "cancel": self._cancel,
            "update": self._board,
        }
        act = acts.get(request.action)
        if act is not None:
            act(request)

    def _search(self, request: Request) -> None:
        wanted = request.message["intent"]["fulfillment"]
        mode = wanted["vehicle"]["category"]
        stations = list(STATIONS[mode])
        if "stops" not in wanted:
            route: Json = {
                "id": "R1", "type": "ROUTE", "stops": _chain(stations),
                "vehicle": {"category": mode},
            }  # fmt: skip
            self._catalogue(request, [route], [_item("I1", _BASE_PAISE, ["R1"])])
            return
        way = _between(stations, wanted["stops"])
        if len(way) < 2:  # noqa: PLR2004 - a way has two ends
            self.call_back(
                request, "on_search", None, error=("91202", "Origin station not serviceable")
            )
            return
        fare = _BASE_PAISE + _PER_STOP_PAISE * (len(way) - 1)
        bought = Purchase(mode, way, fare)
        with self.lock:
            self.chosen[request.transaction_id] = bought
        trip = _trip(bought, request.context["version"])
        self._catalogue(request, [trip], [_item("I1", fare, [bought.trip_id])])

    def _select(self, request: Request) -> None:
        with self.lock:
            bought = self.chosen.get(request.transaction_id)
            if bought is not None:
                item = request.message["order"]["items"][0]
                bought.count = item["quantity"]["selected"]["count"]
                bought.each_paise += _BUS_RISE_PAISE if bought.mode == "BUS" else 0
        self._answer(request, "on_select", bought)

    def _init(self, request: Request) -> None:
        bought = self.chosen.get(request.transaction_id)
        if bought is not None:
            asked = request.message["order"]
            with self.lock:
                bought.billing = asked["billing"]
                bought.each_paise += self.manners.dearer_paise
                # As in its logs: no id of the payment, and where the settlement goes.
                bought.payment = asked["payments"][0] | {
                    "params": {"bank_code": "SBIN0000001", "bank_account_number": "000000000001"}
                }
        self._answer(request, "on_init", bought)

    def _confirm(self, request: Request) -> None:
        journey = request.transaction_id
        bought = self.chosen.get(journey)
        payment = request.message["order"]["payments"][0]
        with self.lock:
            self.confirms[journey] = self.confirms.get(journey, 0) + 1
        if bought is not None and payment["params"]["amount"] != _rupees(bought.total_paise):
            wrong = ("91214", "Fare collected is not the actual fare")
            self.call_back(request, "on_confirm", None, error=wrong)
            return
        failed = "confirm" in self.manners.errors
        if bought is not None and journey not in self.orders and not failed:
            with self.lock:
                bought.boards = self.manners.boards and bought.mode == "BUS"
                bought.order_id = f"o{code(5)}"
                bought.payment = payment
                # Chalo's tokens look like this: base64, and something behind it.
                bought.tokens = [
                    base64.b64encode(secrets.token_bytes(24)).decode() + ",-1,2"
                    for _ in range(bought.count)
                ]
                self.orders[journey] = bought
        self._answer(request, "on_confirm", bought)
        waits = failed or "confirm" in self.manners.silent
        if bought is not None and not bought.boards and not waits:
            threading.Thread(target=self._ride, args=(request, bought), daemon=True).start()

    def _ride(self, request: Request, bought: Purchase) -> None:
        time.sleep(4 * self.network.pace_s)
        with self.lock:
            if bought.status != "ACTIVE":
                return
            bought.claimed = True
            bought.status = "COMPLETE" if request.context["version"] == "2.0.0" else "COMPLETED"
            bought.updated_at = datetime.now(UTC)
        self._tell(request, "on_status", bought)

    def _board(self, request: Request) -> None:
        """Make a ticket good for the bus whose number its rider read."""
        asked = request.message["order"]
        bought = next((one for one in self.orders.values() if one.order_id == asked["id"]), None)
        told = asked["fulfillments"][0]
        known = [] if bought is None else _ticket_ids(bought)
        if bought is None or not bought.boards or told["id"] not in known:
            self.call_back(request, "on_update", None, error=("91215", "Item not found"))
            return
        with self.lock:
            bought.boarded.add(told["id"])
            bought.bus, bought.updated_at = told["vehicle"]["registration"], datetime.now(UTC)
        self._answer(request, "on_update", bought)

    def _status(self, request: Request) -> None:
        self._answer(request, "on_status", self._found(request))

    def _cancel(self, request: Request) -> None:
        bought = self._found(request)
        if bought is None or bought.claimed or bought.boarded:
            wrong = ("91216", "A used ticket cannot be cancelled")
            self.call_back(request, "on_cancel", None, error=wrong)
            return
        technical = request.message["cancellation_reason_id"] == "000"
        charge = 0 if technical else min(5_00, bought.total_paise)
        if request.message["descriptor"]["code"] == "SOFT_CANCEL":
            body = _order(bought, request.context["version"], charge=charge, status="SOFT_CANCEL")
            self.call_back(request, "on_cancel", body)
            return
        later = self.manners.cancels_later and not technical
        with self.lock:
            bought.status = "CANCELLATION_INITIATED" if later else "CANCELLED"
            bought.cancelled_by = "" if later else "CONSUMER"
            bought.updated_at = datetime.now(UTC)
        body = _order(bought, request.context["version"], charge=None if later else charge)
        self.call_back(request, "on_cancel", body)
        if later:
            time.sleep(self.network.pace_s)
            self._decide(request, bought, charge)

    def _decide(self, request: Request, bought: Purchase, charge: int) -> None:
        """Say at last what becomes of a cancellation that was taken note of."""
        keeps = self.manners.keeps_tickets
        with self.lock:
            bought.status = "ACTIVE" if keeps else "CANCELLED"
            bought.cancelled_by = "" if keeps else "CONSUMER"
            bought.updated_at = datetime.now(UTC)
        body = _order(bought, request.context["version"], charge=None if keeps else charge)
        self.call_back(request, "on_status" if keeps else "on_update", body, asked=False)

    def _found(self, request: Request) -> Purchase | None:
        if (ref := request.message.get("ref_id")) is not None:
            return self.orders.get(str(ref))
        wanted = request.message.get("order_id")
        return next((one for one in self.orders.values() if one.order_id == wanted), None)

    def _catalogue(self, request: Request, fulfillments: list[Json], items: list[Json]) -> None:
        provider = {
            "id": "P1",
            "descriptor": {"name": "Chalo (sandbox)"},
            "fulfillments": fulfillments,
            "items": items,
            "payments": [{"collected_by": "BAP", "type": "PRE-ORDER"}],
            "time": {"label": "Validity", "duration": "PT2D"},
        }
        catalog = {"descriptor": {"name": "Chalo (sandbox)"}, "providers": [provider]}
        self.call_back(request, "on_search", {"catalog": catalog})

    def _answer(self, request: Request, action: str, bought: Purchase | None) -> None:
        if bought is None:
            self.call_back(request, action, None, error=("91212", "Invalid transaction"))
            return
        self.call_back(request, action, _order(bought, request.context["version"]))

    def _tell(self, request: Request, action: str, bought: Purchase) -> None:
        self.call_back(request, action, _order(bought, request.context["version"]), asked=False)


def _order(bought: Purchase, version: str, *, charge: int | None = None, status: str = "") -> Json:
    item = _item("I1", bought.each_paise, [bought.trip_id])
    item["quantity"] = {"selected": {"count": bought.count}}
    found: Json = {
        "provider": {"id": "P1", "descriptor": {"name": "Chalo (sandbox)"}},
        "items": [item],
        "fulfillments": [_trip(bought, version), *_tickets(bought, version)],
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


def _trip(bought: Purchase, version: str) -> Json:
    stops = _chain(bought.way)
    if version == "2.0.0" and bought.tokens:
        stops[0]["authorization"] = _authorization(bought, bought.tokens[0])
    trip: Json = {
        "id": bought.trip_id,
        "type": "TRIP",
        "stops": stops,
        "vehicle": {"category": bought.mode},
    }
    if bought.boards:
        trip["state"] = {"descriptor": {"code": "ACTIVE" if bought.bus else "INACTIVE"}}
    if bought.bus:
        trip["vehicle"]["registration"] = bought.bus
    return trip


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
        for ticket_id, token in zip(_ticket_ids(bought), bought.tokens, strict=True)
    ]


def _ticket_ids(bought: Purchase) -> list[str]:
    return [f"{bought.trip_id}-{number}" for number in range(len(bought.tokens))]


def _authorization(bought: Purchase, token: str, ticket_id: str = "") -> Json:
    used = bought.claimed or ticket_id in bought.boarded
    told = {
        "type": "VEHICLE_NUMBER" if bought.boards else "QR",
        "valid_to": stamp(bought.updated_at + timedelta(hours=12)),
        "status": "CLAIMED" if used else "UNCLAIMED",
    }
    return told if bought.boards else told | {"token": token}


def _item(item_id: str, paise: int, fulfillment_ids: list[str]) -> Json:
    return {
        "id": item_id,
        "descriptor": {"code": "SJT", "name": "Single Journey Ticket"},
        "price": _price(paise),
        "quantity": {"minimum": {"count": 1}, "maximum": {"count": 6}},
        "fulfillment_ids": fulfillment_ids,
    }


def _chain(stations: list[tuple[str, str, str]]) -> list[Json]:
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


def _between(stations: list[tuple[str, str, str]], stops: list[Json]) -> list[tuple[str, str, str]]:
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
    return {"currency": "INR", "value": _rupees(paise)}


def _rupees(paise: int) -> str:
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"
