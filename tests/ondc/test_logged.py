"""What the log says of a ride over the network: where, and to which booking it leads."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.ondc import services
from apps.ondc.models import InboundMessage, Transaction
from tests.factories import bearer, make_booking, make_rider, make_shop
from tests.ondc.network import Journey, Participant, catalogue, clock, make_search, post, verdict
from uma.kernel import context
from uma.kernel.context import Origin

pytestmark = pytest.mark.django_db
Lines = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def written(settings: Settings) -> None:
    """As production writes."""
    settings.ACCESS_LOG = True
    settings.DEBUG = False


def line_of(written: Lines, route: str) -> dict[str, Any]:  # Any: JSON
    lines = [json.loads(line) for line in written.readouterr().err.splitlines()]
    (found,) = [line for line in lines if line.get("route") == route]
    return dict(found)


def about(journey: Transaction) -> dict[str, str]:
    return {"journey_id": str(journey.pk), "zone": "MNP", "booking_id": str(journey.booking_id)}


@pytest.fixture
def to_a_booking(seller: Participant) -> Journey:
    rider = make_rider()
    booking = make_booking(make_shop(), rider)
    return Journey(seller, make_search(booking_id=booking.pk, rider_id=rider.pk))


def test_the_line_of_a_riders_request_says_where_and_to_which_booking(
    to_a_booking: Journey, capfd: Lines
) -> None:
    journey = to_a_booking.search.transaction
    signed = bearer(journey.rider_id, "rider", now=timezone.now())
    to_a_booking.offered("100.00")
    capfd.readouterr()

    shown = Client().get(f"/api/ondc/searches/{journey.pk}", headers=signed)

    assert shown.status_code == 200
    line = line_of(capfd, "api/ondc/searches/<uuid:transaction_id>")
    assert line.items() >= about(journey).items()
    to_a_booking.reach("QUOTED")
    body = {"transactionId": str(journey.pk), "bppId": to_a_booking.seller.id}
    asked = Client().post(
        "/api/ondc/track", json.dumps(body), content_type="application/json", headers=signed
    )
    # Refused, and the line says all the same which one it was.
    assert asked.status_code == 409
    assert line_of(capfd, "api/ondc/track").items() >= about(journey).items()


def test_a_callback_names_the_journey_and_its_work_the_booking(
    to_a_booking: Journey, seller: Participant, capfd: Lines
) -> None:
    journey = to_a_booking.search.transaction
    body = to_a_booking.body("on_search", catalogue("100.00"), question=to_a_booking.search)
    assert verdict(post(seller, body)) == "ACK"
    line = line_of(capfd, "api/ondc/on_<slug:name>")
    assert line["journey_id"] == str(journey.pk)

    other = Journey(seller, make_search())
    told = other.body("on_search", catalogue("90.00"), question=other.search)
    assert verdict(post(seller, told)) == "ACK"
    context.begin(Origin())
    known = []
    for message_id in InboundMessage.objects.order_by("pk").values_list("pk", flat=True):
        services.process_inbound(message_id=message_id, now=clock())
        known.append({name: str(fact) for name, fact in context.facts().items()})
    context.end()

    assert known[0] == about(journey)
    # What the one before led to is none of the next one's.
    assert known[1].keys() == {"journey_id", "zone"}
    assert known[1]["journey_id"] == str(other.search.transaction_id)


def test_a_journey_that_nobody_has_is_about_nothing(capfd: Lines) -> None:
    signed = bearer(make_rider().pk, "rider", now=timezone.now())

    Client().get(f"/api/ondc/searches/{UUID(int=uuid4().int)}", headers=signed)

    line = line_of(capfd, "api/ondc/searches/<uuid:transaction_id>")
    assert line.keys().isdisjoint({"journey_id", "booking_id", "zone"})
