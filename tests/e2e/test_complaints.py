"""A complaint about a ride, in both forms of the network, as a rider's app sees it."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.riding import SHOPS, Ride, search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.faults.visiting import rows
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import MERCHANT_OF_AUTOS, NetworkProcess

pytestmark = pytest.mark.timeout(240)
CABS = "cabs.sandbox.example.in"
PATIENCE_S = 60


@pytest.fixture
def rider(platform: Platform, firebase: SandboxProcess, network: NetworkProcess) -> App:
    network.order("reset")
    found = App(platform, firebase, "phone-of-who-complains")
    found.sign_in("+919000012370")
    return found


def complain(rider: App, seller: str) -> str:
    ride = search(rider, SHOPS, seller=seller)
    if seller == CABS:
        wait_for_the_newest_version(ride)
    ride.confirmed()
    order = ride.order("RIDE_ENDED")
    body = {"code": "FLM112", "text": "The meter said 80."}
    answer = rider.call("POST", f"/api/ondc/orders/{order['id']}/issues", body)
    assert answer.status_code == 201, answer.text
    issue_id: str = answer.json()["id"]
    again = rider.call("POST", f"/api/ondc/orders/{order['id']}/issues", body)
    assert again.json()["code"] == "issue_open_already"
    return issue_id


def wait_for_the_newest_version(ride: Ride) -> None:
    """A seller of two versions answers in both, in any order; only the newer has the newer form."""
    offers = f"SELECT version, 1 FROM ondc_offer WHERE transaction_id = '{ride.id}' AND version = '2.1.0'"
    deadline = time.monotonic() + PATIENCE_S
    while not rows(ride.app.platform, offers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def until(rider: App, issue_id: str, true: Callable[[Any], bool]) -> Any:  # Any: JSON
    deadline = time.monotonic() + PATIENCE_S
    while not true(issue := rider.get(f"/api/ondc/issues/{issue_id}")):
        assert time.monotonic() < deadline, issue
        time.sleep(0.1)
    return issue


def does(rider: App, issue_id: str, act: str, **more: object) -> None:
    answer = rider.call("POST", f"/api/ondc/issues/{issue_id}/acts", {"act": act, **more})
    assert answer.status_code == 200, answer.text


def codes(issue: Any) -> list[str]:  # Any: as above
    return [act["code"] for act in issue["acts"]]


def test_a_complaint_is_asked_about_proposed_escalated_agreed_and_closed(rider: App) -> None:
    issue_id = complain(rider, CABS)

    until(rider, issue_id, lambda issue: "INFO_REQUESTED" in codes(issue))
    does(rider, issue_id, "provide", text="Eighty rupees")
    until(rider, issue_id, lambda issue: "RESOLUTION_PROPOSED" in codes(issue))
    does(rider, issue_id, "reject", text="It was forty too much")
    until(rider, issue_id, lambda issue: codes(issue).count("RESOLUTION_PROPOSED") == 2)
    does(rider, issue_id, "escalate")
    until(rider, issue_id, lambda issue: codes(issue).count("RESOLUTION_PROPOSED") == 3)
    does(rider, issue_id, "accept")
    until(rider, issue_id, lambda issue: issue["status"] == "resolved")
    does(rider, issue_id, "close", rating="up")

    closed = rider.get(f"/api/ondc/issues/{issue_id}")
    assert (closed["status"], closed["level"], closed["rating"]) == ("closed", "grievance", "up")


def test_a_complaint_in_the_older_form_is_resolved_when_it_is_asked_about(rider: App) -> None:
    issue_id = complain(rider, MERCHANT_OF_AUTOS)

    until(rider, issue_id, lambda issue: "PROCESSING" in codes(issue))
    does(rider, issue_id, "ask")
    resolved = until(rider, issue_id, lambda issue: issue["status"] == "resolved")
    does(rider, issue_id, "close", rating="down")

    assert resolved["acts"][-1]["refund"] == 20
