"""A seller of metro and bus tickets in Chalo's hand: stations, fares that change, and a QR."""

import base64
import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Any

from apps.sandbox.ondc import ticket_forms as forms
from apps.sandbox.ondc.scenarios import PLAIN
from apps.sandbox.ondc.sellers import Request, Seller, code
from apps.sandbox.ondc.stops import STATIONS, Stops
from apps.sandbox.ondc.ticket_forms import Purchase

Json = dict[str, Any]  # Any: JSON documents
_PER_STOP_PAISE, _BASE_PAISE = 5_00, 10_00
# Between the search and the choice a bus fare may have gone up: the quote is what counts.
_BUS_RISE_PAISE = 5_00


class Tickets(Seller):
    """Metro and bus of one city."""

    def __init__(
        self,
        *,
        stations: Stops | None = None,
        versions: tuple[str, ...] = ("2.0.0", "2.0.1", "2.1.0"),
        **told: Any,  # Any: the seller's own
    ) -> None:
        super().__init__(**told)
        self.versions = versions
        self.stations = stations or STATIONS
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
        stations = list(self.stations.get(mode, ()))
        if not stations:
            return
        if "stops" not in wanted:
            route: Json = {
                "id": "R1", "type": "ROUTE", "stops": forms.chain(stations),
                "vehicle": {"category": mode},
            }  # fmt: skip
            self._catalogue(request, [route], [forms.item("I1", _BASE_PAISE, ["R1"])])
            return
        way = forms.between(stations, wanted["stops"])
        if len(way) < 2:  # noqa: PLR2004 - a way has two ends
            self.call_back(
                request, "on_search", None, error=("91202", "Origin station not serviceable")
            )
            return
        fare = _BASE_PAISE + _PER_STOP_PAISE * (len(way) - 1)
        again = self.manners.states != PLAIN.states
        bought = Purchase(mode, way, fare, turn=self.manners.turn, told_again=again)
        with self.lock:
            self.chosen[request.transaction_id] = bought
        trip = forms.trip(bought, request.context["version"])
        self._catalogue(request, [trip], [forms.item("I1", fare, [bought.trip_id])])
        if self.manners.unsolicited:
            ghost = Purchase(mode, way, fare, order_id="O0", tokens=["nobody's"])
            self._tell(request, "on_status", ghost)

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
        if bought is not None and payment["params"]["amount"] != forms.rupees(bought.total_paise):
            wrong = ("91214", "Fare collected is not the actual fare")
            self.call_back(request, "on_confirm", None, error=wrong)
            return
        failed = "confirm" in self.manners.errors
        if bought is not None and journey not in self.orders and not failed:
            self._sell(bought, journey, payment)
            if self.manners.early:
                self._tell(request, "on_status", bought)
        self._answer(request, "on_confirm", bought)
        waits = failed or "confirm" in self.manners.silent
        if bought is not None and not bought.boards and not waits:
            threading.Thread(target=self._ride, args=(request, bought), daemon=True).start()

    def _sell(self, bought: Purchase, journey: str, payment: Json) -> None:
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

    def _ride(self, request: Request, bought: Purchase) -> None:
        if bought.turn == "seller_cancels":
            self._take_back(request, bought)
            return
        time.sleep(4 * self.network.pace_s)
        before = forms.order(bought, request.context["version"])
        with self.lock:
            if bought.status != "ACTIVE":
                return
            bought.claimed = True
            bought.status = "COMPLETE" if request.context["version"] == "2.0.0" else "COMPLETED"
            bought.updated_at = datetime.now(UTC)
        self._tell(request, "on_status", bought)
        if bought.told_again:
            self.call_back(request, "on_status", before, asked=False)

    def _take_back(self, request: Request, bought: Purchase) -> None:
        """Cancel what was sold, as recordings of buses do when one does not run."""
        time.sleep(self.network.pace_s)
        with self.lock:
            bought.status, bought.cancelled_by = "CANCELLED", "MERCHANT"
            bought.updated_at = datetime.now(UTC)
        body = forms.order(bought, request.context["version"], charge=0)
        body["order"]["cancellation"]["reason"] = {"descriptor": {"code": "007"}}
        self.call_back(request, "on_cancel", body, asked=False)

    def _board(self, request: Request) -> None:
        """Make a ticket good for the bus whose number its rider read."""
        asked = request.message["order"]
        bought = next((one for one in self.orders.values() if one.order_id == asked["id"]), None)
        told = asked["fulfillments"][0]
        known = [] if bought is None else forms.ticket_ids(bought)
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
            body = forms.order(
                bought, request.context["version"], charge=charge, status="SOFT_CANCEL"
            )
            self.call_back(request, "on_cancel", body)
            return
        later = self.manners.cancels_later and not technical
        with self.lock:
            bought.status = "CANCELLATION_INITIATED" if later else "CANCELLED"
            bought.cancelled_by = "" if later else "CONSUMER"
            bought.updated_at = datetime.now(UTC)
        body = forms.order(bought, request.context["version"], charge=None if later else charge)
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
        body = forms.order(bought, request.context["version"], charge=None if keeps else charge)
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
        told = forms.order(bought, request.context["version"])
        if self.manners.quote_s:
            told["order"]["quote"]["ttl"] = f"PT{self.manners.quote_s}S"
        self.call_back(request, action, told)

    def _tell(self, request: Request, action: str, bought: Purchase) -> None:
        self.call_back(
            request, action, forms.order(bought, request.context["version"]), asked=False
        )
