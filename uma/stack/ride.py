"""The ride of the journey: searched, chosen, confirmed and ended over the network, by the public API alone."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

PATIENCE_S = 60
LOOK_EVERY_S = 0.2
# How far the rider is from the shop, in degrees to the north-west: some four kilometres.
AWAY = 0.025


class Rider(Protocol):
    """Whoever is signed in and speaks to the public API."""

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Any: ...  # Any: a JSON document


class NoRide(Exception):
    """The ride did not end as the network promises."""


@dataclass(frozen=True, slots=True)
class Ridden:
    """What became of the ride: by whom, with whom, from which code to which fare."""

    offers: int
    provider: str
    driver: str
    vehicle: str
    start_code: str
    fare: float


def ride_to(rider: Rider, place: Mapping[str, float], *, ride_id: str) -> Ridden:
    """
    Ride to a booking's outlet.

    Raises:
        NoRide: nobody offered one, or it did not come to its end in time
    """
    home = {"lat": place["latitude"] + AWAY, "lng": place["longitude"] - AWAY}
    shop = {"lat": place["latitude"], "lng": place["longitude"]}
    body = {"pickupLocation": home, "dropLocation": shop, "rideId": ride_id}
    asked = rider.call("POST", "/api/ondc/search", body)
    path = f"/api/ondc/searches/{asked['transactionId']}"

    def until(true: Callable[[Any], Any], what: str) -> Any:  # Any: JSON documents
        deadline = time.monotonic() + PATIENCE_S
        while not (found := true(view := rider.call("GET", path))):
            if time.monotonic() > deadline:
                raise NoRide(f"No {what} within {PATIENCE_S} s: {view}")
            time.sleep(LOOK_EVERY_S)
        return found

    def order(wanted: str) -> Any:  # Any: as above
        return until(
            lambda view: next(
                (one for one in view["orders"] if wanted in (one["stage"], one["rideState"])), None
            ),
            wanted,
        )

    offers = until(lambda view: _autos(view["offers"]), "auto")
    chosen = offers[0]
    which = {"transactionId": asked["transactionId"], "bppId": chosen["bppId"]}
    ids = {"itemId": chosen["itemId"], "fulfillmentId": chosen["fulfillmentId"]}
    rider.call("POST", "/api/ondc/select", which | ids)
    order("quoted")
    rider.call("POST", "/api/ondc/init", which)
    rider.call("POST", "/api/ondc/confirm", which | {"fare": order("ready")["fare"]})
    driver = until(lambda view: view["orders"][0]["driver"], "driver")
    ended = order("RIDE_ENDED")
    return Ridden(
        offers=len(rider.call("GET", path)["offers"]),
        provider=chosen["provider"],
        driver=driver["name"],
        vehicle=driver["vehicleNumber"],
        start_code=ended["startCode"],
        fare=ended["fare"],
    )


def _autos(offers: list[Any]) -> list[Any]:  # Any: as above
    return [one for one in offers if one["category"] == "AUTO_RICKSHAW"]
