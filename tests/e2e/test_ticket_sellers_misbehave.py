"""Sellers of tickets who behave as the field does: each way ends for the rider as it is documented (docs/ondc.md)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.test_stranger import App
from tests.e2e.ticketing import Trip, at_chalo, heard, metro, said, stations
from tests.faults.conftest import Platform
from tests.faults.visiting import rows
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.stack import programs
from uma.stack.server import Server

pytestmark = pytest.mark.timeout(240)
# One ticket for one payment comes of these, however it was told.
ENDS_WELL = (
    "reversed",
    "duplicates",
    "throttled",
    "slow",
    "odd_times",
    "unsolicited",
    "early_update",
    "other_ids",
)
# Nothing comes of these, and how their sender is told so.
UNHEARD = {
    "wrong_signature": 401,
    "expired_signature": 401,
    "missing_signature": 401,
    "stranger": 401,
    "garbage": 400,
    "oversize": 413,
    "other_action": 200,
}


@pytest.fixture
def clock(platform: Platform) -> Iterator[Server]:
    """The clock of periodic jobs: it orders what was paid for, and sends again what was refused."""
    beat = programs.beat(
        folder=platform.folder, environment=platform.environment, logs=platform.folder / "log"
    )
    beat.start()
    yield beat
    beat.stop()


@pytest.fixture
def rider(
    platform: Platform, firebase: SandboxProcess, network: NetworkProcess, clock: Server
) -> Iterator[App]:
    assert clock.alive()
    network.order("reset")
    found = App(platform, firebase, "phone-of-who-waits-at-the-gate")
    found.sign_in("+919000012378")
    stations(found, "METRO", "MG_ROAD", "INDIRANAGAR")
    yield found
    # Others buy of these sellers too.
    network.order("reset")


def left_alone(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> dict[str, tuple[Trip, bool]]:
    """Begin trips that their seller does not answer; return each, and whether an order came of it."""
    begun: dict[str, tuple[Trip, bool]] = {}
    for name, times in (("silent", 1), ("late", 1), ("down", 3)):
        network.order("scenario", seller="tickets", name=name)
        begun[name] = metro(rider, cloud), False
        heard(network, begun[name][0], "search", times=times)
    for action in ("select", "init"):
        network.order("scenario", seller="tickets", name="plain", changed={"silent": [action]})
        trip = metro(rider, cloud)
        begun[f"silent at {action}"] = trip, True
        trip.choose(1)
        if action == "init":
            trip.order("quoted")
            trip.ask_for_terms()
        heard(network, trip, action)
    return begun


def is_told_so(network: NetworkProcess, trip: Trip, name: str, *, has_order: bool) -> None:
    """A rider whom nobody answers is not kept waiting, and pays nothing."""
    view = trip.until(lambda view: view["status"] == "closed" and view, f"the end of {name}")
    if name == "late":
        trip.until(lambda _: said(network, trip, "on_search"), "an answer that nobody waits for")
        dealt_with(trip)
        view = trip.look()
    if not has_order:
        assert (view["offers"], view["orders"]) == ([], []), name
        return
    trip.until(lambda view: view["orders"][0]["error"] == "no_answer", name)
    assert trip.look()["orders"][0]["payment"] is None, name


def dealt_with(trip: Trip) -> None:
    """Wait until everything that came about a trip was acted upon."""
    waiting = f"SELECT id, 1 FROM ondc_inboundmessage WHERE transaction_text = '{trip.id}' AND state = 'WAITING'"
    trip.until(lambda _: not rows(trip.app.platform, waiting), "quiet")


def test_tickets_come_once_however_their_seller_says_so(
    platform: Platform, network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    # While these wait for what never comes, others buy.
    waiting = left_alone(network, cloud, rider)
    trips: dict[str, Trip] = {}
    for name in ENDS_WELL:
        network.order("scenario", seller="tickets", name=name)
        trips[name] = metro(rider, cloud)
        trips[name].paid(2)
        shown = trips[name].until(
            lambda view: next((one for one in view["orders"] if len(one["tickets"]) == 2), None),
            f"tickets of a seller with {name}",
        )
        theirs = at_chalo(network, trips[name])
        assert [ticket["token"] for ticket in shown["tickets"]] == theirs["tokens"], name
        assert theirs["confirms"] == 1, name
    network.order("scenario", seller="tickets", name="plain")

    for name, trip in trips.items():
        assert trip.payment("captured"), name
        trip.order("completed")
    statuses = trips["reversed"].until(
        lambda _: (
            (told := said(network, trips["reversed"], "on_status"))
            and any('"UNCLAIMED"' in one["body"] for one in told)
            and told
        ),
        "what the tickets were before they were used",
    )
    assert '"UNCLAIMED"' not in statuses[0]["body"], "told after it was over, not before"
    dealt_with(trips["reversed"])
    told = said(network, trips["unsolicited"], "on_status")
    assert ["NACK" in one["answer"] for one in told] == ['"O0"' in one["body"] for one in told]
    assert '"O0"' in told[0]["body"], "news of nobody's order was refused"
    for name, trip in trips.items():
        (order,) = trip.look()["orders"]
        assert {ticket["status"] for ticket in order["tickets"]} == {"claimed"}, name
    for name, (trip, has_order) in waiting.items():
        is_told_so(network, trip, name, has_order=has_order)
    platform.manage("verify_ledger")


def test_terms_that_became_dearer_are_paid_by_who_saw_them(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    network.order("scenario", seller="tickets", name="dearer")
    trip = metro(rider, cloud)
    offer = trip.until(lambda view: next(iter(view["offers"]), None), "an offer")

    ready = trip.ready(1)

    assert ready["fare"] == offer["price"] + 25
    assert trip.say("pay", fare=offer["price"]).json()["code"] == "quote_changed"
    order = trip.do("pay", fare=ready["fare"])
    cloud.order("pay", order_id=order["orderId"], outcome="captured")
    assert trip.until(lambda view: view["orders"][0]["tickets"], "the tickets")
    assert cloud.ask("pay")["items"][0]["amount"] == ready["fare"] * 100


def test_a_choice_that_is_refused_is_said_to_be(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    network.order("scenario", seller="tickets", name="nack_select")
    trip = metro(rider, cloud)

    trip.choose(1)

    failed = trip.order("failed")
    assert (failed["error"], failed["payment"], failed["tickets"]) == ("90201", None, [])


def test_what_proves_nothing_sells_no_ticket(
    network: NetworkProcess, cloud: RazorpayProcess, rider: App
) -> None:
    for name, status in UNHEARD.items():
        network.order("scenario", seller="tickets", name=name)
        trip = metro(rider, cloud)

        def answered(_: Any, trip: Trip = trip) -> Any:  # Any: JSON
            return next(
                (
                    one
                    for one in network.ask("sent")["sellers"]["tickets"]
                    if trip.id in one["body"] and "answer" in one
                ),
                None,
            )

        told = trip.until(answered, f"an answer to {name}")
        assert (told["status"], '"NACK"' in told["answer"]) == (status, True), (name, told)
        view = trip.look()
        assert (view["offers"], view["orders"]) == ([], []), name
