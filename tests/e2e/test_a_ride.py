"""A deal, a ride to it over the network, and the scan: the merchant pays what the ride really cost."""

import secrets
from typing import Any

import pytest

from apps.handshake.management import demo_city
from tests.e2e.riding import search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import MERCHANT_OF_AUTOS, NetworkProcess

pytestmark = pytest.mark.timeout(240)
CAP = 150
# What is added to the fare on the way and at its end, in rupees, and who rides to whose shop.
TOLLS = {
    "a toll": (0, 7, "+919000012346", demo_city.owner_phone(2)),
    "waiting and a toll beyond what the deal pays": (
        15, 200, "+919000012373", demo_city.owner_phone(3),
    ),
}  # fmt: skip


def _booked(shop: App, rider: App) -> tuple[dict[str, Any], dict[str, float]]:  # Any: JSON
    """Make a deal that pays what the ride costs, up to 150 rupees, and book it."""
    outlet = shop.get("/api/merchant/profile")["outlets"][0]["location"]
    deal = {
        "title": "The ride is on us",
        "discount": 10,
        "rideReimbursement": CAP,
        "basis": "actual_capped",
    }
    made = shop.call("POST", "/api/campaigns", deal, key=secrets.token_hex(16))
    assert made.status_code == 201, made.text
    booked = rider.call(
        "POST", "/api/rides/book", {"campaignId": made.json()["id"]}, key=secrets.token_hex(16)
    )
    assert booked.status_code == 201, booked.text
    return booked.json()["ride"], {"lat": outlet["latitude"], "lng": outlet["longitude"]}


@pytest.mark.parametrize("case", TOLLS)
def test_the_merchant_pays_what_the_ride_cost(
    platform: Platform, firebase: SandboxProcess, network: NetworkProcess, case: str
) -> None:
    waiting, toll, phone, owner = TOLLS[case]
    network.order("reset")
    # The fare at the end is not the quote.
    more = {"extra_paise": toll * 100, "waiting_paise": waiting * 100}
    network.order("scenario", seller="autos", name="plain", changed=more)
    rider = App(platform, firebase, "phone-of-who-rides")
    shop = App(platform, firebase, "till-of-the-shop")
    rider.sign_in(phone)
    shop.sign_in(owner, role="merchant")
    booking, outlet = _booked(shop, rider)

    ride = search(rider, outlet, ride_id=booking["id"])
    ready = ride.confirmed()
    assigned = ride.order("RIDE_ASSIGNED")
    driver = ride.driver()
    ended = ride.order("RIDE_ENDED")

    assert (assigned["stage"], driver["vehicleNumber"]) == ("active", "KA01AB1234")
    assert len(ride.look()["orders"][0]["startCode"]) == 4
    fare = ended["fare"]
    assert fare == ready["fare"] + waiting + toll
    lines = {line["title"]: float(line["value"]) for line in ended["fareLines"]}
    assert (lines["TOLL_CHARGES"], lines.get("WAITING_CHARGES", 0)) == (toll, waiting)
    assert 30 < ready["fare"] < CAP - 7, "or the test would not tell a fare from a cap"
    scanned = shop.call(
        "POST",
        "/api/handshake/execute",
        {"qrData": _code(rider, booking)},
        key=secrets.token_hex(16),
    )
    assert scanned.status_code == 200, scanned.text
    amounts = scanned.json()["handshake"]["amounts"]
    paid = min(fare, CAP)
    assert amounts["reimbursement"] == paid
    assert rider.get("/api/user/wallet")["balance"] == paid
    assert amounts["released"] >= CAP - paid
    said = network.ask("orders")["sellers"]["autos"][ride.id]
    assert (said["confirms"], said["farePaise"]) == (1, round(fare * 100))
    ride.do("rating", rating=5)
    platform.manage("verify_ledger")


def _code(rider: App, booking: dict[str, Any]) -> str:  # Any: JSON
    """Return what the rider's phone shows now: the code of the booking's answer has changed since."""
    code: str = rider.get(f"/api/rides/{booking['id']}")["qrCode"]
    return code


def test_offers_come_as_providers_answer_and_a_silent_one_is_said(
    platform: Platform, firebase: SandboxProcess, network: NetworkProcess
) -> None:
    network.order("reset")
    network.order("scenario", seller="cabs", name="silent")
    rider = App(platform, firebase, "phone-of-who-waits")
    rider.sign_in("+919000012347")

    ride = search(rider)
    with rider.session.get(
        f"{platform.url}/api/ondc/searches/{ride.id}/events",
        headers={"Accept": "text/event-stream"},
        stream=True,
        timeout=40,
    ) as stream:
        lines = (line.decode() for line in stream.iter_lines())
        told = next(
            line for line in lines if line.startswith("data: ") and MERCHANT_OF_AUTOS in line
        )
    view = ride.until(lambda view: view["asked"] and view, "a count of providers")

    assert "AUTO_RICKSHAW" in told
    assert (view["answered"], view["asked"]) == (1, 2)


def test_a_rider_sees_what_cancelling_costs_and_then_cancels(
    platform: Platform, firebase: SandboxProcess, network: NetworkProcess
) -> None:
    network.order("reset")
    # The ride stays where it is.
    network.order("scenario", seller="autos", name="plain", changed={"states": []})
    rider = App(platform, firebase, "phone-of-who-cancels")
    rider.sign_in("+919000012348")
    ride = search(rider)
    ride.confirmed()
    ride.driver()

    ride.do("cancel")
    proposal = ride.until(lambda view: view["orders"][0]["proposal"], "what cancelling costs")
    assert ride.look()["orders"][0]["stage"] == "active", "asking cancels nothing"
    ride.do("cancel", charge=proposal["amount"])
    cancelled = ride.order("cancelled")

    assert (proposal["kind"], proposal["amount"]) == ("cancel", 0)
    assert (cancelled["cancelledBy"], cancelled["cancelCharge"]) == ("CONSUMER", 0)
    assert network.ask("orders")["sellers"]["autos"][ride.id]["state"] == "CANCELLED"
