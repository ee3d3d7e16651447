"""Sellers who behave as the field does: each way of theirs ends for the rider as it is documented (docs/ondc.md)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.riding import Ride, search
from tests.e2e.test_stranger import App
from tests.e2e.ticketing import at_chalo, metro
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.stack import programs
from uma.stack.server import Server

pytestmark = pytest.mark.timeout(300)
CABS = "cabs.sandbox.example.in"


@pytest.fixture
def clock(platform: Platform) -> Iterator[Server]:
    """The clock of periodic jobs: it finds what was to be sent again, and who never answered."""
    beat = programs.beat(
        folder=platform.folder, environment=platform.environment, logs=platform.folder / "log"
    )
    beat.start()
    yield beat
    beat.stop()


def _facts(order: Any, *names: str) -> tuple[Any, ...]:  # Any: JSON
    return tuple(order[name] for name in names)


def no_driver(ride: Ride) -> None:
    ride.confirmed()
    found = _facts(ride.order("cancelled"), "rideState", "cancelledBy", "cancelCharge")
    assert found == ("RIDE_CANCELLED", "PROVIDER", 0)


def driver_cancels(ride: Ride) -> None:
    fare = ride.confirmed()["fare"]
    found = _facts(ride.order("cancelled"), "cancelledBy", "cancelCharge", "fare")
    assert found == ("PROVIDER", 0, fare), "its quote still says the fare; nothing is owed"


def no_driver_error(ride: Ride) -> None:
    ride.confirmed()
    assert _facts(ride.order("failed"), "error", "orderId")[0] == "90203"


def nack_select(ride: Ride) -> None:
    ride.selected()
    assert ride.order("failed")["error"] == "90201"


def nack_confirm(ride: Ride) -> None:
    ride.confirmed()
    assert ride.order("failed")["error"] == "40002"


def duplicates(ride: Ride) -> None:
    ride.confirmed()
    ended = ride.order("RIDE_ENDED")
    assert len(ride.look()["orders"]) == 1
    assert ended["driver"]["name"] == "Driver One"


def early_update(ride: Ride) -> None:
    ride.confirmed()
    assert ride.driver()["vehicleNumber"] == "KA01AB1234"
    assert ride.order("RIDE_ENDED")["stage"] in {"active", "completed"}


def reversed_states(ride: Ride) -> None:
    ride.confirmed()
    ride.order("RIDE_STARTED")
    seen: list[str] = []

    def is_over(view: Any) -> bool:  # Any: JSON
        seen.append(view["orders"][0]["rideState"])
        return seen[-1] == "RIDE_ENDED"

    ride.until(is_over, "its end")
    assert set(seen) <= {"RIDE_STARTED", "RIDE_ENDED"}, "never backwards"


def dearer(ride: Ride) -> None:
    ride.selected()
    seen = ride.order("quoted")["fare"]
    ride.do("init", customerDetails={"name": "Asha", "phone": "+919000012346"})
    asked = ride.order("ready")["fare"]
    refused = ride.say("confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "quote_changed")
    assert refused.json()["fare"] == asked == seen + 25
    ride.do("confirm", fare=asked)
    assert ride.order("RIDE_ENDED")["fare"] == asked


def unsolicited(ride: Ride) -> None:
    ride.ready()
    assert len(ride.look()["orders"]) == 1, "a callback about nobody's order makes none"


def not_served(ride: Ride) -> None:
    def refusals(view: Any) -> Any:  # Any: JSON
        return {one["bppId"]: one["error"] for one in view["providers"] if one["error"]}

    assert ride.until(refusals, "a refusal") == {ride.seller: "91202"}
    seen = ride.until(lambda view: view["offers"] and view, "another's offer")
    assert ride.seller not in {one["bppId"] for one in seen["offers"]}


def other_ids(ride: Ride) -> None:
    ride.confirmed()
    assert ride.order("RIDE_ENDED")["orderId"]
    assert len(ride.look()["orders"]) == 1


def slow(ride: Ride) -> None:
    assert ride.ready()["stage"] == "ready"


def throttled(ride: Ride) -> None:
    # Its request for terms is refused once with 429 and goes out again by itself.
    assert ride.ready()["stage"] == "ready"


SAME_NAME: dict[str, Callable[[Ride], None]] = {
    "no_driver": no_driver,
    "driver_cancels": driver_cancels,
    "no_driver_error": no_driver_error,
    "nack_select": nack_select,
    "nack_confirm": nack_confirm,
    "duplicates": duplicates,
    "early_update": early_update,
    "reversed": reversed_states,
    "dearer": dearer,
    "unsolicited": unsolicited,
    "throttled": throttled,
    "slow": slow,
    "not_served": not_served,
    "other_ids": other_ids,
}
# Nothing comes of these, or nothing yet: whoever waits for them sees the others' offers meanwhile.
ABSENT = ("silent", "down", "late")
UNHEARD = (
    "wrong_signature",
    "expired_signature",
    "missing_signature",
    "stranger",
    "garbage",
    "oversize",
    "other_action",
)


def test_each_misbehaviour_ends_as_it_is_documented(
    platform: Platform,
    firebase: SandboxProcess,
    network: NetworkProcess,
    cloud: RazorpayProcess,
    clock: Server,
) -> None:
    assert clock.alive()
    network.order("reset")
    rider = App(platform, firebase, "phone-of-who-has-bad-luck")
    rider.sign_in("+919000012349")
    # Their answers to a confirmation are lost; while we wait for them to be found, the others misbehave.
    network.order("scenario", seller="cabs", name="silent_confirm")
    lost = search(rider, seller=CABS)
    lost.confirmed()
    # And one who never says what the chosen ride costs.
    network.order("scenario", seller="cabs", name="plain", changed={"silent": ["select"]})
    unquoted = search(rider, seller=CABS)
    unquoted.selected()
    unquoted.until(
        lambda _: any(
            one["action"] == "select" and unquoted.id in one["body"]
            for one in network.ask("received")["sellers"]["cabs"]
        ),
        "a choice at the seller",
    )
    network.order("scenario", seller="cabs", name="plain")
    network.order("scenario", seller="tickets", name="silent_confirm")
    tickets = metro(rider, cloud)
    tickets.paid(1)

    wrong: list[str] = []
    for name, ends_well in SAME_NAME.items():
        network.order("scenario", seller="autos", name=name)
        ride = search(rider)
        try:
            ends_well(ride)
        except AssertionError as failure:
            wrong.append(f"{name}: {failure}")
    unheard: dict[str, Ride] = {}
    for name in (*ABSENT, *UNHEARD):
        network.order("scenario", seller="autos", name=name)
        unheard[name] = search(rider)
        # The other seller answers, so this one had its time as well.
        seen = unheard[name].until(lambda view: view["answered"] and view, "an honest answer")
        # Its offers are there while the search still waits for the one who holds back.
        assert seen["answered"] < seen["asked"], name
        assert seen["offers"], name
    network.order("scenario", seller="autos", name="plain")

    assert wrong == [], "\n".join(wrong)
    found = lost.order("active")
    assert found["orderId"], "asked about by its journey, the seller named the order"
    lost.order("RIDE_ENDED")
    unquoted.until(lambda view: view["orders"][0]["error"] == "no_answer", "the end of a wait")
    (ticket,) = tickets.order("active")["tickets"]
    assert [ticket["token"]] == at_chalo(network, tickets)["tokens"]
    tickets.payment("captured")
    for name, ride in unheard.items():
        assert {one["bppId"] for one in ride.look()["offers"]} <= {CABS}, name
    orders = network.ask("orders")["sellers"]
    assert {one["confirms"] for seller in orders.values() for one in seller.values()} == {1}
    platform.manage("verify_ledger")
