"""Longer ways, bids, a changed drop, a moving driver, a dearer ride, a tip: each as a rider's app sees it."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.riding import HOME, SHOPS, Ride
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess

pytestmark = pytest.mark.timeout(240)
CABS = "cabs.sandbox.example.in"
BETWEEN, FARTHER = {"lat": 13.3600, "lng": 74.7800}, {"lat": 13.3300, "lng": 74.8000}


@pytest.fixture
def rider(platform: Platform, firebase: SandboxProcess, network: NetworkProcess) -> App:
    network.order("reset")
    found = App(platform, firebase, "phone-of-who-goes-far")
    found.sign_in("+919000012360")
    return found


def search(app: App, **trip: object) -> Ride:
    answer = app.call("POST", "/api/ondc/search", {"pickupLocation": HOME, **trip})
    assert answer.status_code == 200, answer.text
    return Ride(app, answer.json()["transactionId"], CABS)


def offer_of(ride: Ride) -> Any:  # Any: JSON
    return ride.until(
        lambda view: next((one for one in view["offers"] if one["bppId"] == CABS), None), "an offer"
    )


def choose(ride: Ride, **more: object) -> Any:  # Any: as above
    """Go from an offer to a confirmed order."""
    offer = offer_of(ride)
    ride.do("select", itemId=offer["itemId"], fulfillmentId=offer["fulfillmentId"], **more)
    ride.order("quoted")
    ride.do("init", customerDetails={"name": "Asha", "phone": "+919000012360"})
    ready = ride.order("ready")
    ride.do("confirm", fare=ready["fare"])
    return ready


def watched(ride: Ride, platform: Platform) -> Iterator[Any]:  # Any: as above
    """Yield each view that the event stream shows."""
    with ride.app.session.get(
        f"{platform.url}/api/ondc/searches/{ride.id}/events",
        headers={"Accept": "text/event-stream"},
        stream=True,
        timeout=40,
    ) as stream:
        for line in stream.iter_lines():
            if line.startswith(b"data: {") and b"orders" in line:
                yield json.loads(line[6:])


def test_a_way_with_a_stop_at_a_bid_whose_drop_is_moved_while_the_driver_comes(
    platform: Platform, network: NetworkProcess, rider: App
) -> None:
    # The driver is on the way and does not arrive.
    network.order("scenario", seller="cabs", name="plain", changed={"states": ["ENROUTE_PICKUP"]})
    ride = search(rider, dropLocation=SHOPS, stops=[BETWEEN])
    offer = offer_of(ride)
    refused = ride.say(
        "select", itemId=offer["itemId"], fulfillmentId=offer["fulfillmentId"], bid=offer["price"]
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "bid_not_taken")

    ready = choose(ride, bid=offer["price"] + 20)
    ride.order("RIDE_ENROUTE_PICKUP")

    assert ready["fare"] == offer["price"] + 20
    assert {"title": "BUYER_ADDITIONAL_AMOUNT", "value": "20.00"} in ready["fareLines"]
    # Where the driver is, told by the stream as it is asked for.
    ride.do("track")
    first = ride.until(lambda view: view["orders"][0]["driver"]["location"], "a place")
    places = [first]
    # Asked again when the seller may be: within three seconds the answer is the first one's.
    again = threading.Timer(3.1, ride.do, ["track"])
    again.start()
    for view in watched(ride, platform):
        place = view["orders"][0]["driver"]["location"]
        if place != places[-1]:
            places.append(place)
            break
    again.join()
    assert places[0]["latitude"] > places[1]["latitude"] > HOME["lat"], "the driver comes nearer"

    ride.do("update", dropLocation=FARTHER)
    shown = ride.until(lambda view: view["orders"][0]["proposal"], "the fare of another drop")
    assert shown["kind"] == "update"
    assert ride.look()["orders"][0]["fare"] == ready["fare"], "asking changes nothing"
    other = ride.say("update", dropLocation=SHOPS, confirm=True)
    assert other.json()["code"] == "ride_change_not_offered"
    ride.do("update", dropLocation=FARTHER, confirm=True)
    ride.until(lambda view: view["orders"][0]["fare"] == shown["amount"], "the new fare")
    said = [
        json.loads(each["body"])
        for each in network.ask("received")["sellers"]["cabs"]
        if each["action"] == "update"
    ]
    steps = [each["message"]["order"]["status"] for each in said]
    assert steps == ["SOFT_UPDATE", "CONFIRM_UPDATE"]


def test_a_ride_that_becomes_dearer_on_the_way_and_what_a_rider_says_after_it(
    network: NetworkProcess, rider: App
) -> None:
    network.order("scenario", seller="cabs", name="waiting")
    ride = search(rider, dropLocation=SHOPS)

    ready = choose(ride)
    ended = ride.order("RIDE_ENDED")
    assert ended["fare"] == ready["fare"] + 15
    assert {"title": "WAITING_CHARGES", "value": "15.00"} in ended["fareLines"]
    ride.do("status")
    ride.order("completed")
    ride.do("support")
    ride.until(lambda view: view["orders"][0]["support"], "whom to call")
    ride.do("rating", rating=5)
    ride.do("update", tip=25)
    ride.until(lambda view: view["orders"][0]["fare"] == ended["fare"] + 25, "the tip")

    again = ride.say("update", tip=25)
    assert again.json()["code"] == "ride_change_not_offered", "a tip is given once"


def test_a_ride_for_later_waits_for_its_driver_and_a_rental_has_no_drop(
    network: NetworkProcess, rider: App
) -> None:
    later = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    ride = search(rider, dropLocation=SHOPS, scheduledAt=later)
    choose(ride)
    waiting = ride.order("RIDE_CONFIRMED")
    assert waiting["driver"] is None
    assert ride.look()["scheduledAt"] is not None
    assert ride.driver()["vehicleNumber"] == "KA01AB1234"

    rental = search(rider, rental=True)
    choose(rental)
    rental.order("RIDE_ENDED")
    assert rental.look()["rental"]
    both = rider.call(
        "POST", "/api/ondc/search", {"pickupLocation": HOME, "dropLocation": SHOPS, "rental": True}
    )
    assert both.status_code == 422
    assert network.ask("orders")["sellers"]["cabs"][rental.id]["state"] == "ENDED"
