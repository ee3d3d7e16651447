"""What the access line of a request about a visit says of it: by whom, where, and which booking."""

import json
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.rides.models import Booking
from tests.factories import code_of, make_booking, make_rider, make_shop
from tests.rides.calling import Api

pytestmark = pytest.mark.django_db
Lines = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def written(settings: Settings) -> None:
    """As production writes."""
    settings.ACCESS_LOG = True
    settings.DEBUG = False


def last_line(written: Lines) -> dict[str, Any]:  # Any: JSON
    lines = [json.loads(line) for line in written.readouterr().err.splitlines()]
    found: dict[str, Any] = lines[-1]
    return found


def test_the_line_of_a_request_about_a_visit_names_who_where_and_which(capfd: Lines) -> None:
    now = timezone.now()
    shop, rider = make_shop(now=now), make_rider(now=now)
    counter, phone = Api(shop.owner_id, "merchant"), Api(rider.pk)

    booked = phone.post("/rides/book", {"campaignId": str(shop.campaign.pk)})

    booking = Booking.objects.get()
    by_rider = {"actor": "rider", "user_id": str(rider.pk)}
    by_staff = {"actor": "merchant", "user_id": str(shop.owner_id)}
    about = {"booking_id": str(booking.pk), "zone": "MNP"}
    assert booked.status_code == 201
    assert last_line(capfd).items() >= (by_rider | about).items()
    phone.get(f"/rides/{booking.pk}")
    assert last_line(capfd).items() >= (by_rider | about).items()
    shown = {"qrData": code_of(booking, at=timezone.now())}
    # The first by DRF, which has to verify the token; the second by the short way.
    assert counter.post("/handshake/preview", shown).status_code == 200
    assert last_line(capfd).items() >= (by_staff | about).items()
    executed = counter.post("/handshake/execute", shown)
    assert last_line(capfd).items() >= (by_staff | about).items()
    handshake_id = executed.json()["handshake"]["id"]
    phone.get(f"/handshake/{handshake_id}")
    assert last_line(capfd).items() >= (by_rider | about | {"handshake_id": handshake_id}).items()


def test_a_refused_scan_says_which_booking_it_was(capfd: Lines) -> None:
    shop, stranger = make_shop(now=timezone.now()), make_shop("Next door", now=timezone.now())
    booking = make_booking(shop, now=timezone.now())

    answered = Api(stranger.owner_id, "merchant").post(
        "/handshake/execute", {"qrData": code_of(booking, at=timezone.now())}
    )

    assert answered.status_code == 404
    assert last_line(capfd)["booking_id"] == str(booking.pk)


def test_a_line_about_no_booking_names_none(capfd: Lines) -> None:
    shop = make_shop(now=timezone.now())
    booking = make_booking(shop, now=timezone.now())
    counter = Api(shop.owner_id, "merchant")
    counter.post("/handshake/preview", {"qrData": code_of(booking, at=timezone.now())})

    counter.get("/merchant/profile")

    assert last_line(capfd).keys().isdisjoint({"booking_id", "handshake_id", "zone"})
