"""A ride over the network as a rider's app sees it: said and looked at over the public API alone."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from tests.e2e.test_stranger import App
from tests.sandbox.pretended_ondc import MERCHANT_OF_AUTOS

PATIENCE_S = 90
# Where the rider is: a few kilometres from the shops.
HOME, SHOPS = {"lat": 13.3668, "lng": 74.7600}, {"lat": 13.3525, "lng": 74.7926}


@dataclass
class Ride:
    """One search of a rider's, and the order with one seller that comes of it."""

    app: App
    id: str
    seller: str = MERCHANT_OF_AUTOS

    def look(self) -> Any:  # Any: JSON
        return self.app.get(f"/api/ondc/searches/{self.id}")

    def until(self, true: Callable[[Any], Any], what: str) -> Any:  # Any: as above
        """Look until the view says so, and return what it says."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := true(view := self.look())):
            assert time.monotonic() < deadline, f"{what} never came: {view}"
            time.sleep(0.1)
        return found

    def order(self, wanted: str) -> Any:  # Any: as above
        """Wait until the order is at a stage, or its ride in a state."""
        return self.until(
            lambda view: next(
                (one for one in view["orders"] if wanted in (one["stage"], one["rideState"])), None
            ),
            wanted,
        )

    def driver(self) -> Any:  # Any: as above
        return self.until(lambda view: view["orders"][0]["driver"], "a driver")

    def say(self, action: str, **more: object) -> requests.Response:
        body = {"transactionId": self.id, "bppId": self.seller, **more}
        return self.app.call("POST", f"/api/ondc/{action}", body)

    def do(self, action: str, **more: object) -> None:
        answer = self.say(action, **more)
        assert answer.status_code == 200, answer.text

    def selected(self) -> None:
        offer = self.until(
            lambda view: next((one for one in view["offers"] if one["bppId"] == self.seller), None),
            "an offer",
        )
        self.do("select", itemId=offer["itemId"], fulfillmentId=offer["fulfillmentId"])

    def ready(self) -> Any:  # Any: as above
        """Go up to the seller's terms."""
        self.selected()
        self.order("quoted")
        self.do("init", customerDetails={"name": "Asha", "phone": "+919000012346"})
        return self.order("ready")

    def confirmed(self) -> Any:  # Any: as above
        ready = self.ready()
        self.do("confirm", fare=ready["fare"])
        return ready


def search(
    app: App,
    drop: dict[str, float] = SHOPS,
    *,
    ride_id: str | None = None,
    seller: str = MERCHANT_OF_AUTOS,
) -> Ride:
    body = {"pickupLocation": HOME, "dropLocation": drop, "rideId": ride_id}
    answer = app.call("POST", "/api/ondc/search", body)
    assert answer.status_code == 200, answer.text
    return Ride(app, answer.json()["transactionId"], seller)
