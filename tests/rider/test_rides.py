"""A ride in the app: from the place where it begins to the fare, and what is said to its rider on the way."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.ondc import errors
from apps.ondc.models import Transaction
from apps.ondc.models.orders import RIDE_STATES
from apps.ondc.outgoing.issues import CODES
from apps.ondc.outgoing.orders import REASONS
from apps.rider import ride_words
from apps.rider.sketch import HEIGHT, WIDTH, sketch
from tests.ondc import ours
from tests.rider.riding import Riding, other_rider
from uma.kernel.errors import DomainError
from uma.kernel.geo import Point

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_network")]


@pytest.fixture
def riding() -> Riding:
    return Riding()


def phase(page: str) -> str:
    found = re.search(r'data-phase="(\w+)"', page)
    assert found is not None
    return found[1]


def test_a_ticket_leads_to_a_ride_and_the_ride_to_the_ticket(riding: Riding) -> None:
    ticket = f"/app/tickets/{riding.booking.pk}"
    asking = f"/app/rides/new?ticket={riding.booking.pk}"
    assert asking in riding.client.get(ticket).content.decode()
    assert riding.shop.merchant.brand in riding.client.get(asking).content.decode()

    answer = riding.search()

    assert answer.status_code == 303
    assert (riding.journey.booking_id, riding.said("search")) == (riding.booking.pk, 3)
    page = riding.get("")
    assert phase(page) == "looking"
    assert f'href="{ticket}"' in page
    assert "Asking around" in page


def test_a_deal_that_is_not_booked_can_be_ridden_to_as_well(riding: Riding) -> None:
    campaign, outlet = riding.shop.campaign.pk, riding.shop.outlet.pk
    deal = riding.client.get(f"/app/deals/{campaign}").content.decode()
    booked = re.search(r'href="(/app/rides/new[^"]+)"', deal)
    assert booked is not None
    assert str(riding.booking.pk) in booked[1]

    riding.search(ticket="", deal=str(campaign), outlet=str(outlet))

    assert riding.journey.booking_id is None


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"pickup": ""}, 422, "Say first where you are picked up."),
        ({"pickup": "91,0"}, 422, "Say first where you are picked up."),
        ({"pickup": "28.6,77.2"}, 422, "We do not work at that place yet."),
        ({"ticket": "00000000-0000-7000-8000-000000000000"}, 404, "There is no such ticket."),
    ],
)
def test_a_ride_from_nowhere_is_asked_for_again(
    riding: Riding, asked: dict[str, str], status: int, said: str
) -> None:
    answer = riding.search(**asked)

    assert (answer.status_code, said in answer.content.decode()) == (status, True)
    assert Transaction.objects.count() == 0


def test_without_a_network_of_sellers_it_is_said_so(riding: Riding, settings: Settings) -> None:
    settings.ONDC_SUBSCRIBER_ID = ""

    answer = riding.search()

    assert answer.status_code == 503
    assert "Rides cannot be booked here now." in answer.content.decode()


def test_offers_come_in_the_cheapest_first_and_the_page_is_told(riding: Riding) -> None:
    riding.search()
    since, _ = riding.news()
    assert riding.news(since) == (since, [])

    riding.offered(price_paise=250_00, maximum_paise=300_00)
    riding.offered(price_paise=120_00, provider_name="Town Autos", vehicle_category="AUTO_RICKSHAW")

    later, topics = riding.news(since)
    assert (later != since, topics) == (True, ["ride"])
    page = riding.get()
    assert re.findall(r'class="sum"><b>([^<]+)', page) == ["₹120", "₹250"]
    assert page.index("Town Autos") < page.index("City Cabs")
    assert "There in 4 min" in page
    assert "up to ₹300" in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "1 of 5 providers answered"),
        ("hi", "5 में से 1 कंपनियों ने जवाब दिया"),
        ("kn", "5 ಕಂಪನಿಗಳಲ್ಲಿ 1 ಉತ್ತರಿಸಿವೆ"),
    ],
)
def test_how_many_providers_answered_is_said_in_the_readers_language(
    riding: Riding, language: str, said: str
) -> None:
    riding.search()
    riding.offered()
    Transaction.objects.update(asked_count=5)

    page = riding.client.get(riding.path, headers={"Accept-Language": language})

    assert said in page.content.decode()


def test_when_nobody_drives_it_is_said_and_one_may_search_again(riding: Riding) -> None:
    riding.search()
    assert "Nobody drives there now" not in riding.get()

    past = timezone.now() - timedelta(minutes=2)
    Transaction.objects.update(opened_at=past, closes_at=past + timedelta(seconds=30))

    page = riding.get()
    assert "Nobody drives there now" in page
    assert f"/app/rides/new?ticket={riding.booking.pk}" in page


def test_a_chosen_offer_is_asked_about_and_its_terms_once(riding: Riding) -> None:
    riding.chosen()
    assert phase(riding.get()) == "asked"

    riding.told("QUOTED")
    asks_by_itself = re.search(r'/terms"[^>]*hx-trigger="load"', riding.get())
    assert asks_by_itself is not None
    riding.post("terms")
    again = riding.post("terms")

    assert (again.status_code, riding.said("init")) == (200, 1)
    assert 'hx-trigger="load"' not in riding.get()


def test_a_driver_is_told_a_name_and_who_has_none_is_asked_for_one() -> None:
    riding = Riding(name="")
    riding.chosen()
    riding.told("QUOTED")
    page = riding.get()
    assert "What may the driver call you?" in page
    assert 'hx-trigger="load"' not in page

    refused = riding.post("terms", name=" ")
    assert "The driver needs a name to call you by." in refused.content.decode()
    riding.post("terms", name="Asha")

    assert riding.said("init") == 1


def test_the_price_is_seen_before_the_ride_is_booked_and_it_is_booked_once(riding: Riding) -> None:
    riding.ready()
    page = riding.get()
    assert "Book this ride for ₹206" in page

    riding.post("confirm", fare=str(ours.FARE_PAISE))
    answer = riding.post("confirm", fare=str(ours.FARE_PAISE))

    assert (phase(answer.content.decode()), riding.said("confirm")) == ("confirming", 1)


def test_a_price_that_rose_meanwhile_is_not_paid_unseen(riding: Riding) -> None:
    riding.ready()
    riding.told("READY", fare_paise=ours.FARE_PAISE + 25_00)

    answer = riding.post("confirm", fare=str(ours.FARE_PAISE))

    page = answer.content.decode()
    assert (answer.status_code, riding.said("confirm")) == (409, 0)
    assert "The price has risen meanwhile." in page
    assert "This is ₹25 more than the list said." in page
    assert "Book this ride for ₹231" in page


def test_the_driver_the_code_and_the_way_are_shown_until_the_ride_begins(riding: Riding) -> None:
    riding.riding()
    page = riding.get()

    assert "Your driver is coming" in page
    for fact in ("Ravi", "KA20AB1234", "4711", "tel:9000000099"):
        assert fact in page, fact
    assert re.search(r"Map: your driver is \d+ m from your pick-up", page)
    riding.told("ACTIVE", ride_state="RIDE_STARTED")
    started = riding.get()
    assert "4711" not in started
    assert "Cancel the ride" not in started


def test_where_the_driver_is_is_asked_for_every_few_seconds_and_not_more(riding: Riding) -> None:
    riding.riding()

    for _ in range(3):
        assert riding.post("track").status_code == 204

    assert riding.said("track") == 1
    riding.told("COMPLETED", ride_state="RIDE_ENDED")
    assert riding.post("track").status_code == 204


def test_a_ride_is_called_off_at_the_fee_that_was_shown(riding: Riding) -> None:
    riding.riding("RIDE_ARRIVED_PICKUP")
    assert "See what cancelling costs" in riding.get()
    asked = riding.post("cancel").content.decode()
    assert "We ask the ride company." in asked
    assert riding.order.stage == "ACTIVE", "asking cancels nothing"

    until = timezone.now() + timedelta(minutes=2)
    riding.told("ACTIVE", proposal="CANCEL", proposal_paise=30_00, proposal_until=until)
    assert "Cancelling now costs ₹30." in riding.get()
    unseen = riding.post("cancel", charge="0", reason="002")
    seen = riding.post("cancel", charge="3000", reason="002")

    assert (unseen.status_code, seen.status_code) == (409, 200)
    assert "Ask once more what it costs." in unescape(unseen.content.decode())
    assert riding.said("cancel") == 2
    riding.told(
        "CANCELLED", ride_state="RIDE_CANCELLED", cancelled_by="CONSUMER", cancel_charge_paise=30_00,
        proposal="", proposal_paise=None, proposal_until=None,
    )  # fmt: skip
    assert "It cost ₹30." in riding.get()


def test_an_answer_about_the_fee_that_is_too_old_is_asked_for_again(riding: Riding) -> None:
    riding.riding()
    past = timezone.now() - timedelta(seconds=1)
    riding.told("ACTIVE", proposal="CANCEL", proposal_paise=0, proposal_until=past)

    assert "See what cancelling costs" in riding.get()


def test_at_the_end_stand_the_fare_thanks_and_the_ticket(riding: Riding) -> None:
    riding.riding("RIDE_ENDED", stage="COMPLETED", fare_paise=213_00)
    page = riding.get()

    assert phase(page) == "ended"
    assert '<p class="amount">₹213</p>' in page
    assert "Show my code at the counter" in page
    assert "Thank you" in riding.post("rate", stars="5").content.decode()
    assert riding.said("rating") == 1
    assert riding.post("rate", stars="9").status_code == 200
    assert riding.said("rating") == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("90203", "They found no driver."),
        ("no_answer", "They do not answer."),
        ("40002", "They cannot take this ride."),
    ],
)
def test_a_seller_that_fails_is_named_and_the_others_can_be_chosen(
    riding: Riding, code: str, said: str
) -> None:
    riding.chosen()
    riding.told("FAILED", error_code=code)

    page = riding.get()

    assert phase(page) == "looking"
    assert said in page
    assert ">Choose</button>" in page


def test_a_driver_who_cancels_costs_nothing(riding: Riding) -> None:
    riding.riding()
    riding.told("CANCELLED", ride_state="RIDE_CANCELLED", cancelled_by="PROVIDER")

    page = riding.get()

    assert "The driver or the company cancelled this ride" in page
    assert "It cost nothing." in page
    assert "Look for another ride" in page


def test_whoever_comes_back_finds_the_ride(riding: Riding) -> None:
    riding.riding()
    link = f'href="{riding.path}"'

    for path in ("/app/tickets", f"/app/tickets/{riding.booking.pk}", "/app/rides"):
        page = riding.client.get(path).content.decode()
        assert link in page, path
        assert "Your driver is coming" in page, path
    stranger = other_rider().get("/app/rides").content.decode()
    assert "No ride yet" in stranger


def test_rides_are_listed_to_the_end_and_each_once(
    riding: Riding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.rider.pages.rides.LINES", 2)
    paths = []
    for _ in range(3):
        riding.riding()
        paths.append(riding.path)

    first = riding.client.get("/app/rides").content.decode()
    more = re.search(r'hx-get="(/app/rides/lines\?before=[^"]+)"', first)
    assert more is not None
    second = riding.client.get(more[1]).content.decode()

    listed = re.findall(r'href="(/app/rides/[0-9a-f-]{36})"', first + second)
    assert listed == list(reversed(paths))


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("get", ""), ("get", "/state"), ("get", "/events"), ("get", "/complain"), ("post", "/choose"),
        ("post", "/terms"), ("post", "/confirm"), ("post", "/track"), ("post", "/status"),
        ("post", "/cancel"), ("post", "/rate"), ("post", "/complain"),
    ],
)  # fmt: skip
def test_nobody_sees_or_moves_anothers_ride(riding: Riding, method: str, part: str) -> None:
    riding.riding()
    before = riding.order.changed_at

    answer = getattr(other_rider(), method)(riding.path + part)

    assert answer.status_code == 404
    assert riding.order.changed_at == before


def test_an_act_without_a_script_leads_back_to_the_page(riding: Riding) -> None:
    riding.ready()

    done = riding.client.post(f"{riding.path}/confirm", {"fare": str(ours.FARE_PAISE)})
    refused = riding.client.post(f"{riding.path}/rate", {"stars": "5"})

    assert (done.status_code, done["Location"]) == (303, riding.path)
    assert refused.status_code == 409
    assert "</html>" in refused.content.decode()


def test_everything_that_the_network_may_say_has_words() -> None:
    assert set(ride_words.CANCEL_REASONS) == set(REASONS)
    assert set(ride_words.COMPLAINTS) == set(CODES)
    shown = {ride_words.step_of(state) for state in RIDE_STATES} - {"RIDE_CANCELLED"}
    assert shown == set(ride_words.STEPS)
    refused = {
        one.code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, DomainError) and "code" in vars(one)
    }
    others = {
        "inbound_message_not_found", "bid_not_taken", "ride_change_not_offered", "too_many_watchers",
        "settlement_not_open", "settlement_differs", "settlement_reason_missing",
        "catalogue_underway", "station_not_found", "stops_not_connected", "ticket_count_not_offered",
        "ticket_not_found", "tickets_not_paid",
        "disagreement_not_open", "disagreement_decision_not_possible", "seller_registration_invalid",
        "journey_log_empty",
    }  # fmt: skip
    assert refused - set(ride_words.REFUSALS) - others == set()


def test_a_drawing_has_the_north_above_and_everything_inside() -> None:
    south, north, west = Point(13.30, 74.79), Point(13.40, 74.79), Point(13.30, 74.60)

    drawing = sketch(pickup=south, drop=north, driver=west)

    assert drawing.drop is not None
    assert drawing.driver is not None
    assert drawing.drop.y < drawing.pickup.y
    assert drawing.drop.x == drawing.pickup.x
    assert drawing.driver.x < drawing.pickup.x
    for spot in (drawing.pickup, drawing.drop, drawing.driver):
        assert 0 < spot.x < WIDTH
        assert 0 < spot.y < HEIGHT
    assert drawing.away_m == pytest.approx(20_560, abs=100)
    assert len(drawing.columns) <= 10
