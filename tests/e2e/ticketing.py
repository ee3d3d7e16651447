"""Tickets over the network as a rider's app buys them: said and looked at over the public API alone."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from tests.e2e.riding import HOME, PATIENCE_S
from tests.e2e.test_stranger import App
from tests.sandbox.pretended_ondc import NetworkProcess
from tests.sandbox.pretended_razorpay import RazorpayProcess

CHALO = "chalo.sandbox.example.in"
# They speak 2.0.1 and 2.0.0 alone.
METRO, BUSES = "metro.sandbox.example.in", "buses.sandbox.example.in"


@dataclass
class Trip:
    """One search for tickets, and the order that comes of it."""

    app: App
    cloud: RazorpayProcess
    id: str
    seller: str = CHALO

    def look(self) -> Any:  # Any: JSON
        return self.app.get(f"/api/ondc/tickets/searches/{self.id}")

    def until(self, true: Callable[[Any], Any], what: str) -> Any:  # Any: as above
        """Look until the view says so, and return what it says."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := true(view := self.look())):
            assert time.monotonic() < deadline, f"{what} never came: {view}"
            time.sleep(0.1)
        return found

    def order(self, stage: str) -> Any:  # Any: as above
        return self.until(
            lambda view: next((one for one in view["orders"] if one["stage"] == stage), None), stage
        )

    def say(self, action: str, **more: object) -> requests.Response:
        body = {"transactionId": self.id, "bppId": self.seller, **more}
        return self.app.call("POST", f"/api/ondc/tickets/{action}", body)

    def do(self, action: str, **more: object) -> Any:  # Any: as above
        answer = self.say(action, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ready(self, count: int = 2) -> Any:  # Any: as above
        """Go up to the seller's terms."""
        self.choose(count)
        self.order("quoted")
        self.ask_for_terms()
        return self.order("ready")

    def choose(self, count: int) -> None:
        offer = self.until(lambda view: next(iter(view["offers"]), None), "an offer")
        self.do("select", itemId=offer["itemId"], fulfillmentId=offer["fulfillmentId"], count=count)

    def ask_for_terms(self) -> None:
        self.do("init", customerDetails={"name": "Asha", "phone": "+919000012370"})

    def paid(self, count: int = 2) -> Any:  # Any: as above
        """Pay for so many tickets, and leave the rest to the platform."""
        ready = self.ready(count)
        order = self.do("pay", fare=ready["fare"])
        self.cloud.order("pay", order_id=order["orderId"], outcome="captured")
        return ready

    def payment(self, status: str) -> Any:  # Any: as above
        return self.until(
            lambda view: next(
                (
                    one["payment"]
                    for one in view["orders"]
                    if one["payment"] and one["payment"]["status"] == status
                ),
                None,
            ),
            f"a payment that is {status}",
        )

    def given_back(self) -> int:
        """Ask what giving them back costs, agree to it, and return it in rupees."""
        self.do("cancel")
        shown = self.until(lambda view: view["orders"][0]["proposal"], "a charge")
        self.do("cancel", charge=shown["amount"])
        return int(shown["amount"])

    def refund(self) -> Any:  # Any: as above
        def sent(view: Any) -> Any:
            refund = view["orders"][0]["payment"]["refund"]
            return refund if refund and refund["status"] == "sent" else None

        return self.until(sent, "a refund")


def stations(app: App, mode: str, *wanted: str) -> dict[str, Any]:  # Any: JSON
    """Ask for the stops of a city, and return them by their codes once these are among them."""
    answer = app.call("POST", "/api/ondc/tickets/stations", {"location": HOME, "mode": mode})
    assert answer.status_code == 200, answer.text
    deadline = time.monotonic() + PATIENCE_S
    path = f"/api/ondc/tickets/stations?lat={HOME['lat']}&lng={HOME['lng']}&mode={mode}"
    while not set(wanted) <= set(found := {each["code"]: each for each in app.get(path)}):
        assert time.monotonic() < deadline, "no such station ever came"
        time.sleep(0.1)
    return found


def find(
    app: App, cloud: RazorpayProcess, mode: str, start: str, end: str, *, seller: str = CHALO
) -> Trip:
    """Search for tickets between two stops."""
    known = stations(app, mode, start, end)
    body = {"fromStationId": known[start]["id"], "toStationId": known[end]["id"]}
    answer = app.call("POST", "/api/ondc/tickets/search", body)
    assert answer.status_code == 200, answer.text
    return Trip(app, cloud, answer.json()["transactionId"], seller)


def metro(app: App, cloud: RazorpayProcess) -> Trip:
    return find(app, cloud, "METRO", "MG_ROAD", "INDIRANAGAR")


def at_chalo(network: NetworkProcess, trip: Trip) -> Any:  # Any: JSON
    """Return a trip as its seller has it."""
    return at_seller(network, trip, "tickets")


def at_seller(network: NetworkProcess, trip: Trip, name: str) -> Any:  # Any: JSON
    return network.ask("orders")["sellers"][name][trip.id]


def said(network: NetworkProcess, trip: Trip, action: str) -> list[Any]:  # Any: as above
    """Return what the seller called back about a trip and was answered, in the order in which it did."""
    return [
        one
        for one in network.ask("sent")["sellers"]["tickets"]
        if one["action"] == action and trip.id in one["body"] and "answer" in one
    ]


def heard(network: NetworkProcess, trip: Trip, action: str, *, times: int = 1) -> None:
    """Wait until the seller was told, so that it does with that what it is ordered to do now."""

    def told(_: Any) -> bool:  # Any: as above
        received = network.ask("received")["sellers"]["tickets"]
        mine = [one for one in received if one["action"] == action and trip.id in one["body"]]
        return len(mine) >= times

    trip.until(told, f"{action} at the seller")


def versions_said(network: NetworkProcess, trip: Trip, name: str) -> dict[str, set[str]]:
    """Return in which versions a seller was spoken to about a trip, by action."""
    said: dict[str, set[str]] = {}
    for entry in network.ask("received")["sellers"][name]:
        context = json.loads(entry["body"])["context"]
        if context["transaction_id"] == trip.id:
            said.setdefault(entry["action"], set()).add(context["version"])
    return said
