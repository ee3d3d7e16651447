"""Ride sellers: from a search to a ride that ends, with a driver who moves."""

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from apps.sandbox.ondc import ride_forms as forms
from apps.sandbox.ondc.issues import Desk
from apps.sandbox.ondc.participants import Participant, stamp
from apps.sandbox.ondc.ride_forms import Hand, Ride
from apps.sandbox.ondc.sellers import Request, Seller, code

if TYPE_CHECKING:
    from apps.sandbox.ondc.server import Network

Json = dict[str, Any]  # Any: JSON documents
_RANKS = {"ENROUTE_PICKUP": 1, "ARRIVED_PICKUP": 2, "STARTED": 3, "ENDED": 4}
LATE_CHARGE_PAISE = 30_00
OVER = {"ENDED", "CANCELLED"}


class Rides(Seller):
    """Autos in Namma Yatri's hand, or cabs by the book."""

    def __init__(
        self,
        *,
        network: "Network",
        name: str,
        participant: Participant,
        hand: Hand,
        versions: tuple[str, ...],
    ) -> None:
        super().__init__(network=network, name=name, participant=participant)
        self.hand = hand
        self.versions = versions
        self.desk = Desk(self)
        # By journey: what was offered, by fulfilment, and what became of it.
        self.offered: dict[str, dict[str, Ride]] = {}
        self.orders: dict[str, Ride] = {}
        self.confirms: dict[str, int] = {}

    def reset(self) -> None:
        super().reset()
        self.desk.reset()
        with self.lock:
            for ride in self.orders.values():
                ride.status, ride.state = "CANCELLED", "CANCELLED"
            self.offered, self.orders, self.confirms = {}, {}, {}

    @property
    def provider_id(self) -> str:
        return self.participant.subscriber_id if self.hand.plain else "P1"

    def respond(self, request: Request) -> None:
        acts = {
            "search": self._search,
            "select": self._select,
            "init": self._init,
            "confirm": self._confirm,
            "status": self._status,
            "track": self._track,
            "cancel": self._cancel,
            "update": self._update,
            "support": self._support,
            "rating": self._rating,
            "issue": self.desk.heard,
            "issue_status": self.desk.asked,
        }
        act = acts.get(request.action)
        if act is not None:
            act(request)

    def _search(self, request: Request) -> None:
        intent = request.message["intent"]
        wanted = intent["fulfillment"].get("vehicle", {}).get("category")
        stops = intent["fulfillment"]["stops"]
        kind = intent.get("category", {}).get("descriptor", {}).get("code", "ON_DEMAND_TRIP")
        starts_at = stops[0].get("time", {}).get("timestamp", "")
        woman = _wants_woman(intent["fulfillment"])
        rides = [
            Ride(
                self.hand,
                vehicle,
                stops,
                forms.fare_lines(vehicle, stops),
                str(uuid.uuid4()),
                kind=kind,
                starts_at=starts_at,
                # Few women drive: her car is of one kind.
                by_woman=woman and vehicle is self.hand.vehicles[-1],
            )
            for vehicle in self.hand.vehicles
            if wanted in (None, vehicle.category)
        ]
        if not rides:
            return
        with self.lock:
            found = self.offered.setdefault(request.transaction_id, {})
            found.update({ride.fulfillment_id: ride for ride in rides})
        version = request.context["version"]
        self.call_back(
            request, "on_search", forms.catalogue(self.provider_id, rides, version=version)
        )
        if self.manners.unsolicited:
            ghost = Ride(self.hand, self.hand.vehicles[0], stops, {"BASE_FARE": 1_00}, "F0", "O0")
            ghost.state = "STARTED"
            self._tell(request, "on_status", ghost)

    def _select(self, request: Request) -> None:
        asked = request.message["order"]
        ride = self.offered.get(request.transaction_id, {}).get(asked["fulfillments"][0]["id"])
        if ride is None:
            self.call_back(request, "on_select", None, error=("90201", "Route not serviceable"))
            return
        bid = asked["items"][0].get("price", {}).get("value")
        if bid is not None:
            with self.lock:
                extra = round(float(bid) * 100) - ride.fare_paise
                ride.lines = ride.lines | {"BUYER_ADDITIONAL_AMOUNT": extra}
        if self.hand.plain:
            # Namma Yatri's offer is a driver's, under another id than the estimate's.
            with self.lock:
                ride.fulfillment_id = str(uuid.uuid4())
                self.offered[request.transaction_id][ride.fulfillment_id] = ride
        self._answer(request, "on_select", ride)

    def _init(self, request: Request) -> None:
        asked = request.message["order"]
        ride = self.offered.get(request.transaction_id, {}).get(asked["fulfillments"][0]["id"])
        if ride is None:
            self.call_back(request, "on_init", None, error=("30004", "Item not found"))
            return
        with self.lock:
            if self.manners.dearer_paise:
                ride.lines = dict(ride.lines)
                ride.lines["DISTANCE_FARE"] += self.manners.dearer_paise
            ride.customer = asked["fulfillments"][0]["customer"]
            ride.billing = asked["billing"]
            ride.payment = dict(asked["payments"][0])
            if self.hand.plain:
                ride.order_id = str(uuid.uuid4())
            else:
                ride.payment["id"] = f"PA-{code()}"
        self._answer(request, "on_init", ride)

    def _confirm(self, request: Request) -> None:
        asked = request.message["order"]
        journey = request.transaction_id
        ride = self.offered.get(journey, {}).get(asked["fulfillments"][0]["id"])
        with self.lock:
            self.confirms[journey] = self.confirms.get(journey, 0) + 1
        if ride is not None and ride.by_woman and not _wants_woman(asked["fulfillments"][0]):
            wrong = ("30000", "The order does not ask for the driver who was offered")
            self.call_back(request, "on_confirm", None, error=wrong)
            return
        if ride is None or not ride.customer or journey in self.orders:
            wrong = ("31003", "Order being processed") if ride else ("30018", "Order not found")
            self.call_back(request, "on_confirm", None, error=wrong)
            return
        if self.manners.turn == "no_driver_error":
            wrong = ("90203", "Driver not assigned to the order")
            self.call_back(request, "on_confirm", None, error=wrong)
            return
        with self.lock:
            ride.order_id = ride.order_id or f"O-{code(8)}"
            ride.state = "ASSIGNED" if self.hand.plain else "CONFIRMED"
            ride.created_at = ride.updated_at = datetime.now(UTC)
            self.orders[journey] = ride
        silent = "confirm" in self.manners.silent
        if self.manners.early and not silent:
            self._assign(request, ride)
        self._answer(request, "on_confirm", ride)
        if not silent:
            # A lost on_confirm waits for the question: the ride begins when it was answered.
            self._begin(request, ride)

    def _begin(self, request: Request, ride: Ride) -> None:
        threading.Thread(target=self._drive, args=(request, ride), daemon=True).start()

    def _drive(self, request: Request, ride: Ride) -> None:
        """Let a ride go its way, a step each pace, unless it is cancelled meanwhile."""
        if self.manners.turn == "no_driver":
            time.sleep(self.network.pace_s)
            self._seller_cancels(request, ride, "011")
            return
        if ride.starts_at:
            # A ride for later: its driver is found when its time comes, or here after a few steps.
            time.sleep(2 * self.network.pace_s)
        if not ride.has_agent:
            # Ten milliseconds after on_confirm, as Namma Yatri's drivers are.
            time.sleep(0.01 if self.hand.plain else self.network.pace_s)
            if not self._assign(request, ride):
                return
        if self.manners.turn == "driver_cancels":
            time.sleep(self.network.pace_s)
            self._seller_cancels(request, ride, "013")
            return
        began = datetime.now(UTC)
        states = [state for state in self.manners.states if state != "ENROUTE_PICKUP"]
        for state in states if self.hand.plain else self.manners.states:
            time.sleep(self.network.pace_s)
            if not self._move(request, ride, state, began):
                return
            if state == "STARTED" and self.manners.waiting_paise:
                time.sleep(self.network.pace_s)
                self._costs_more(request, ride)

    def _assign(self, request: Request, ride: Ride) -> bool:
        with self.lock:
            if ride.state in OVER:
                return False
            ride.state, ride.has_agent = "ASSIGNED", True
            ride.woman_comes = not self.manners.breaks_promise
            ride.otp = f"{uuid.uuid4().int % 10_000:04d}"
            ride.updated_at = datetime.now(UTC)
            if self.hand.plain:
                ride.fulfillment_id = str(uuid.uuid4())
        self._tell(request, "on_update", ride)
        return True

    def _move(self, request: Request, ride: Ride, state: str, began: datetime) -> bool:
        with self.lock:
            if ride.state in OVER:
                return False
            ride.state = state
            in_order = list(_RANKS) == [each for each in self.manners.states if each in _RANKS]
            # What is told in another order than it happened keeps the time when it happened.
            happened = began + timedelta(milliseconds=_RANKS[state])
            ride.updated_at = datetime.now(UTC) if in_order or state == "ENDED" else happened
            if state == "ENDED":
                ride.lines = dict(ride.lines)
                if self.manners.extra_paise:
                    ride.lines["TOLL_CHARGES"] = self.manners.extra_paise
                if self.hand.plain:
                    ride.status = "COMPLETE"
                    ride.lines["CANCELLATION_CHARGES"] = 0
        self._tell(request, "on_update" if state == "ENDED" else "on_status", ride)
        return True

    def _costs_more(self, request: Request, ride: Ride) -> None:
        """Tell a fare that rose on the way, as sellers do for tolls and waiting."""
        with self.lock:
            if ride.state in OVER:
                return
            ride.lines = ride.lines | {"WAITING_CHARGES": self.manners.waiting_paise}
            ride.updated_at = datetime.now(UTC)
        self._tell(request, "on_update", ride)

    def _seller_cancels(self, request: Request, ride: Ride, reason: str) -> None:
        with self.lock:
            if ride.state in OVER:
                return
            ride.state, ride.status, ride.cancelled_by = "CANCELLED", "CANCELLED", "PROVIDER"
            ride.reason = "" if self.hand.plain and reason == "013" else reason
            ride.updated_at = datetime.now(UTC)
        # Namma Yatri leaves the quote as it was when its driver cancels.
        quote = None if self.hand.plain else forms.given_back(ride, 0)
        self._tell(request, "on_cancel", ride, quote=quote)

    def _status(self, request: Request) -> None:
        ride = self._found(request)
        if ride is None:
            self.call_back(request, "on_status", None, error=("30018", "Order not found"))
            return
        with self.lock:
            if ride.state == "ENDED":
                ride.status = "COMPLETE" if self.hand.plain else "COMPLETED"
                params = {
                    "amount": ride.amount(ride.fare_paise),
                    "currency": "INR",
                    "transaction_id": code(12),
                }
                ride.payment |= {"status": "PAID", "params": params}
        self._answer(request, "on_status", ride)
        if "status" in self.manners.silent:
            # Whoever is told of no order is told of no driver either.
            return
        if "ref_id" in request.message and not ride.has_agent and ride.state not in OVER:
            self._begin(request, ride)

    def _track(self, request: Request) -> None:
        ride = self._found(request)
        if ride is None or ride.state in OVER or not ride.has_agent:
            self.call_back(request, "on_track", {"tracking": {"status": "inactive"}})
            return
        if self.hand.plain:
            url = f"{self.participant.url}/track/{ride.order_id}"
            self.call_back(request, "on_track", {"tracking": {"status": "ACTIVE", "url": url}})
            return
        location = {"gps": _where(ride), "updated_at": stamp(datetime.now(UTC))}
        self.call_back(
            request, "on_track", {"tracking": {"status": "active", "location": location}}
        )

    def _cancel(self, request: Request) -> None:
        ride = self._found(request)
        if ride is None or ride.state in {*OVER, "STARTED"}:
            self.call_back(request, "on_cancel", None, error=("50001", "Cancellation not possible"))
            return
        late = not self.hand.plain and ride.state == "ARRIVED_PICKUP"
        technical = request.message["cancellation_reason_id"] == "000"
        charge = LATE_CHARGE_PAISE if late and not technical else 0
        quote = forms.given_back(ride, charge)
        if request.message.get("descriptor", {}).get("code") == "SOFT_CANCEL":
            status, ride.status = ride.status, "SOFT_CANCEL"
            body = forms.order(
                self.provider_id, ride, version=request.context["version"], quote=quote
            )
            ride.status = status
            self.call_back(request, "on_cancel", body)
            return
        with self.lock:
            ride.state, ride.status, ride.cancelled_by = "CANCELLED", "CANCELLED", "CONSUMER"
            ride.reason = str(request.message["cancellation_reason_id"])
            ride.updated_at = datetime.now(UTC)
        self._answer(request, "on_cancel", ride, quote=quote)

    def _update(self, request: Request) -> None:
        ride = self._found(request)
        if ride is None:
            self.call_back(request, "on_update", None, error=("50002", "Update not possible"))
            return
        asked = request.message["order"]
        status = asked.get("status")
        with self.lock:
            kept = (ride.stops, ride.lines, ride.status)
            if status is None:
                lines = {
                    each["title"]: each["price"]["value"] for each in asked["quote"]["breakup"]
                }
                tip = float(lines.get("BUYER_ADDITIONAL_AMOUNT", "0"))
                ride.lines = ride.lines | {"BUYER_ADDITIONAL_AMOUNT": round(tip * 100)}
            else:
                end = asked["fulfillments"][0]["stops"][-1]
                ride.stops = [*ride.stops[:-1], ride.stops[-1] | {"location": end["location"]}]
                ride.lines = forms.fare_lines(ride.vehicle, ride.stops)
                ride.status = "UPDATED" if status == "CONFIRM_UPDATE" else status
                ride.updated_at = datetime.now(UTC)
            body = forms.order(self.provider_id, ride, version=request.context["version"])
            if status == "SOFT_UPDATE":
                ride.stops, ride.lines = kept[0], kept[1]
            ride.status = kept[2]
        self.call_back(request, "on_update", body)

    def _support(self, request: Request) -> None:
        ref = request.message["support"].get("ref_id", "")
        found = {"ref_id": ref, "phone": "18000000000", "email": "help@sandbox.example.in"}
        self.call_back(request, "on_support", {"support": found})

    def _rating(self, request: Request) -> None:
        self.call_back(request, "on_rating", {"feedback_ack": True, "rating_ack": True})

    def _found(self, request: Request) -> Ride | None:
        ref = request.message.get("ref_id")
        if ref is not None:
            return self.orders.get(str(ref))
        order_id = request.message.get("order_id") or request.message.get("order", {}).get("id")
        return next((ride for ride in self.orders.values() if ride.order_id == order_id), None)

    def _answer(
        self, request: Request, action: str, ride: Ride, *, quote: Json | None = None
    ) -> None:
        version = request.context["version"]
        body = forms.order(self.provider_id, ride, version=version, quote=quote)
        self.call_back(request, action, body)

    def _tell(
        self, request: Request, action: str, ride: Ride, *, quote: Json | None = None
    ) -> None:
        version = request.context["version"]
        body = forms.order(self.provider_id, ride, version=version, quote=quote)
        self.call_back(request, action, body, asked=False)


def _wants_woman(fulfillment: Json) -> bool:
    return bool(fulfillment.get("agent", {}).get("person", {}).get("gender") == "FEMALE")


def _where(ride: Ride) -> str:
    """Return where the driver is: coming to the start, then on the way to the end, a minute for each."""
    share = min(1.0, (datetime.now(UTC) - ride.created_at).total_seconds() / 60)
    (a, b), (c, d) = forms.place(ride.stops[0]), forms.place(ride.stops[-1])
    if ride.state != "STARTED":
        # From a kilometre and a half away.
        a, b, c, d = a + 0.01, b + 0.01, a, b
    return f"{a + (c - a) * share:.6f}, {b + (d - b) * share:.6f}"
