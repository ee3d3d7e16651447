"""Metro and bus tickets as a rider's app sees them: found, paid, shown, boarded, given back, and lost on the way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.test_stranger import App
from tests.e2e.ticketing import (
    BUSES,
    METRO,
    Trip,
    at_chalo,
    at_seller,
    find,
    metro,
    stations,
    versions_said,
)
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.stack import programs
from uma.stack.server import Server

pytestmark = pytest.mark.timeout(240)
QUICK_S, LATER_S, NEVER_S = 0.4, 1.5, 60


@pytest.fixture(scope="module")
def clock(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Who looks after what was paid, every few seconds."""
    folder = tmp_path_factory.mktemp("beat-of-tickets")
    beat = programs.beat(folder=folder, environment=platform.environment, logs=folder)
    beat.start()
    yield beat
    beat.stop()


@pytest.fixture(scope="module")
def signed_in(platform: Platform, firebase: SandboxProcess) -> App:
    found = App(platform, firebase, "phone-of-who-takes-the-metro")
    found.sign_in("+919000012370")
    return found


@pytest.fixture
def rider(signed_in: App, network: NetworkProcess, clock: Server) -> Iterator[App]:
    assert clock.alive()
    network.order("reset")
    yield signed_in
    network.order("pace", seconds=QUICK_S)


