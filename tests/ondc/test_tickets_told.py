"""Metro and bus tickets, as their sellers really tell them and as nobody should."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.ondc.reading import exact, read_json
from apps.ondc.tickets_told import (
    LONGEST_TOKEN,
    MOST_TICKETS,
    Ticket,
    fares_of,
    stations_of,
    tickets_of,
)
from tests.ondc.test_recorded import recordings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# Chalo's tokens end like this: no part of them may be made nicer.
TOKEN = "BUA/e45+mzdvC6iKps3abYFmk1ozg0Q==,-1,2"


def stop(number: int, *, parent: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": str(number),
        "location": {
            "descriptor": {"code": f"STN {number}", "name": f"Station {number}"},
            "gps": f"12.9{number},77.6",
        },
    }
    return told if parent is None else told | {"parent_stop_id": str(parent)}


def catalogue(*, stops: list[Any], items: list[Any], mode: str = "METRO") -> dict[str, Any]:
    tags = [
        {
            "descriptor": {"code": "ROUTE_INFO"},
            "list": [{"descriptor": {"code": "ROUTE_ID"}, "value": "101 AC"}],
        }
    ]
    line = {"id": "F1", "vehicle": {"category": mode}, "stops": stops, "tags": tags}
    provider = {"id": "P1", "fulfillments": [line], "items": items}
    return {"message": {"catalog": {"providers": [provider]}}}


def item(**told: Any) -> dict[str, Any]:
    sold = {"id": "I1", "descriptor": {"code": "SJT"}, "price": {"value": "15.0"}}
    return sold | {"fulfillment_ids": ["F1"]} | told


def carrier(kind: str, *authorizations: dict[str, Any], **told: Any) -> dict[str, Any]:
    stops = [{"type": "START", "authorization": one} for one in authorizations]
    return {"id": "F9", "type": kind, "stops": stops} | told


def test_stations_come_in_the_order_of_travel_and_their_codes_as_they_are() -> None:
    told = catalogue(stops=[stop(3, parent=2), stop(1), stop(2, parent=1)], items=[])

    found = list(stations_of(told))

    assert [one.code for one in found] == ["STN 1", "STN 2", "STN 3"]
    assert {(one.provider_id, one.mode, one.line) for one in found} == {("P1", "METRO", "101 AC")}
    assert found[0].place is not None
    assert (found[0].place.latitude, found[0].place.longitude) == (12.91, 77.6)


@pytest.mark.parametrize(
    "stops",
    [
        [stop(2, parent=1), stop(1, parent=2)],
        [stop(2, parent=7), stop(1)],
        [stop(2), stop(1)],
        [stop(2, parent=2), stop(1)],
    ],
    ids=["a circle", "a gap", "two beginnings", "its own parent"],
)
def test_a_chain_that_is_broken_stays_as_it_came(stops: list[Any]) -> None:
    assert [one.code for one in stations_of(catalogue(stops=stops, items=[]))] == ["STN 2", "STN 1"]


def test_a_stop_without_a_code_or_of_no_known_vehicle_cannot_be_asked_for() -> None:
    nameless = stop(2, parent=1)
    del nameless["location"]["descriptor"]

    assert [one.code for one in stations_of(catalogue(stops=[stop(1), nameless], items=[]))] == [
        "STN 1"
    ]
    assert list(stations_of(catalogue(stops=[stop(1)], items=[], mode="FERRY"))) == []


def test_a_fare_says_how_few_and_how_many() -> None:
    limits = {"minimum": {"count": 2}, "maximum": {"count": "6"}}

    [fare] = fares_of(catalogue(stops=[], items=[item(quantity=limits)]))

    assert (fare.price_paise, fare.price_text) == (15_00, "15.0")
    assert (fare.least, fare.most, fare.fulfillment_ids) == (2, 6, ("F1",))


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": {"value": "-1"}},
        {"price": None},
        {"id": ""},
        {"quantity": {"minimum": {"count": 3}, "maximum": {"count": 2}}},
    ],
)
def test_what_cannot_be_bought_is_no_fare(wrong: dict[str, Any]) -> None:
    assert list(fares_of(catalogue(stops=[], items=[item(**wrong)]))) == []


def test_each_ticket_keeps_its_token_byte_for_byte() -> None:
    qr = {"type": "QR", "status": "UNCLAIMED", "valid_to": "2026-03-02 18:00:00.000Z"}
    tags = [
        {
            "descriptor": {"code": "INFO"},
            "list": [{"descriptor": {"code": "PARENT_ID"}, "value": "F1"}],
        },
        {
            "descriptor": {"code": "TICKET_INFO"},
            "list": [{"descriptor": {"code": "NUMBER"}, "value": "uq94"}],
        },
    ]
    modern = {
        "fulfillments": [carrier("TRIP"), carrier("TICKET", qr | {"token": TOKEN}, tags=tags)]
    }
    chalos = {"fulfillments": [carrier("TRIP", qr | {"token": TOKEN}, qr | {"token": f" {TOKEN}"})]}

    [ticket] = tickets_of(modern)
    first, second = tickets_of(chalos)

    assert (ticket.token, ticket.number, ticket.trip_id) == (TOKEN, "uq94", "F1")
    assert ticket.valid_until == NOON + timedelta(hours=6)
    assert (first.token, first.trip_id, second.token) == (TOKEN, "F9", f" {TOKEN}")


def test_a_token_that_no_code_can_hold_is_none_and_is_never_cut() -> None:
    for token in ("x" * (LONGEST_TOKEN + 1), "two\nlines"):
        [ticket] = tickets_of({"fulfillments": [carrier("TICKET", {"type": "QR", "token": token})]})
        assert ticket.token == ""


def test_a_bus_ticket_waits_for_its_bus_without_a_token() -> None:
    [ticket] = tickets_of({"fulfillments": [carrier("TICKET", {"type": "VEHICLE_NUMBER"})]})

    assert (ticket.kind, ticket.token, ticket.status) == ("VEHICLE_NUMBER", "", "UNCLAIMED")


def test_tickets_have_a_limit() -> None:
    many = [carrier("TICKET", {"type": "QR", "token": TOKEN})] * (MOST_TICKETS + 1)

    assert len(list(tickets_of({"fulfillments": many}))) == MOST_TICKETS


@pytest.mark.parametrize(
    ("status", "after", "state"),
    [
        ("UNCLAIMED", timedelta(), "UNCLAIMED"),
        ("UNCLAIMED", timedelta(hours=1), "EXPIRED"),
        ("CLAIMED", timedelta(hours=1), "CLAIMED"),
        ("EXPIRED", timedelta(), "EXPIRED"),
    ],
)
def test_a_ticket_is_over_when_its_time_is_whatever_its_seller_says(
    status: str, after: timedelta, state: str
) -> None:
    ticket = Ticket("F5", "F1", "uq94", "QR", TOKEN, status, NOON + timedelta(hours=1))

    assert ticket.state(now=NOON + after) == state


def test_every_recorded_ticket_line_and_fare_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Other people's recordings are read in place; where there are none, the test says so."""
    stations = fares = tickets = 0
    for path in recordings():
        raw = path.read_bytes()
        if b'"ONDC:TRV11"' not in raw or b'"on_' not in raw:
            continue
        body = read_json(json.dumps(json.loads(raw)).encode(), most_keys=500_000)
        body = body.get("value", body)
        stations += len(list(stations_of(body)))
        fares += len(list(fares_of(body)))
        order = body.get("message", {}).get("order", {})
        found = list(tickets_of(order))
        tickets += len(found)
        tokens = [
            exact(at_stop, "authorization", "token", most=LONGEST_TOKEN)
            for one in order.get("fulfillments", [])
            for at_stop in one.get("stops", [])
        ]
        assert [one.token for one in found if one.token] == [token for token in tokens if token]
    with capsys.disabled():
        print(f"\nTRV11: {stations} stations, {fares} fares, {tickets} tickets in recordings")
    assert (stations > 0) == (tickets > 0), "all of the data or none of it"
