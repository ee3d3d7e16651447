"""Every canonical message, said again by our builders from the same facts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.ondc.outgoing import orders, rides, transit
from apps.ondc.outgoing.context import BuyerApp, Context, Counterparty, Json
from apps.ondc.outgoing.forms import Person, Stop
from apps.ondc.outgoing.orders import Line, Step
from apps.ondc.outgoing.profiles import Profile, Terms, profile
from apps.ondc.outgoing.rides import Booked, Offered, Wish
from apps.ondc.outgoing.transit import Paid, Settling, Tickets
from uma.kernel.geo import Point

START, BETWEEN, END = (
    Point(12.9234, 77.6158),
    Point(12.95, 77.6),
    Point(12.9716, 77.5946),
)
RIDE_TERMS = Terms(
    static_terms="https://bap.example.in/terms",
    bank_code="XXXXXXXX",
    bank_account="xxxxxxxxxxxxxx",
    payment_address="settle@upi",
)
TICKET_TERMS = Terms(
    static_terms="https://bap.example.in/terms",
    delay_interest="2.5",
    settlement_window="",
    settlement_basis="",
    settlement_type="NEFT",
)
RIDER = Person("Rider One", "9000000001", "asha@example.in")
OFFERED = Offered("P1", "I1", "F1")
BOOKED = Booked(OFFERED, RIDER, (START, END), "CAB", "SEDAN", fare_paise=206_00)
SETTLING = Settling("59.40", "P30D", "INVOICE_RECEIPT")
TICKETS = Tickets("P1", "I1", 1, ("F1", "F5"))
PAID = Paid("PA1", "34cc9b0b-6887-4c63-8397-2f4fcf03e50d", "60.00")
JOURNEY = UUID("6743e9e2-4fb5-487c-92b7-13ba8018f176")
LATER = datetime.fromisoformat("2026-03-18T14:00:00+00:00")
LINES = (Line("BASE_FARE", "30"), Line("DISTANCE_FARE", "176"))
MOVED = Stop("END", place=END, id="3", parent="2")
STATION = Stop("END", place=END, code="STN_C", name="Station C")


def again(name: str, document: Any) -> tuple[Json, Json]:  # Any: a JSON document
    """Return context and message as our builders make them for this canonical message."""
    context = document["context"]
    spoken = profile(domain=context["domain"], version=context["version"])
    step = name.partition("/")[2].partition("_")[2]
    if spoken.domain == rides.DOMAIN:
        return said(context), RIDES[step](spoken, document["message"])
    what, _, mode = step.rpartition("_")
    return said(context), TICKETS_SAID[what](spoken, mode.upper(), document["message"])


def said(context: Any) -> Json:  # Any: as above
    to = Counterparty(context["bpp_id"], context["bpp_uri"]) if "bpp_id" in context else None
    return Context(
        domain=context["domain"],
        version=context["version"],
        action=context["action"],
        city=context["location"]["city"]["code"],
        sender=BuyerApp(context["bap_id"], context["bap_uri"]),
        to=to,
        transaction_id=UUID(context["transaction_id"]),
        message_id=UUID(context["message_id"]),
        at=datetime.fromisoformat(context["timestamp"]),
    ).beckn()


def _sellers_terms(message: Any) -> Json | None:  # Any: as above
    groups: list[Json] = message["order"].get("tags", [])
    return groups[1] if groups else None


def _search(**wish: Any) -> Callable[[Profile, Any], Json]:  # Any: the fields of a wish
    return lambda spoken, _: rides.search(spoken, wish=Wish(**wish), terms=RIDE_TERMS)


def _cancel(step: Step, reason: str) -> Json:
    return orders.cancel(order_id="O1", reason=reason, step=step)


def _changed(spoken: Profile, stop: Stop, *, confirmed: bool) -> Json:
    return orders.change_stops(
        spoken, order_id="O1", fulfillment_id="F1", stops=[stop], confirmed=confirmed
    )


RIDES: dict[str, Callable[[Profile, Any], Json]] = {
    "search": _search(way=[START, END]),
    "search_scheduled": _search(way=[START, END], at=LATER),
    "search_rental": _search(way=[START], is_rental=True),
    "search_multistop": _search(way=[START, BETWEEN, END]),
    "select": lambda _, __: rides.select(offered=OFFERED),
    "select_bid": lambda _, __: rides.select(offered=OFFERED, bid="230"),
    "init": lambda spoken, _: rides.init(spoken, booked=BOOKED, terms=RIDE_TERMS),
    "confirm": lambda spoken, message: rides.confirm(
        spoken,
        booked=BOOKED,
        terms=RIDE_TERMS,
        payment_id="PA1",
        sellers_terms=_sellers_terms(message),
    ),
    "status": lambda _, __: orders.status(order_id="O1"),
    "status_ref": lambda _, __: orders.status_of_journey(transaction_id=JOURNEY),
    "track": lambda _, __: orders.track(order_id="O1"),
    "cancel_soft": lambda _, __: _cancel(Step.ASK, "005"),
    "cancel_confirm": lambda _, __: _cancel(Step.CONFIRM, "005"),
    "update_soft": lambda spoken, _: _changed(spoken, MOVED, confirmed=False),
    "update_confirm": lambda spoken, _: _changed(spoken, MOVED, confirmed=True),
    "update_tip": lambda _, __: orders.tip(order_id="O1", total="226", lines=LINES, tip="20"),
    "support": lambda _, __: orders.support(order_id="O1"),
    "rating": lambda spoken, _: orders.rating(spoken, kind="FULFILLMENT", rated_id="F1", stars=5),
}


def _tickets(spoken: Profile, mode: str, **way: Any) -> Json:  # Any: a way or none
    return transit.search(spoken, mode=mode, terms=TICKET_TERMS, **way)


def _stations() -> tuple[Stop, Stop]:
    return Stop("START", code="STN_A"), Stop("END", code="STN_B")


def _places() -> tuple[Stop, Stop]:
    return Stop("START", place=START), Stop("END", place=END)


TICKETS_SAID: dict[str, Callable[[Profile, str, Any], Json]] = {
    "search1": lambda spoken, mode, _: _tickets(spoken, mode),
    "search2": lambda spoken, mode, _: _tickets(spoken, mode, way=_stations()),
    "search_gps": lambda spoken, mode, _: _tickets(spoken, mode, way=_places()),
    "select": lambda _, __, ___: transit.select(tickets=TICKETS),
    "init": lambda spoken, mode, _: transit.init(
        spoken, mode=mode, tickets=TICKETS, rider=RIDER, terms=TICKET_TERMS, settling=SETTLING
    ),
    "confirm": lambda spoken, mode, message: transit.confirm(
        spoken,
        mode=mode,
        tickets=TICKETS,
        rider=RIDER,
        terms=TICKET_TERMS,
        settling=SETTLING,
        paid=PAID,
        sellers_terms=_sellers_terms(message),
    ),
    "status": lambda _, __, ___: orders.status(order_id="O1"),
    "status_ref": lambda _, __, ___: orders.status_of_journey(transaction_id=JOURNEY),
    "cancel_soft": lambda _, __, ___: _cancel(Step.ASK, "006"),
    "cancel_confirm": lambda _, __, ___: _cancel(Step.CONFIRM, "006"),
    "cancel_technical": lambda _, __, ___: _cancel(Step.CONFIRM, orders.TECHNICAL),
    "update_end_stop": lambda spoken, _, __: _changed(spoken, STATION, confirmed=False),
    "update_vehicle": lambda spoken, _, __: transit.board(
        spoken, order_id="O1", ticket_id="F5", registration="KA01AB1234"
    ),
}
