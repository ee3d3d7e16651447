"""One search is of use to the next: what trips like it cost of late, shown at once and never chosen."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.merchants.models import Zone
from apps.ondc import documents, services, tasks
from apps.ondc.documents import PRICES
from apps.ondc.models import Transaction
from apps.ondc.selectors import Lately, prices_of_late
from apps.ondc.squares import around, is_same, square
from tests.documents import patiently
from tests.factories import MANIPAL, bearer, make_rider, make_zone
from tests.ondc import ours
from tests.ondc.network import Journey, Participant, Registry, clock
from tests.ondc.test_api import RING
from uma.kernel import mongo
from uma.kernel.documents import collection
from uma.kernel.geo import Point
from uma.stack import ports

START, END = Point(13.3525, 74.7926), Point(13.3409, 74.7477)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("other", "match"),
    [
        (START, "same"),
        (Point(13.3529, 74.7921), "same"),
        # On the other side of a line of the map, five metres away.
        (Point(13.35195, 74.7926), "near"),
        (Point(13.3535, 74.7935), "near"),
        (Point(13.3545, 74.7926), ""),
        (Point(-13.3525, 74.7926), ""),
    ],
)
def test_ways_are_the_same_by_their_squares_and_near_by_the_squares_around(
    other: Point, match: str
) -> None:
    near = "near" if square(other) in around(START) else ""
    assert ("same" if is_same([square(other)], START) else near) == match
    assert square(START) in around(START)
    assert len(set(around(START))) == 9


def test_a_line_of_the_map_is_the_same_for_everybody() -> None:
    assert square(Point(13.352, -0.0005)) == "13352:-1"
    assert square(Point(13.3520004, 0.001)) == square(Point(13.352, 0.001)) == "13352:1"


@pytest.fixture
def store(db: None, document_store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    assert db is None
    monkeypatch.setattr(mongo, "_away_until", 0.0)
    patiently(documents.drop)
    documents.prepare()
    return document_store


def closed(*prices: str, seller: Participant, **changes: Any) -> datetime:
    """Let a rider have searched and a seller have offered; return when the search was over."""
    make_zone("MNP")
    search = services.open_search(
        rider_id=make_rider().pk, zone_code="MNP", domain="ONDC:TRV10", city="std:0820",
        now=clock(), **{"pickup": START, "drop": END} | changes,
    )  # fmt: skip
    Journey(seller, search).offered(*prices)
    return search.transaction.closes_at


def lately(start: Point = START, end: Point = END, **changes: Any) -> list[Lately]:
    asked: dict[str, Any] = {"city": "std:0820", "category": "", "now": clock()}
    return prices_of_late(pickup=start, drop=end, **asked | changes)


def test_what_a_trip_cost_is_known_to_the_next_that_is_like_it(
    seller: Participant, store: str
) -> None:
    assert store
    over = closed("120", "100.50", seller=seller)
    assert services.remember_prices(now=over - MINUTE) == 0

    assert services.remember_prices(now=over) == services.remember_prices(now=over) == 1

    (told,) = lately()
    assert (told.provider, told.category) == ("Autos", "AUTO_RICKSHAW")
    assert (told.lowest_paise, told.highest_paise, told.is_same) == (100_50, 120_00, True)
    (near,) = lately(Point(13.3535, 74.7935))
    assert near.is_same is False
    nothing = [
        lately(MANIPAL, START),
        lately(END, START),
        lately(city="std:080"),
        lately(category="CAB"),
        lately(now=clock() + 21 * MINUTE),
    ]
    assert nothing == [[]] * 5
    assert len(lately(category="AUTO_RICKSHAW")) == 1
    # A newer search on a way beside it does not stand for the same way.
    beside = closed("90", seller=seller, pickup=Point(13.3535, 74.7935))
    services.remember_prices(now=beside)
    assert [one.lowest_paise for one in lately()] == [100_50]
    assert [one.lowest_paise for one in lately(Point(13.3535, 74.7935))] == [90_00]


@pytest.mark.parametrize(
    "odd",
    [
        {"scheduled_at": clock() + timedelta(days=1)},
        {"is_rental": True, "drop": None},
        {"via": [MANIPAL]},
    ],
)
def test_trips_that_are_unlike_others_tell_nothing(
    seller: Participant, store: str, odd: dict[str, Any]
) -> None:
    assert store

    assert services.remember_prices(now=closed("100", seller=seller, **odd)) == 0


def test_nobody_is_in_what_is_kept_and_all_of_it_goes(seller: Participant, store: str) -> None:
    assert store
    services.remember_prices(now=closed("100", seller=seller))

    (row,) = collection(PRICES).find()
    assert (row["start"], row["end"]) == ("13352:74792", "13340:74747")
    assert str(Transaction.objects.get().rider_id) not in str(row)
    ends = collection(PRICES).index_information()["expires_at_1"]
    assert ends["expireAfterSeconds"] == 0


def test_a_search_says_at_once_what_its_like_cost_and_goes_on_without(
    seller: Participant, store: str, settings: Settings
) -> None:
    services.remember_prices(now=closed("100.50", seller=seller))
    Zone.objects.update(boundary={"type": "Polygon", "coordinates": [RING]})
    for name, value in ours.settings_for("http://127.0.0.1:9").items():
        setattr(settings, name, value)
    rider = make_rider("other").pk

    def search(**more: object) -> Any:  # Any: JSON
        body = {
            "pickupLocation": {"lat": START.latitude, "lng": START.longitude},
            "dropLocation": {"lat": END.latitude, "lng": END.longitude},
        }
        answer = Client().post(
            "/api/ondc/search",
            json.dumps(body | more),
            content_type="application/json",
            headers=bearer(rider, "rider", now=clock()),
        )
        assert answer.status_code == 200, answer.content
        return answer.json()

    (told,) = search()["lately"]
    assert (told["provider"], told["category"], told["match"]) == ("Autos", "AUTO_RICKSHAW", "same")
    assert (told["lowestPrice"], told["highestPrice"]) == (100.5, 100.5)
    later = (clock() + timedelta(hours=2)).isoformat()
    assert search(scheduledAt=later)["lately"] == []
    settings.MONGODB_URL = f"mongodb://{ports.HOST}:{ports.any_free()}/uma"
    before = Transaction.objects.count()
    assert search()["lately"] == []
    assert Transaction.objects.count() == before + 1
    assert tasks.remember_prices() == 0
    assert store


def test_a_store_that_dies_in_the_middle_of_a_search_takes_nothing_with_it(
    seller: Participant, registry: Registry, store: str, settings: Settings
) -> None:
    other = Participant(id="bpp2.example.in")
    registry.rows.append(other)
    make_zone("MNP")
    search = services.open_search(
        rider_id=make_rider().pk, zone_code="MNP", domain="ONDC:TRV10", city="std:0820",
        pickup=START, drop=END, now=clock(),
    )  # fmt: skip
    Journey(seller, search).offered("120")
    settings.MONGODB_URL = f"mongodb://{ports.HOST}:{ports.any_free()}/uma"

    # The other seller answers all the same, and the rider sees both.
    Journey(other, search).offered("90")
    seen = Client().get(
        f"/api/ondc/searches/{search.transaction_id}",
        headers=bearer(search.transaction.rider_id, "rider", now=clock()),
    )
    assert sorted(one["price"] for one in seen.json()["offers"]) == [90, 120]
    over = search.transaction.closes_at
    with pytest.raises(mongo.DocumentsAway):
        services.remember_prices(now=over)

    # What the store did not hear it hears when it is back: PostgreSQL had it all the while.
    settings.MONGODB_URL, mongo._away_until = store, 0.0
    assert services.remember_prices(now=over) == 2
    assert sorted(one.lowest_paise for one in lately()) == [90_00, 120_00]
