"""A business signs up, tops up, writes a deal while its price follows the keys, publishes it, and a guest finds it."""

import re

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import DESKTOP, PHONE, visiting
from tests.browser.guests import TIMEOUT_S, entered
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

TITLE = "Filter coffee and your ride"
# Numbers that everybody knows the code of and nobody in the demo city has, and who looks for the deal.
BUSINESSES = [
    ("Areca Leaf Plates", "+12025550117", "+919000077031", PHONE),
    ("Banana Leaf Plates", "+12025550116", "+919000077032", DESKTOP),
]
DOOR = {"latitude": 13.3531, "longitude": 74.7899}
# What an operator does at the console, by the service behind it.
APPROVE = """
from uuid import uuid4
from django.utils import timezone
from apps.merchants.models import Application
from apps.merchants.services import approve
one = Application.objects.get(merchant__brand={brand!r})
approve(merchant_id=one.pk, revision=one.revision, actor_id=uuid4(), now=timezone.now())
"""


def sign_up(page: Page, brand: str, phone: str) -> None:
    """Fill the form in where one stands, and look at the map."""
    sign_in(page, phone, to="/business/join")
    page.get_by_label("Name that guests know").fill(brand)
    page.get_by_label("Registered name").fill(f"{brand} LLP")
    page.get_by_label("E-mail").fill("owner@example.org")
    page.get_by_label("Name of the outlet").fill("Tiger Circle")
    page.get_by_label("Address", exact=True).fill("4 University Road")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Say on the map where it is.")).to_be_visible()
    page.get_by_role("button", name="Where I am").click()
    expect(page.locator("#from")).to_have_text("Where you are now")
    page.get_by_role("button", name="On the map").click()
    expect(page.locator("#map")).to_have_attribute("data-ready", "true")
    page.locator("#map canvas").click()
    expect(page.locator("#from")).to_have_text("The place on the map")
    expect(page.locator("#pickup")).to_have_value(re.compile(r"^13\.35"))
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("It is with us.")).to_be_visible()


@pytest.mark.parametrize(("brand", "owner", "guest", "size"), BUSINESSES, ids=["phone", "desktop"])
def test_a_business_signs_up_adds_money_and_its_deal_is_written_published_and_found(
    browser: Browser,
    platform: Platform,
    firebase: SandboxProcess,
    brand: str,
    owner: str,
    guest: str,
    size: dict[str, int],
) -> None:
    wishes = {"viewport": size, "geolocation": DOOR, "permissions": ["geolocation"]}
    with visiting(browser, platform.url, **wishes) as visit:
        page = visit.page
        sign_up(page, brand, owner)
        # The console tells of the answer of 422.
        visit.complaints[:] = [one for one in visit.complaints if "422" not in one]
        page.get_by_role("link", name="Add money").click()
        page.get_by_role("button", name="₹10,000").click()
        page.get_by_role("button", name="Pay with Razorpay").click()
        page.get_by_role("button", name=re.compile("Pay ₹10,000")).click()
        expect(page.locator("#top-up")).to_contain_text("has arrived")

        platform.manage("shell", "-c", APPROVE.format(brand=brand))
        page.get_by_role("link", name="Deals", exact=True).click()
        page.get_by_role("link", name=re.compile("Free ride and 10% off")).click()
        title = f"{TITLE} at {brand}"
        page.get_by_label("Title", exact=True).fill(title)
        page.get_by_label("Ride money, at most").fill("80")
        page.get_by_label("Guests in all").fill("10")
        for outlet in page.locator("input[name=outlet]").all():
            outlet.check()
        expect(page.locator("#preview h2")).to_have_text(title)
        expect(page.locator("#most-visit")).to_have_text("₹103.60")
        expect(page.locator("#most-all")).to_have_text("₹1,036")
        page.get_by_text("Only at some hours").click()
        # Every hour of the week, so that it is open now.
        page.evaluate(
            "document.querySelectorAll('.week input').forEach((one) => { one.checked = true; })"
        )
        page.get_by_role("button", name="Publish").click()
        expect(page.locator(".head .badge")).to_have_text("On sale")

        rider = entered(platform, firebase, guest, role="rider")
        near = "near=13.3525,74.7926&radius=50000&sort=newest&limit=100"
        deals = requests.get(
            f"{platform.url}/api/campaigns?{near}", headers=rider, timeout=TIMEOUT_S
        ).json()
        assert [deal["bookable"] for deal in deals if deal["title"] == title] == [True]

        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".head .badge")).to_have_text("Paused")
        page.get_by_role("link", name="Change", exact=True).click()
        page.get_by_label("Discount, %").fill("12")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name=re.compile("Revision 2")).click()
        expect(page.get_by_text("10% → 12%")).to_be_visible()
