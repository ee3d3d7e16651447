"""A confirmation that is never answered, nor any question about it: taken back at no charge, or given up."""

import json
import time
from typing import Any

import pytest

from tests.e2e import jobs
from tests.e2e.riding import Ride, search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess

pytestmark = pytest.mark.timeout(120)
CABS = "cabs.sandbox.example.in"
PATIENCE_S = 30
SILENT = "silent_confirm_and_status"


@pytest.fixture
def rider(platform: Platform, firebase: SandboxProcess, network: NetworkProcess) -> App:
    network.order("reset")
    found = App(platform, firebase, "phone-of-whose-ride-is-lost")
    found.sign_in("+919000012372")
    return found


def said_to(network: NetworkProcess, seller: str, ride: Ride, *actions: str) -> list[Any]:
    """Return what was said to a seller in a journey, each once: a message that is repeated is the same."""
    found: dict[str, Any] = {}  # Any: a JSON document
    for one in network.ask("received")["sellers"][seller]:
        body = json.loads(one["body"])
        if body["context"]["transaction_id"] == ride.id and one["action"] in actions:
            found.setdefault(body["context"]["message_id"], body)
    return list(found.values())


def heard_from(network: NetworkProcess, seller: str, ride: Ride) -> set[str]:
    """Return which callbacks a seller sent in a journey."""
    sent = network.ask("sent")["sellers"][seller]
    return {one["action"] for one in sent if ride.id in one["body"]}


def sweep_until(network: NetworkProcess, ride: Ride, seller: str, action: str, count: int) -> None:
    """Let the job run as often as it takes until the seller was told so often."""
    deadline = time.monotonic() + PATIENCE_S
    while len(said_to(network, seller, ride, action)) < count:
        assert time.monotonic() < deadline, (action, count)
        jobs.run(ride.app.platform, "recover_confirmations")
        time.sleep(0.3)


def test_a_ride_of_which_nobody_says_anything_is_asked_about_and_taken_back_at_no_charge(
    platform: Platform, rider: App, network: NetworkProcess
) -> None:
    network.order("scenario", seller="autos", name=SILENT)
    ride = search(rider)
    ride.confirmed()
    assert ride.order("confirming")["rideState"] is None
    # Nobody asks before the answer is late, and whoever taps again orders nothing again.
    jobs.run(platform, "recover_confirmations")
    ride.do("confirm")

    jobs.let_pass(platform, journey=ride.id, seconds=30 + 31)
    sweep_until(network, ride, "autos", "status", 4)
    assert ride.look()["orders"][0]["stage"] == "confirming", "nothing is known, so nothing is said"
    assert said_to(network, "autos", ride, "cancel") == []
    jobs.let_pass(platform, journey=ride.id, seconds=30)
    sweep_until(network, ride, "autos", "cancel", 1)
    cancelled = ride.order("cancelled")

    asked = said_to(network, "autos", ride, "status")
    assert [one["message"] for one in asked] == [{"ref_id": ride.id}] * 4
    (taken_back,) = said_to(network, "autos", ride, "cancel")
    order_id = cancelled["orderId"]
    assert taken_back["message"]["order_id"] == order_id
    assert taken_back["message"]["cancellation_reason_id"] == "000"
    assert taken_back["message"]["descriptor"]["code"] == "CONFIRM_CANCEL"
    assert (cancelled["cancelCharge"], cancelled["driver"]) == (0, None)
    at_seller = network.ask("orders")["sellers"]["autos"][ride.id]
    assert (at_seller["orderId"], at_seller["state"]) == (order_id, "CANCELLED")
    assert at_seller["confirms"] == 1
    assert len(said_to(network, "autos", ride, "confirm")) == 1
    # It never drove: a driver's update would have been news of the order before it was taken back.
    assert heard_from(network, "autos", ride) == {"on_search", "on_select", "on_init", "on_cancel"}
    platform.manage("verify_ledger")


def test_an_order_that_its_seller_never_named_is_given_up_and_another_ride_can_be_had(
    platform: Platform, rider: App, network: NetworkProcess
) -> None:
    network.order("scenario", seller="cabs", name=SILENT)
    ride = search(rider, seller=CABS)
    ride.confirmed()
    ride.order("confirming")

    jobs.let_pass(platform, journey=ride.id, seconds=30 + 61)
    sweep_until(network, ride, "cabs", "status", 4)
    jobs.run(platform, "recover_confirmations")
    jobs.let_pass(platform, journey=ride.id, seconds=600)
    jobs.run(platform, "recover_confirmations")
    failed = ride.order("failed")

    assert failed["error"] == "no_answer"
    assert said_to(network, "cabs", ride, "cancel") == [], "there is no number to cancel"
    assert len(said_to(network, "cabs", ride, "confirm")) == 1
    network.order("scenario", seller="cabs", name="plain")
    another = search(rider, seller=CABS)
    another.confirmed()
    assert another.order("RIDE_ENDED")["orderId"]
