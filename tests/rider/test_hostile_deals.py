"""What businesses are called and say of their deals, wherever riders read it: a real browser runs none of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django.fixtures import Settings

from apps.campaigns.models import Campaign
from apps.gamification import selectors as gamification
from apps.gamification.models import Mission
from apps.merchants.models import Merchant, Outlet
from tests.browser.hostile import HOSTILE, folded, ran
from tests.business.browsing import signed_in
from tests.factories import Shop, make_booking, make_rider, make_shop
from tests.gamification.making import make_mission, make_strike
from tests.handshake.visiting import execute

# Where the texts are read, and every page of it.
Pages = dict[str, list[str]]
pytestmark = pytest.mark.django_db(transaction=True)
# How many stories a page tells.
STORIES = 12


@pytest.fixture(autouse=True)
def nothing_of_others(settings: Settings) -> None:
    # What other tests left in the document store would be believed: these pages are made without it.
    settings.MONGODB_URL = "mongodb://127.0.0.1:9/uma?w=majority&journal=true"
    gamification.forget_copies()


def shop() -> Shop:
    return make_shop(now=timezone.now() - timedelta(minutes=1), funds_paise=1_00_000_00)


def called(one: Shop, text: str) -> None:
    """Give a business, its outlet and its deal this name, and have them say no other word."""
    Merchant.objects.filter(pk=one.merchant.pk).update(brand=text)
    Outlet.objects.filter(pk=one.outlet.pk).update(name=text, address=text)
    Campaign.objects.filter(pk=one.campaign.pk).update(title=text, description=text)


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def deals() -> Pages:
    """Return the home page and the page of a deal."""
    one, client = shop(), signed_in(make_rider().pk, role="rider")
    paths = ("/app/", "/app/deals", f"/app/deals/{one.campaign.pk}")
    found: Pages = {path: [] for path in paths}
    for text in HOSTILE:
        called(one, text)
        for path in paths:
            found[path].append(read(client, path))
    return found


def visits() -> Pages:
    """Return tickets before and after the scan, the ride to them, and what the wallet says of them."""
    one = shop()
    found: Pages = {name: [] for name in ("ticket", "ride", "tickets", "receipt", "wallet")}
    for text in HOSTILE:
        called(one, text)
        rider = make_rider()
        client = signed_in(rider.pk, role="rider")
        booking = make_booking(one, rider, now=timezone.now())
        path = f"/app/tickets/{booking.pk}"
        found["ticket"].append(read(client, path))
        found["ride"].append(read(client, f"/app/rides/new?ticket={booking.pk}"))
        execute(booking, one.owner_id, now=timezone.now())
        found["tickets"].append(read(client, "/app/tickets"))
        found["receipt"].append(read(client, path))
        found["wallet"].append(read(client, "/app/wallet"))
    return found


def missions() -> Pages:
    """Return missions, whose words repeat what businesses are called."""
    client, pages = signed_in(make_rider().pk, role="rider"), []
    shop()
    for at in range(0, len(HOSTILE), STORIES):
        now = timezone.now()
        for text in HOSTILE[at : at + STORIES]:
            steps = [{"kind": "checkin", "title": text}]
            make_mission(
                title=text, description=text, why=text, steps=steps, now=now
            )  # fmt: skip
        pages.append(read(client, "/app/missions"))
        Mission.objects.update(expired_at=now)
        gamification.forget_copies()
    return {"missions": pages}


def missed() -> Pages:
    """Return the strikes of riders who booked and did not come, each with the name of where."""
    pages = []
    for text in HOSTILE:
        rider = make_rider()
        make_strike(rider.pk, merchant_name=text, now=timezone.now())
        pages.append(read(signed_in(rider.pk, role="rider"), "/app/strikes"))
    return {"strikes": pages}


PARTS = {one.__name__: one for one in (deals, visits, missions, missed)}


@pytest.mark.parametrize("part", PARTS)
def test_nothing_that_a_business_says_of_itself_runs_in_a_browser(part: str) -> None:
    pages = PARTS[part]()

    for where, found in pages.items():
        whole = "".join(found)
        assert [text for text in HOSTILE if escape(text) not in whole] == [], where
    every = folded([html for found in pages.values() for html in found])
    assert ran({str(at): html for at, html in enumerate(every)}) == {}
