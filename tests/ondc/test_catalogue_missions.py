"""From the network to a rider's mission: asked, imported, planned; and gone from both when it is gone there."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.gamification import services as gamification
from apps.gamification.models import Mission
from apps.ondc import documents, services
from apps.ondc.models import CatalogueAnswer, CatalogueRefresh
from apps.ondc.voice import voice
from tests.documents import patiently
from tests.factories import make_campaign, make_merchant, make_outlet
from tests.ondc import ours
from tests.ondc.network import act, clock
from tests.ondc.telling import SETTLED
from tests.sandbox.pretended_ondc import NetworkProcess
from uma.kernel import mongo
from uma.kernel.geo import Point

INDIA_AHEAD = timedelta(hours=5, minutes=30)
PLACES = (
    ("Laterite Coffee Room", "cafe", Point(13.3525, 74.7926)),
    ("Hilltop Fitness", "gym", Point(13.3560, 74.7930)),
    ("Two Ladles Tiffin", "restaurant", Point(13.3507, 74.7889)),
    ("Monsoon Books", "bookshop", Point(13.3563, 74.7871)),
    ("Scissors and Comb", "salon", Point(13.3531, 74.7918)),
    ("Silver Screen Hall", "cinema", Point(13.3450, 74.7850)),
)


@pytest.fixture
def town(
    network: NetworkProcess,
    live_server: LiveServer,
    document_store: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> NetworkProcess:
    """Places with deals in a city of which the pretended network sells food and tickets."""
    assert document_store
    monkeypatch.setattr(mongo, "_away_until", 0.0)
    patiently(documents.drop)
    documents.prepare()
    settings.ONDC_SUBSCRIBER_URI = f"{live_server.url}/api/ondc"
    for brand, category, place in PLACES:
        merchant = make_merchant(brand, funds_paise=10_000_00, now=clock())
        make_outlet(merchant, at=place, category=category, now=clock())
        make_campaign(merchant, now=clock())
    return network


def tonight() -> datetime:
    """Return the coming two o'clock in India, when missions are made: everything opens after it."""
    here = clock() + INDIA_AHEAD
    return here.replace(hour=2, minute=0, second=0, microsecond=0) + timedelta(days=1) - INDIA_AHEAD


def ask_and_import(*, answers: int) -> None:
    services.send_refreshes(voice=voice(), now=clock())

    def heard() -> bool:
        act()
        services.import_catalogues(now=clock())
        return CatalogueAnswer.objects.exclude(state="WAITING").count() >= answers

    ours.until(heard)
    services.close_refreshes(now=clock() + SETTLED)


def of_kind(kind: str) -> Mission:
    found = [
        one
        for one in Mission.objects.order_by("-score")
        if any(step["kind"] == kind for step in one.content["steps"])
    ]
    assert found, list(Mission.objects.values_list("content__title", flat=True))
    return found[0]


@pytest.mark.django_db(transaction=True)
def test_missions_are_made_of_deals_tickets_and_goods_of_the_network(town: NetworkProcess) -> None:
    now = tonight()
    services.plan_refreshes(voice=voice(), now=clock())
    # Six shops, a message each, and a timetable each of buses and metros.
    ask_and_import(answers=8)
    assert set(CatalogueAnswer.objects.values_list("state", flat=True)) == {"DONE"}

    made = gamification.generate_missions(zone_code="MNP", now=now)

    assert made >= 3
    assert gamification.generate_missions(zone_code="MNP", now=now) == 0
    goods, ride = of_kind("commerce"), of_kind("ride")
    step = next(one for one in goods.content["steps"] if one["kind"] == "commerce")
    assert (step["title"], step["provider"]) in {
        ("Filter Coffee at Laterite Coffee Room", "Laterite Coffee Room"),
        ("Pineapple Sheera at Two Ladles Tiffin", "Two Ladles Tiffin"),
    }
    assert "is on the network for ₹4" in goods.content["why"]
    assert ride.content["steps"][0]["title"].startswith("Bus to ")
    assert "runs here from ₹10" in ride.content["why"]

    # The same catalogue again changes nothing, neither here nor there.
    refresh = CatalogueRefresh.objects.get(sale="RETAIL")
    ask = {"actor_id": uuid4(), "reason": "again", "voice": voice()}
    services.refresh_now(refresh_id=refresh.pk, **ask, now=clock())  # type: ignore[arg-type]
    ask_and_import(answers=14)
    again = CatalogueAnswer.objects.exclude(refresh=refresh).filter(refresh__sale="RETAIL")
    assert sum(again.values_list("changed_count", flat=True)) == 0
    assert gamification.expire_missions(now=now) == 0

    # A shop that left the network takes its mission along; the others stay.
    shops = {"Laterite Coffee Room": "S1", "Two Ladles Tiffin": "S2"}
    town.order("food", gone=[shops[step["provider"]]])
    services.refresh_now(refresh_id=refresh.pk, **ask, now=clock())  # type: ignore[arg-type]
    ask_and_import(answers=19)
    gamification.expire_missions(now=now)
    goods.refresh_from_db()
    ride.refresh_from_db()
    assert goods.expired_at == now
    assert ride.expired_at is None
