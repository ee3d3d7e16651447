"""The pretended sellers of tickets and of food."""

from typing import Any

import pytest

from apps.ondc.callbacks import read_envelope
from apps.ondc.outgoing import orders, retail, transit
from apps.ondc.outgoing.context import Counterparty
from apps.ondc.outgoing.forms import Person, Stop
from apps.ondc.outgoing.orders import Step
from apps.ondc.outgoing.profiles import Terms, profile
from apps.ondc.outgoing.transit import Paid, Settling
from apps.ondc.reading import moment
from apps.ondc.tickets_told import tickets_of
from tests.sandbox.pretended_ondc import Buyer, Journey, NetworkProcess, total

TERMS = Terms(static_terms="https://bap.example.in/terms")
RIDER = Person("Rider One", "9000000001")


def test_a_ticket_is_bought_and_its_fare_is_the_quotes(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    del sandbox
    journey = Journey(buyer, transit.DOMAIN, "2.0.1")
    spoken = profile(domain=transit.DOMAIN, version="2.0.1")
    way = (Stop("START", code="TIGER_CIRCLE"), Stop("END", code="UDUPI"))
    journey.say("search", transit.search(spoken, mode="BUS", terms=TERMS))
    first = journey.hears("on_search")
    journey.to = Counterparty(first["context"]["bpp_id"], first["context"]["bpp_uri"])
    journey.say("search", transit.search(spoken, mode="BUS", terms=TERMS, way=way))
    found = journey.hears("on_search", times=2)["message"]["catalog"]["providers"][0]
    tickets = transit.Tickets("P1", found["items"][0]["id"], 2, (found["fulfillments"][0]["id"],))
    journey.say("select", transit.select(tickets=tickets))
    quoted = journey.hears("on_select")["message"]["order"]

    settling = Settling("49.50", "P30D", "INVOICE_RECEIPT")
    told: dict[str, Any] = {"mode": "BUS", "tickets": tickets, "rider": RIDER, "terms": TERMS}
    journey.say("init", transit.init(spoken, **told, settling=settling))
    initiated = journey.hears("on_init")["message"]["order"]
    paid = Paid("PA1", "pay_1", initiated["quote"]["price"]["value"])
    message = transit.confirm(spoken, **told, settling=settling, paid=paid, sellers_terms=None)
    journey.say("confirm", message)
    confirmed = journey.hears("on_confirm")["message"]["order"]

    assert float(found["items"][0]["price"]["value"]) * 2 < total(quoted)
    passes = [one for one in confirmed["fulfillments"] if one["type"] == "TICKET"]
    assert len({one["stops"][0]["authorization"]["token"] for one in passes}) == 2
    used = journey.hears("on_status")["message"]["order"]
    assert used["status"] == "COMPLETED"


def bought(buyer: Buyer, count: int = 1) -> tuple[Journey, Any]:  # Any: JSON documents
    """Return a journey whose tickets are confirmed, or are not, and what its seller said of that."""
    journey = Journey(buyer, transit.DOMAIN, "2.1.0")
    spoken = profile(domain=transit.DOMAIN, version="2.1.0")
    way = (Stop("START", code="TIGER_CIRCLE"), Stop("END", code="UDUPI"))
    journey.say("search", transit.search(spoken, mode="BUS", terms=TERMS, way=way))
    first = journey.hears("on_search")
    journey.to = Counterparty(first["context"]["bpp_id"], first["context"]["bpp_uri"])
    trip = first["message"]["catalog"]["providers"][0]["fulfillments"][0]["id"]
    tickets = transit.Tickets("P1", "I1", count, (trip,))
    journey.say("select", transit.select(tickets=tickets))
    journey.hears("on_select")
    settling = Settling("24.75", "P30D", "INVOICE_RECEIPT")
    told: dict[str, Any] = {"mode": "BUS", "tickets": tickets, "rider": RIDER, "terms": TERMS}
    journey.say("init", transit.init(spoken, **told, settling=settling))
    price = journey.hears("on_init")["message"]["order"]["quote"]["price"]["value"]
    paid = Paid("PA1", "pay_1", price)
    message = transit.confirm(spoken, **told, settling=settling, paid=paid, sellers_terms=None)
    journey.say("confirm", message)
    return journey, journey.hears("on_confirm")


def behaves(sandbox: NetworkProcess, name: str) -> None:
    sandbox.order("scenario", seller="tickets", name=name)


def test_a_bus_ticket_is_good_once_its_bus_is_told(sandbox: NetworkProcess, buyer: Buyer) -> None:
    behaves(sandbox, "boarding")
    journey, confirmed = bought(buyer, 2)
    order = confirmed["message"]["order"]
    before = list(tickets_of(order))
    spoken = profile(domain=transit.DOMAIN, version="2.1.0")

    chosen = {"order_id": order["id"], "ticket_id": before[0].fulfillment_id}
    journey.say("update", transit.board(spoken, **chosen, registration="KA20AB1234"))

    after = journey.hears("on_update")["message"]["order"]
    assert [(one.kind, one.token, one.status) for one in before] == [
        ("VEHICLE_NUMBER", "", "UNCLAIMED")
    ] * 2
    assert [one.status for one in tickets_of(after)] == ["CLAIMED", "UNCLAIMED"]
    assert after["fulfillments"][0]["state"]["descriptor"]["code"] == "ACTIVE"
    wrong = chosen | {"ticket_id": "another"}
    journey.say("update", transit.board(spoken, **wrong, registration="KA20AB1234"))
    assert journey.hears("on_update", times=2)["error"]["code"] == "91215"


@pytest.mark.parametrize(
    ("name", "action", "status"),
    [("cancels_later", "on_update", "CANCELLED"), ("cancels_never", "on_status", "ACTIVE")],
)
def test_a_cancellation_is_taken_note_of_and_decided_later(
    sandbox: NetworkProcess, buyer: Buyer, name: str, action: str, status: str
) -> None:
    # Whoever is still waiting for a bus has not travelled, so the ticket can be given back.
    sandbox.order("scenario", seller="tickets", name=name, changed={"boards": True})
    journey, confirmed = bought(buyer)
    number = confirmed["message"]["order"]["id"]

    journey.say("cancel", orders.cancel(order_id=number, reason="006", step=Step.CONFIRM))

    first = journey.hears("on_cancel")["message"]["order"]
    last = journey.hears(action)["message"]["order"]
    assert (first["status"], last["status"]) == ("CANCELLATION_INITIATED", status)
    assert ("cancellation" in last) == (status == "CANCELLED")
    titles = {line["title"] for line in last["quote"]["breakup"]}
    assert ("REFUND" in titles) == (status == "CANCELLED")


def test_a_confirmation_fails_with_a_code_and_nothing_is_bought(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    behaves(sandbox, "confirm_fails")

    journey, told = bought(buyer)

    assert told["error"]["code"] == "91207"
    journey.say("status", orders.status_of_journey(transaction_id=journey.id))
    assert journey.hears("on_status")["error"]["code"] == "91212"


def test_odd_times_are_a_space_and_two_seconds(sandbox: NetworkProcess, buyer: Buyer) -> None:
    behaves(sandbox, "odd_times")

    _, told = bought(buyer)

    context = told["context"]
    assert (context["timestamp"][10], context["ttl"]) == (" ", "PT2S")
    envelope = read_envelope(
        told, action="on_confirm", signer=context["bpp_id"], ours=context["bap_id"]
    )
    assert envelope.sent_at == moment(context["timestamp"].replace(" ", "T"))


def test_a_citys_food_comes_in_pieces_and_its_changes_later(
    sandbox: NetworkProcess, buyer: Buyer
) -> None:
    del sandbox
    journey = Journey(buyer, retail.DOMAIN, "1.2.5", city="std:0820")

    journey.say("search", retail.search(finder_fee_percent="3"))
    journey.hears("on_search", times=6)
    journey.say("search", retail.search(finder_fee_percent="3", changes=retail.Push(begin=True)))
    journey.hears("on_search", times=9)

    ids = [
        one["message"]["catalog"]["bpp/providers"][0]["id"] for one in journey.heard("on_search")
    ]
    assert sorted(ids[:6]) == ["S1", "S2", "S3", "S4", "S5", "S6"]
