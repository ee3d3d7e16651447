"""Why bookings were refused: what the pages show is what the API tells, in words or by their codes."""

import re
from datetime import timedelta

import pytest
from django.utils import translation

from apps.business import wordings
from apps.business.refusals import why_refused
from apps.campaigns import errors as campaigns
from apps.merchants import errors as merchants
from apps.notifications import errors as notifications
from apps.rides import services as rides
from apps.rides.refused import COUNTED
from apps.rides.services import Refusal
from tests.business.browsing import signed_in
from tests.business.test_figures import NOW, read, tile
from tests.factories import Shop, make_shop
from tests.rides.calling import Api
from uma.kernel.errors import DomainError
from uma.kernel.http import errors as http

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


def test_everything_that_is_refused_to_a_business_has_words_in_every_language() -> None:
    told = (merchants, campaigns, notifications, http)
    codes_ = {
        one.code
        for module in told
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, DomainError) and "code" in vars(one)
    }
    codes_ -= {one.code for one in campaigns.Ineligible.__subclasses__()} | {"ineligible"}
    of_operators = {
        "application_changed", "amount_not_positive", "boundary_invalid", "plan_terms_invalid",
        "reason_required", "refund_too_much", "timezone_unknown", "unknown_charge",
        "already_pushed", "delivery_in_progress", "push_in_progress", "zone_paused",
    }  # fmt: skip
    # What the pages have no form for: plans and boosts are chosen by the API, a device by a script.
    of_the_api = {
        "already_on_plan", "no_subscription", "plan_not_offered", "undo_over", "unknown_device",
        "already_boosted", "boost_price_changed", "campaign_not_on_sale", "no_boost", "no_boost_slot",
        "unknown_message", "body_too_large", "length_required", "malformed_body", "method_not_allowed",
        "not_acceptable", "unsupported_media_type", "unknown_field", "insufficient_scope",
        "idempotency_key_malformed", "idempotency_key_required",
    }  # fmt: skip

    assert codes_ - set(wordings.REFUSALS) - of_operators - of_the_api == set()
    for language in ("hi", "kn"):
        with translation.override(language):
            assert [code for code, text in wordings.REFUSALS.items() if str(text).isascii()] == []


def test_a_refused_form_and_a_refused_page_say_why_in_the_readers_language(shop: Shop) -> None:
    client = signed_in(shop.owner_id, language="kn")

    form = client.post("/business/team", {"phone": "12", "role": "SCANNER"})
    page = client.post(f"/business/deals/{shop.campaign.pk}/resume", {"version": "1"})

    assert form.status_code == 422
    assert "ಇದು ಫೋನ್ ಸಂಖ್ಯೆ ಅಲ್ಲ" in form.content.decode()
    assert page.status_code == 409
    assert "ಸಾಧ್ಯವಿಲ್ಲ</h1>" in page.content.decode()
    assert "The campaign cannot" not in page.content.decode()
