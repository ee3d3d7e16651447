"""Why bookings were refused: what the pages show is what the API tells, in words or by their codes."""

import re
from datetime import timedelta

import pytest

from apps.business.refusals import why_refused
from apps.rides import services as rides
from apps.rides.refused import COUNTED
from apps.rides.services import Refusal
from tests.business.browsing import signed_in
from tests.business.test_figures import NOW, read, tile
from tests.factories import Shop, make_shop
from tests.rides.calling import Api
from uma.kernel.errors import DomainError

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def test_the_api_tells_the_refusals_that_the_page_shows_and_no_more_of_a_guest(shop: Shop) -> None:
    for code, days, outlet, times in (
        ("seats_exhausted", 1, shop.outlet.pk, 3),
        ("rider_banned", 1, None, 2),
        ("live_limit_reached", 2, shop.outlet.pk, 2),
        ("zone_paused", 0, shop.outlet.pk, 1),
        ("seats_exhausted", 40, shop.outlet.pk, 90),
    ):
        told = Refusal(shop.campaign.pk, outlet, code, NOW - timedelta(days=days), times)
        rides.count_refused(refusals=[told])
    api, client = Api(shop.owner_id, "merchant"), signed_in(shop.owner_id)

    body = api.get("/analytics?timeframe=month").json()

    assert body["refusals"] == [
        {"code": "rider_unable", "times": 4},
        {"code": "seats_exhausted", "times": 3},
        {"code": "zone_paused", "times": 1},
    ]
    page = read(client, "/business/figures/refusals?by=reason")
    rows = re.findall(r'scope="row">([^<]*)</th><td data-refused>(\d+)<', page)
    assert [(name, int(times)) for name, times in rows] == [
        (why_refused(one["code"]), one["times"]) for one in body["refusals"]
    ]
    assert str(body["refusedBookings"]) == tile(read(client, "/business/figures"), "refused") == "8"
    assert f'id="total-refused">{body["refusedBookings"]}<' in page
    at_one = api.get(f"/analytics?outletId={shop.outlet.pk}").json()
    assert at_one["refusedBookings"] == 6
    elsewhere = make_shop("Elsewhere")
    assert Api(elsewhere.owner_id, "merchant").get("/analytics").json()["refusals"] == []
    other = api.get(f"/analytics?campaignId={elsewhere.campaign.pk}").json()
    assert other["refusedBookings"] == 0


def test_every_reason_that_is_counted_has_words_of_its_own() -> None:
    codes_ = {one.code for one in COUNTED if issubclass(one, DomainError)}

    unsaid = {code for code in codes_ if why_refused(code) == "It was our fault."}

    assert unsaid == {"campaign_busy"}