def test_two_metro_tickets_are_paid_come_as_they_are_and_are_used(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    trip = metro(rider, cloud)
    ready = trip.ready()
    assert trip.say("pay", fare=ready["fare"] - 1).json()["code"] == "quote_changed"
    assert trip.say("confirm").json()["code"] == "tickets_not_paid"
    order = trip.do("pay", fare=ready["fare"])
    assert trip.do("pay", fare=ready["fare"])["orderId"] == order["orderId"]
    cloud.order("pay", order_id=order["orderId"], outcome="captured")
    first = trip.do("confirm")
    assert trip.do("confirm")["messageId"] == first["messageId"]

    shown = trip.until(
        lambda view: next((one for one in view["orders"] if len(one["tickets"]) == 2), None),
        "two tickets",
    )
    theirs = at_chalo(network, trip)
    assert [ticket["token"] for ticket in shown["tickets"]] == theirs["tokens"]
    assert theirs["confirms"] == 1
    trip.payment("captured")
    assert cloud.ask("pay")["items"][0]["amount"] == ready["fare"] * 100
    used = trip.order("completed")
    assert {ticket["status"] for ticket in used["tickets"]} == {"claimed"}
    assert rider.get("/api/ondc/tickets")[0]["id"] == used["id"]


def test_sellers_who_stayed_at_older_versions_sell_tickets_as_well(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    coast = find(rider, cloud, "METRO", "PORT", "UDUPI_CITY", seller=METRO)
    hills = find(rider, cloud, "BUS", "PARKALA", "KARKALA", seller=BUSES)
    # In the oldest version a trip has one QR code, at its first stop.
    spoken = ((coast, "metro", "2.0.1", 2), (hills, "buses", "2.0.0", 1))
    for trip, _, _, count in spoken:
        trip.paid(count)

    for trip, name, version, count in spoken:
        used = trip.order("completed")
        theirs = at_seller(network, trip, name)
        assert [ticket["token"] for ticket in used["tickets"]] == theirs["tokens"]
        assert (len(theirs["tokens"]), theirs["confirms"]) == (count, 1)
        assert {ticket["status"] for ticket in used["tickets"]} == {"claimed"}
        trip.payment("captured")
        actions = ("search", "select", "init", "confirm")
        assert versions_said(network, trip, name) == {each: {version} for each in actions}


def test_a_trip_that_is_not_served_not_kept_or_not_paid_in_time_costs_nothing(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    stations(rider, "METRO", "MG_ROAD")
    network.order("scenario", seller="tickets", name="not_served")
    nowhere = metro(rider, cloud)
    seen = nowhere.until(lambda view: view["providers"] and view, "an answer")
    assert [one["error"] for one in seen["providers"]] == ["91202"]
    assert (seen["offers"], seen["orders"], seen["status"]) == ([], [], "closed")

    network.order("scenario", seller="tickets", name="seller_cancels")
    taken_back = metro(rider, cloud)
    fare = taken_back.paid(1)["fare"]

    network.order("scenario", seller="tickets", name="brief_quote")
    unpaid, paid_late = metro(rider, cloud), metro(rider, cloud)
    unpaid.ready(1)
    ready = paid_late.ready(1)
    begun = paid_late.do("pay", fare=ready["fare"])

    def is_over(view: Any) -> bool:  # Any: JSON
        until = datetime.fromisoformat(view["orders"][0]["quoteValidUntil"])
        return until < datetime.now(UTC)

    paid_late.until(is_over, "the end of a price")
    assert unpaid.say("pay", fare=ready["fare"]).json()["code"] == "offer_expired"
    cloud.order("pay", order_id=begun["orderId"], outcome="captured")

    cancelled = taken_back.order("cancelled")
    assert (cancelled["cancelledBy"], cancelled["cancelCharge"]) == ("MERCHANT", 0)
    assert {ticket["status"] for ticket in cancelled["tickets"]} == {"cancelled"}
    assert taken_back.refund()["amount"] == fare
    assert paid_late.order("failed")["error"] == "offer_expired"
    paid_late.payment("released")
    sold = network.ask("orders")["sellers"]["tickets"]
    assert not {unpaid.id, paid_late.id, nowhere.id} & set(sold), "nothing was ordered"


def test_money_for_tickets_that_never_came_is_not_taken(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    before = len(cloud.ask("pay")["items"])
    refused: list[Trip] = []
    for scenario in ("confirm_fails", "nack_confirm"):
        network.order("scenario", seller="tickets", name=scenario)
        refused.append(metro(rider, cloud))
        refused[-1].paid()
        assert refused[-1].order("failed")["tickets"] == []

    for trip in refused:
        trip.payment("released")
    theirs = cloud.ask("pay")["items"][: len(refused)]
    assert len(cloud.ask("pay")["items"]) == before + len(refused)
    assert "captured" not in {each["status"] for each in theirs}


def test_a_bus_that_became_dearer_is_boarded_by_its_number(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    network.order("scenario", seller="tickets", name="boarding")
    trip = find(rider, cloud, "BUS", "TIGER_CIRCLE", "UDUPI")
    offer = trip.until(lambda view: next(iter(view["offers"]), None), "an offer")
    ready = trip.paid(1)
    assert ready["fare"] == offer["price"] + 5, "the quote is what counts"

    (ticket,) = trip.order("active")["tickets"]
    assert ticket["needsVehicleNumber"]
    trip.do("board", ticketId=ticket["id"], vehicleNumber="KA20AB1234")

    boarded = trip.until(
        lambda view: next(
            (one for one in view["orders"] if one["tickets"][0]["status"] == "claimed"), None
        ),
        "a boarded ticket",
    )
    assert boarded["vehicleNumber"] == "KA20AB1234"


def test_what_tickets_that_are_given_back_leave_is_paid_back_once_their_seller_decided_so(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    # Ordered though the app is closed, and not used before they are given back.
    network.order("pace", seconds=NEVER_S)
    trips = [metro(rider, cloud) for _ in range(3)]
    fares = [trip.paid(1)["fare"] for trip in trips]
    for trip in trips:
        trip.order("active")
    at_once, later, never = trips
    at_once.do("cancel")
    shown = at_once.until(lambda view: view["orders"][0]["proposal"], "a charge")
    other = at_once.say("cancel", charge=shown["amount"] + 1)
    assert other.json()["code"] == "cancellation_not_asked"
    assert at_once.order("active"), "asking changes nothing"

    at_once.do("cancel", charge=shown["amount"])
    cancelled = at_once.order("cancelled")
    assert cancelled["cancelCharge"] == shown["amount"]
    assert {ticket["status"] for ticket in cancelled["tickets"]} == {"cancelled"}
    network.order("pace", seconds=LATER_S)
    network.order("scenario", seller="tickets", name="cancels_later")
    charge = later.given_back()
    later.until(lambda view: view["orders"][0]["cancelling"], "a seller that decides")
    later.order("cancelled")
    network.order("scenario", seller="tickets", name="cancels_never")
    never.given_back()
    never.until(lambda view: view["orders"][0]["cancelling"], "a seller that decides")
    never.until(lambda view: not view["orders"][0]["cancelling"], "a decision")

    kept = never.order("active")
    assert kept["payment"]["refund"] is None
    assert at_once.refund()["amount"] == fares[0] - shown["amount"]
    assert later.refund()["amount"] == fares[1] - charge
