"""What a city sells: asked for each night and in between, imported by content, taken out when it is told no more."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from pytest_django import Settings

from apps.merchants.models import Zone
from apps.ondc import documents, services, tasks
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh, InboundMessage
from apps.ondc.voice import Voice, voice
from tests.documents import patiently
from tests.factories import NOON, make_zone
from tests.ondc import ours
from tests.ondc.network import Journey, Participant, act, clock, post
from tests.ondc.telling import (
    BUS,
    CITY,
    METRO,
    RETAIL,
    answered,
    asked,
    closed,
    context,
    imported,
    line,
    shop,
    taken,
    tells,
    thing,
    where_it_is_noon,
)
from tests.sandbox.pretended_ondc import NetworkProcess
from uma.kernel import mongo
from uma.kernel.documents import Kept, collection
from uma.stack import ports

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
STOPS = (("TC", "Tiger Circle", "13.3526,74.7930"), ("UD", "Udupi", "13.3409,74.7477"))


@pytest.fixture
def store(document_store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(mongo, "_away_until", 0.0)
    monkeypatch.setattr(mongo, "_answered_at", 0.0)
    patiently(documents.drop)
    documents.prepare()
    return document_store


def names(kept: Kept = documents.GOODS) -> list[str]:
    return sorted(one["name"] for one in collection(kept).find())


def everything_told(seller: Participant) -> None:
    """Fill the store with a catalogue of each kind; nothing of it is known in PostgreSQL."""
    tells(seller, asked(), shop())
    for sale in (BUS, METRO):
        tells(seller, asked(sale), line(*STOPS, mode=sale))
    imported()
    CatalogueAnswer.objects.all().delete()
    CatalogueRefresh.objects.all().delete()


def test_a_city_is_asked_about_once_a_night_and_its_changes_in_between(
    seller: Participant, store: str
) -> None:
    assert store
    everything_told(seller)

    def plans(now: datetime) -> list[tuple[str, str]]:
        before = set(CatalogueRefresh.objects.values_list("pk", flat=True))
        services.plan_refreshes(voice=voice(), now=now)
        taken(now=now)
        fresh = CatalogueRefresh.objects.exclude(pk__in=before).order_by("sale")
        found = list(fresh.values_list("sale", "kind"))
        # Each was answered, and is over.
        for one in fresh:
            answered(one, now=now)
        return found

    whole = [("BUS", "FULL"), ("METRO", "FULL"), ("RETAIL", "FULL")]
    assert plans(NOON) == whole
    assert plans(NOON + 14 * MINUTE) == []
    assert plans(NOON + 15 * MINUTE) == [("RETAIL", "CHANGES")]
    assert plans(NOON + 29 * MINUTE) == []
    # A quarter to one in the night of the zone, which is a quarter past seven in the evening of UTC.
    night = NOON.replace(hour=19, minute=15)
    assert plans(night - MINUTE) == [("RETAIL", "CHANGES")]
    assert plans(night) == whole
    changes = CatalogueRefresh.objects.filter(kind="CHANGES").order_by("said_at")
    assert [(one.since, one.till) for one in changes] == [
        (NOON, NOON + 15 * MINUTE),
        (NOON + 15 * MINUTE, night - MINUTE),
    ]


def test_a_catalogue_that_was_lost_is_asked_for_again(seller: Participant, store: str) -> None:
    assert store
    everything_told(seller)
    services.plan_refreshes(voice=voice(), now=NOON)
    taken(now=NOON)
    for one in CatalogueRefresh.objects.all():
        answered(one, now=NOON)
    assert services.plan_refreshes(voice=voice(), now=NOON + 14 * MINUTE) == 0

    collection(documents.STATIONS).delete_many({"sale": "METRO"})
    collection(documents.GOODS).delete_many({})

    services.plan_refreshes(voice=voice(), now=NOON + 15 * MINUTE)
    again = CatalogueRefresh.objects.filter(closed_at=None).order_by("sale")
    assert list(again.values_list("sale", "kind")) == [("METRO", "FULL"), ("RETAIL", "FULL")]


def test_a_city_of_which_nobody_told_is_asked_about_again(speaking: Voice) -> None:
    make_zone("MNP")
    services.plan_refreshes(voice=speaking, now=NOON)
    CatalogueRefresh.objects.update(state="LOST", settled_at=NOON, closed_at=NOON)

    assert services.plan_refreshes(voice=speaking, now=NOON + 14 * MINUTE) == 0
    assert services.plan_refreshes(voice=speaking, now=NOON + 15 * MINUTE) == 3
    # One of a kind is open at a time.
    assert services.plan_refreshes(voice=speaking, now=NOON + HOUR) == 0


def test_a_zone_without_a_code_of_the_network_stops_no_other(speaking: Voice) -> None:
    make_zone("MNP")
    make_zone("AAA")
    Zone.objects.filter(code="AAA").update(std_city_code="Anywhere")

    assert services.plan_refreshes(voice=speaking, now=NOON) == 3

    assert set(CatalogueRefresh.objects.values_list("zone_code", flat=True)) == {"MNP"}


def test_what_is_asked_is_signed_and_goes_to_everybody_once(
    network: NetworkProcess, speaking: Voice
) -> None:
    now = ours.just_begun()
    make_zone("MNP", now=now)
    services.plan_refreshes(voice=speaking, now=now)

    assert services.send_refreshes(voice=speaking, now=now) == 3
    assert services.send_refreshes(voice=speaking, now=now + HOUR) == 0

    ours.until(lambda: bool(network.ask("received")["sellers"]["food"]))
    (question,) = network.ask("received")["sellers"]["food"]
    assert question["answered"] == "ACK"
    row = CatalogueRefresh.objects.get(sale=RETAIL)
    assert (row.state, question["body"]) == ("TAKEN", row.body)


def test_a_gateway_that_is_silent_is_asked_again_and_then_given_up(
    settings: Settings, network: NetworkProcess
) -> None:
    assert network.url
    settings.ONDC_GATEWAY_URL = f"http://127.0.0.1:{ports.any_free()}"
    make_zone("MNP")
    services.plan_refreshes(voice=voice(), now=NOON)
    row = CatalogueRefresh.objects.get(sale=RETAIL)

    assert services.send_refreshes(voice=voice(), now=NOON) == 0
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error_code) == ("WAITING", 1, "silent")
    assert row.next_attempt_at == NOON + timedelta(seconds=2)
    assert services.send_refreshes(voice=voice(), now=row.until) == 0
    row.refresh_from_db()
    assert row.state == "LOST"
    assert services.close_refreshes(now=row.until) == 3


def test_a_catalogue_is_imported_by_content_and_a_rerun_changes_nothing(
    seller: Participant, store: str
) -> None:
    assert store
    first = asked()
    assert tells(seller, first, shop("S1"), shop("S2")) == "ACK"

    assert imported() == [("DONE", 6, 6, 0)]
    assert closed(first) == 0
    before = collection(documents.GOODS).find_one({"item_id": "S1-1"})
    # The very same catalogue a night later; one price is another.
    again = asked()
    news = shop("S2", ("Filter Coffee", "45.00"), ("Masala Dosa", "70.00"))
    assert tells(seller, again, shop("S1"), news) == "ACK"

    assert imported()[1:] == [("DONE", 6, 1, 0)]
    after = collection(documents.GOODS).find_one({"item_id": "S1-1"})
    assert before is not None
    assert after is not None
    assert after["changed_at"] == before["changed_at"] < after["told_at"]
    assert closed(again) == 0


def test_what_is_told_no_more_goes_and_what_nobody_told_of_stays(
    seller: Participant, store: str
) -> None:
    assert store
    other = Participant(id="bpp2.example.in")
    first = asked()
    tells(seller, first, shop("S1"), shop("S2"))
    imported()
    closed(first)

    again = asked()
    tells(seller, again, shop("S1", ("Filter Coffee", "40.00")))
    imported()

    # S2 with its two things, and the dosa of S1.
    assert closed(again) == 4
    assert names() == ["Filter Coffee"]
    assert names(documents.SHOPS) == ["Corner Café S1"]
    # Who says nothing, or says that something went wrong, has not sold out.
    silent = asked()
    assert other.id
    tells(seller, silent)
    imported()
    assert closed(silent) == 0
    assert names() == ["Filter Coffee"]


def test_a_catalogue_in_pieces_is_one_and_the_same_message_is_taken_once(
    seller: Participant, store: str
) -> None:
    assert store
    refresh = asked()
    piece = partial(tells, seller, refresh, timestamp=_stamp())

    assert [piece(shop("S1")), piece(shop("S2")), piece(shop("S1"))] == ["ACK"] * 3

    assert imported() == [("DONE", 3, 3, 0), ("DONE", 3, 3, 0)]
    assert closed(refresh) == 0
    assert names(documents.SHOPS) == ["Corner Café S1", "Corner Café S2"]


def _stamp() -> str:
    return clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_change_is_laid_over_what_is_known_and_touches_nothing_else(
    seller: Participant, store: str
) -> None:
    assert store
    # Far from the hour of the night at which everything is asked for again, whenever this runs.
    make_zone("MNP", timezone=where_it_is_noon())
    first = asked()
    tells(seller, first, shop("S1"), shop("S2"))
    imported()
    closed(first)
    services.plan_refreshes(voice=voice(), now=clock() + 20 * MINUTE)
    changes = CatalogueRefresh.objects.get(kind="CHANGES")

    closing = {"id": "S1", "time": {"label": "disable"}}
    sold_out = {"id": "S2-1", "quantity": {"available": {"count": "0"}}}
    new = thing("S2-9", "Neer Dosa", "60")
    half = {"id": "S3", "items": [{"id": "S3-1", "price": {"value": "1"}}]}
    tells(seller, changes, closing, {"id": "S2", "items": [sold_out, new]}, half)

    assert imported()[1:] == [("DONE", 3, 3, 1)]
    shops = documents.shops(city=CITY, now=clock())
    assert {one["name"][-2:]: one["is_enabled"] for one in shops} == {"S1": False, "S2": True}
    assert all(one["hours"] for one in shops)
    had = documents.goods(city=CITY, provider_ids=["S1", "S2"], now=clock())
    assert sorted(one["item_id"] for one in had) == ["S1-1", "S1-2", "S2-2", "S2-9"]
    # Whatever was not told of in a change is still there.
    taken(now=clock())
    services.close_refreshes(now=clock() + HOUR)
    assert len(names()) == 5


def test_stops_of_a_line_are_kept_with_their_hours_on_the_zones_clock(
    seller: Participant, store: str
) -> None:
    assert store
    refresh = asked(BUS)

    assert tells(seller, refresh, line(*STOPS, ("NO", "Nowhere", "far away"))) == "ACK"

    assert imported() == [("DONE", 2, 2, 1)]
    stop = next(one for one in documents.stations(city=CITY, now=clock()) if one["code"] == "TC")
    assert (stop["name"], stop["provider_name"], stop["fare_paise"]) == (
        "Tiger Circle", "City Bus", 15_00,
    )  # fmt: skip
    assert stop["hours"][0] == {"dow": 0, "start": 6 * 60, "end": 23 * 60}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "ACK"),
        ({"message_id": str(UUID(int=7))}, "ACK"),
        ({"domain": "nic2004:52110"}, "ACK"),
        ({"message_id": str(UUID(int=7)), "transaction_id": str(UUID(int=8))}, "20008"),
    ],
)
def test_an_answer_is_taken_when_it_names_a_question_of_ours(
    seller: Participant, changes: dict[str, str], said: str
) -> None:
    refresh = asked()

    assert tells(seller, refresh, shop(), **changes) == said

    assert CatalogueAnswer.objects.count() == (said == "ACK")
    told = InboundMessage.objects.get()
    assert len(told.deviations) == (len(changes) if said == "ACK" else 0)


def test_an_answer_that_comes_after_an_hour_finds_the_question_closed(seller: Participant) -> None:
    refresh = asked(now=clock() - 2 * HOUR)

    assert tells(seller, refresh, shop()) == "20009"


def test_a_catalogue_that_nobody_signed_for_changes_nothing(seller: Participant) -> None:
    refresh = asked()
    stranger = Participant(id=seller.id)

    assert tells(stranger, refresh, shop()) == "20001"

    assert not CatalogueAnswer.objects.exists()


def test_a_seller_that_answers_with_an_error_has_not_sold_out(
    seller: Participant, store: str
) -> None:
    assert store
    first = asked()
    tells(seller, first, shop())
    imported()
    closed(first)
    again = asked()

    failed = {"context": context(again, seller), "error": {"code": "30001", "message": "no"}}
    post(seller, failed)
    act()

    assert CatalogueAnswer.objects.get(refresh=again).error_code == "30001"
    assert closed(again) == 0
    assert len(names()) == 2


def test_a_store_that_is_away_stops_no_callback_and_no_ride_and_costs_time_alone(
    journey: Journey, settings: Settings, store: str
) -> None:
    refresh = asked()
    settings.MONGODB_URL = f"mongodb://{ports.HOST}:{ports.any_free()}/uma"

    assert tells(journey.seller, refresh, shop()) == "ACK"
    assert imported() == [("WAITING", 0, 0, 0)]
    services.close_refreshes(now=clock() + HOUR)
    refresh.refresh_from_db()
    assert refresh.closed_at is None
    # A ride goes on as if nothing were.
    assert journey.reach("ACTIVE").stage == "ACTIVE"
    assert tasks.keep_catalogues() == 0

    settings.MONGODB_URL = store
    mongo._away_until = 0.0
    assert imported(clock() + HOUR) == [("DONE", 3, 3, 0)]
    assert closed(refresh) == 0


def test_what_cannot_be_imported_is_marked_and_stops_nothing_else(
    seller: Participant, store: str
) -> None:
    assert store
    refresh = asked()
    tells(seller, refresh, shop("S1"))
    tells(seller, refresh, shop("S2"))
    InboundMessage.objects.filter(pk=InboundMessage.objects.earliest("received_at").pk).update(
        raw=""
    )

    assert [row[:2] for row in imported()] == [("FAILED", 0), ("DONE", 3)]
    # Nobody knows what it would have told.
    assert closed(refresh) == 0
