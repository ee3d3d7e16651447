"""A woman asks for a woman as driver: one seller can be asked, promises her, and sends her or somebody else."""

import pytest

from tests.e2e.riding import HOME, SHOPS, Ride
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.faults.visiting import rows
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess

pytestmark = pytest.mark.timeout(120)
CABS = "cabs.sandbox.example.in"


@pytest.mark.parametrize(
    ("scenario", "phone", "title"),
    [
        ("plain", "+919000012374", "Your driver is coming"),
        ("another_driver", "+919000012375", "No woman drives your ride"),
    ],
)
def test_she_is_promised_ordered_and_comes_or_the_rider_is_told(
    platform: Platform,
    firebase: SandboxProcess,
    network: NetworkProcess,
    scenario: str,
    phone: str,
    title: str,
) -> None:
    network.order("reset")
    network.order("scenario", seller="cabs", name=scenario)
    rider = App(platform, firebase, "phone-of-who-asks-for-her")
    rider.sign_in(phone)
    body = {"pickupLocation": HOME, "dropLocation": SHOPS, "womanDriver": True}
    answer = rider.call("POST", "/api/ondc/search", body)
    assert answer.status_code == 200, answer.text
    ride = Ride(rider, answer.json()["transactionId"], CABS)

    offers = ride.until(lambda view: view["offers"], "an offer")
    assert {(one["name"], one["womanDriver"]) for one in offers} == {
        ("Mini", False),
        ("Sedan", True),
    }
    hers = next(one for one in offers if one["womanDriver"])
    ride.do("select", itemId=hers["itemId"], fulfillmentId=hers["fulfillmentId"])
    ride.order("quoted")
    ride.do("init", customerDetails={"name": "Asha", "phone": phone})
    # A seller that promised her takes no order that does not ask for her.
    ride.do("confirm", fare=ride.order("ready")["fare"])
    ride.driver()
    ride.order("RIDE_ENDED")

    # Who cannot be asked for her was not asked: the other seller speaks another version.
    assert {one["bppId"] for one in ride.look()["providers"]} == {CABS}
    told = (
        "SELECT m.title, 1 FROM notifications_inboxmessage m"
        f" WHERE m.data ->> 'searchId' = '{ride.id}' ORDER BY m.created_at"
    )
    assert next(found for found, _ in rows(platform, told)) == title
