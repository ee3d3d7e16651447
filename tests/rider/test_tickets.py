"""Tickets: what a rider sees of a booking from its beginning to its end, and nobody else."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.rides import services as rides
from apps.rides.models import Booking
from tests.business.browsing import signed_in
from tests.factories import Shop, make_booking, make_rider, make_shop
from tests.handshake.visiting import execute
from uma.kernel.geo import Point

pytestmark = pytest.mark.django_db


class Riding:
    """A rider with a ticket at a shop."""

    def __init__(self, *, days_ago: int = 0, proof_policy: str = "visit") -> None:
        self.now = timezone.now() - timedelta(days=days_ago)
        opened_at = self.now - timedelta(minutes=1)
        self.shop: Shop = make_shop(now=opened_at, discount_bps=10_00, proof_policy=proof_policy)
        self.rider = make_rider(now=self.now)
        self.booking: Booking = make_booking(self.shop, self.rider, now=self.now)
        self.client: Client = signed_in(self.rider.pk, role="rider")
        self.path = f"/app/tickets/{self.booking.pk}"

    def get(self, path: str = "", **query: str) -> str:
        return self.client.get(self.path + path, query).content.decode()

    def news(self, since: str = "") -> tuple[str, list[str]]:
        """Return the id to go on from, and the topics that are told."""
        told = self.client.get("/app/events", {"since": since}).content.decode()
        lines = told.splitlines()
        ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
        topics = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
        return (ids[-1] if ids else since), topics


@pytest.fixture
def riding() -> Riding:
    return Riding()


@pytest.mark.django_db(transaction=True)
def test_a_scan_changes_the_page_that_is_open_and_says_the_cash_back(riding: Riding) -> None:
    since, _ = riding.news()
    assert 'data-state="BOOKED"' in riding.get()

    execute(riding.booking, riding.shop.owner_id, now=timezone.now())

    _, topics = riding.news(since)
    assert set(topics) >= {"wallet", "booking"}
    page = riding.get("/state")
    assert 'data-state="REDEEMED"' in page
    assert '<p class="big">₹150</p>' in page
    assert "And 10 % off what you buy here now." in page
    # Whoever opens the ticket later reads a receipt, not a feast.
    assert 'class="big"' not in riding.get()


def test_without_news_nothing_is_told(riding: Riding) -> None:
    since, first = riding.news()

    assert first == ["wallet", "booking", "inbox"]
    assert riding.news(since) == (since, [])
    assert riding.news("of another shape")[1] == ["wallet", "booking", "inbox"]


@pytest.mark.django_db(transaction=True)
def test_a_ticket_is_given_up_by_its_rider(riding: Riding) -> None:
    answer = riding.client.post(f"{riding.path}/cancel")

    assert (answer.status_code, answer["Location"]) == (303, riding.path)
    assert 'data-state="CANCELLED"' in riding.get()
    riding.booking.refresh_from_db()
    assert riding.booking.state == Booking.State.CANCELLED


def test_nobody_sees_or_ends_anothers_ticket(riding: Riding) -> None:
    stranger = signed_in(make_rider("other").pk, role="rider")

    for path in (riding.path, f"{riding.path}/state"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{riding.path}/cancel").status_code == 404
    riding.booking.refresh_from_db()
    assert riding.booking.state == Booking.State.BOOKED


def test_another_site_ends_no_ticket(riding: Riding) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = riding.client.cookies

    assert strict.post(f"{riding.path}/cancel").status_code == 403


def test_a_ticket_whose_time_is_over_shows_no_code() -> None:
    page = Riding(days_ago=2).get()

    assert 'data-state="EXPIRED"' in page
    assert 'id="qr"' not in page


def test_tickets_are_listed_and_those_that_wait_come_first(riding: Riding) -> None:
    other = make_shop("Later Shop", now=riding.now - timedelta(minutes=1))
    later = make_booking(other, riding.rider, now=riding.now)
    rides.cancel(booking_id=later.pk, rider_id=riding.rider.pk, now=timezone.now())

    page = riding.client.get("/app/tickets").content.decode()

    assert page.index("Corner Café") < page.index("Later Shop")
    assert "Cancelled" in page


def test_a_rider_without_tickets_is_told_where_they_come_from() -> None:
    page = signed_in(make_rider().pk, role="rider").get("/app/tickets").content.decode()

    assert "No ticket yet" in page


def test_the_deal_and_its_ticket_say_which_ride_the_counter_will_ask_for() -> None:
    riding = Riding(proof_policy="ride+visit+bill")
    booking, now = riding.booking, timezone.now()
    deal = signed_in(make_rider(now=now).pk, role="rider").get(f"/app/deals/{booking.campaign_id}")
    shown = deal.content.decode()
    assert "Book the deal first: the ride is booked from its ticket." in shown
    assert "/app/rides/new?deal=" not in shown, "a ride without the ticket would prove nothing"

    assert "without it the counter cannot take the code" in riding.get()
    assert "The counter keys in the amount of your bill" in riding.get()
    since, _ = riding.news()
    for metres, words in ((3_000, "m from the outlet"), (0, "Your ride ended here. Show the code")):
        place = booking.outlet.location
        with transaction.atomic():
            rides.record_drop_off(
                booking_id=booking.pk,
                place=Point(place.latitude + metres / 111_195, place.longitude),
                at=timezone.now(),
                now=timezone.now(),
            )
        assert words in riding.get("/state")
        since, topics = riding.news(since)
        assert topics == ["booking"], "an open page hears of it"
