"""Rows about metro and bus tickets that cannot be true are refused by the database itself."""

import pytest
from django.db import IntegrityError, models, transaction

from apps.ondc import selectors
from apps.ondc.models import RideOrder, Station, Ticket, TicketTrip
from tests.factories import NOON
from tests.ondc.network import Journey, Participant, make_search

pytestmark = pytest.mark.django_db
STOP: dict[str, object] = {
    "key": "k" * 64, "city": "std:080", "zone_code": "BLR", "mode": "METRO", "bpp_id": "metro.example",
    "bpp_uri": "https://metro.example", "version": "2.0.1", "provider_id": "P1", "number": 1,
    "code": "STN 1", "name": "Station 1", "told_at": NOON,
}  # fmt: skip


@pytest.fixture
def order(seller: Participant) -> RideOrder:
    return Journey(seller, make_search()).reach("ACTIVE")


def refused(rows: models.QuerySet[models.Model], constraint: str, **changes: object) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**changes)


def test_a_stop_that_cannot_be_true_is_refused() -> None:
    Station.objects.create(**STOP)
    stops = Station.objects.all()

    refused(stops, "ondc_station_mode_known", mode="TRAM")
    refused(stops, "ondc_station_place_on_earth", latitude=91, longitude=0)
    refused(stops, "ondc_station_place_on_earth", latitude=0, longitude=181)
    with pytest.raises(IntegrityError, match="ondc_station_once"), transaction.atomic():
        Station.objects.create(**STOP | {"name": "told twice"})


def test_a_large_city_is_listed_whole_in_whatever_versions_it_was_told() -> None:
    Station.objects.bulk_create(
        Station(**STOP | {"key": f"{version}/{number}", "version": version, "number": number})
        for version in ("2.0.0", "2.0.1", "2.1.0")
        for number in range(2_000)
    )
    other = STOP | {"key": "other", "bpp_id": "older.example", "version": "2.0.0"}
    Station.objects.create(**other)

    found = selectors.stations_of(city="std:080", mode="METRO", now=NOON)

    assert [one.number for one in found if one.version == "2.1.0"] == list(range(2_000))
    assert [one.bpp_id for one in found if one.version != "2.1.0"] == ["older.example"]


def test_a_trip_that_cannot_be_true_is_refused(order: RideOrder) -> None:
    TicketTrip.objects.create(transaction=order.transaction, mode="BUS", bpp_id=order.bpp_id)
    trips = TicketTrip.objects.all()

    refused(trips, "ondc_ticket_trip_mode_known", mode="TRAM")
    refused(trips, "ondc_ticket_trip_count_in_range", count=0)
    refused(trips, "ondc_ticket_trip_count_in_range", count=101)


def test_a_ticket_is_one_and_stays_used(order: RideOrder) -> None:
    facts = {"order": order, "fulfillment_id": "F1", "position": 1, "kind": "SJT", "told_at": NOON}
    Ticket.objects.create(**facts, status="UNCLAIMED")
    tickets = Ticket.objects.all()

    refused(tickets, "ondc_ticket_status_known", status="LOST")
    with pytest.raises(IntegrityError, match="ondc_ticket_once"), transaction.atomic():
        Ticket.objects.create(**facts, status="UNCLAIMED")
    tickets.update(status="CLAIMED")
    refused(tickets, "ondc_ticket_used_is_used", status="UNCLAIMED")
    with pytest.raises(IntegrityError, match="ondc_ticket_never_deleted"), transaction.atomic():
        tickets._raw_delete("default")
