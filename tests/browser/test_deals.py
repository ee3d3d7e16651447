"""An owner tops up, writes a deal while its price follows the keys, publishes it, and a guest finds it."""

import re

import requests
from playwright.sync_api import Browser, expect

from tests.browser.chromium import visiting
from tests.browser.guests import TIMEOUT_S, entered
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

TITLE = "Filter coffee and your ride"


def test_a_deal_is_paid_for_written_published_and_found(
    browser: Browser, platform: Platform, firebase: SandboxProcess
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page)
        page.get_by_role("button", name="₹10,000").click()
        page.get_by_role("button", name="Pay with Razorpay").click()
        page.get_by_role("button", name=re.compile("Pay ₹10,000")).click()
        expect(page.locator("#top-up")).to_contain_text("has arrived")

        page.get_by_role("link", name="Deals", exact=True).click()
        page.get_by_role("link", name=re.compile("Free ride and 10% off")).click()
        page.get_by_label("Title", exact=True).fill(TITLE)
        page.get_by_label("Ride money, at most").fill("80")
        page.get_by_label("Guests in all").fill("10")
        for outlet in page.locator("input[name=outlet]").all():
            outlet.check()
        expect(page.locator("#preview h2")).to_have_text(TITLE)
        expect(page.locator("#most-visit")).to_have_text("₹103.60")
        expect(page.locator("#most-all")).to_have_text("₹1,036")
        page.get_by_text("Only at some hours").click()
        # Every hour of the week, so that it is open now.
        page.evaluate(
            "document.querySelectorAll('.week input').forEach((one) => { one.checked = true; })"
        )
        page.get_by_role("button", name="Publish").click()
        expect(page.locator(".head .badge")).to_have_text("On sale")

        rider = entered(platform, firebase, "+919000077031", role="rider")
        near = "near=13.3525,74.7926&radius=50000&sort=newest&limit=100"
        deals = requests.get(
            f"{platform.url}/api/campaigns?{near}", headers=rider, timeout=TIMEOUT_S
        ).json()
        assert [deal["bookable"] for deal in deals if deal["title"] == TITLE] == [True]

        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".head .badge")).to_have_text("Paused")
        page.get_by_role("link", name="Change", exact=True).click()
        page.get_by_label("Discount, %").fill("12")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name=re.compile("Revision 2")).click()
        expect(page.get_by_text("10% → 12%")).to_be_visible()
