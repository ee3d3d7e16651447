"""A ticket at the counter where the rider's phone has no network, and forms that say what is wrong."""

import re

import pytest
from playwright.sync_api import Browser, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import DESKTOP, PHONE, visiting
from tests.browser.conftest import Counter
from tests.browser.guests import book_here, drawn, scan
from tests.browser.people import sign_in
from tests.faults.conftest import Platform

# The demo city's first business, at whose counter the camera stands.
SHOP = "Laterite Coffee Room"


@pytest.mark.parametrize(("number", "size"), [(9, PHONE), (10, DESKTOP)], ids=["phone", "desktop"])
def test_a_ticket_is_scanned_and_says_so_although_its_phone_had_no_network(
    browser: Browser,
    platform: Platform,
    counter: Counter,
    number: int,
    size: dict[str, int],
) -> None:
    with visiting(browser, platform.url, viewport=size) as visit:
        page = visit.page
        sign_in(page, demo_city.rider_phone(number), to="/app/?zone=MNP&category=cafe")
        page.locator("a.deal", has_text=SHOP).click()
        book_here(page)

        # The phone was here before, and has no network at the counter.
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()
        drawn(page)
        visit.context.set_offline(True)
        page.reload()
        page.evaluate("window.same = true")
        drawn(page)
        assert re.search(r"Apply \d+ %", scan(page, counter, viewport=size))
        visit.context.set_offline(False)

        expect(page.get_by_role("alert").filter(has_text="Thank you")).to_contain_text("₹100")
        assert page.evaluate("window.same"), "the screen changed by itself"
        page.get_by_role("button", name="Lovely").click()
        expect(page.get_by_text("Visited")).to_be_visible()
        visit.complaints[:] = [one for one in visit.complaints if "DISCONNECTED" not in one]


def test_a_form_says_what_is_wrong_and_does_what_is_right(
    browser: Browser, platform: Platform
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page, demo_city.rider_phone(4), to="/app/withdraw")
        page.get_by_label("Your name, as the bank writes it").first.fill("Demo Rider")
        page.get_by_label("UPI address").fill("no address")
        page.get_by_role("button", name="Add it").first.click()
        expect(page.get_by_role("alert")).to_contain_text("Look at the marked field")
        expect(page.get_by_label("UPI address")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("UPI address").fill("demo.rider@okbank")
        page.get_by_role("button", name="Add it").first.click()
        expect(page.get_by_text("•••@okbank")).to_be_visible()

        page.goto("/app/privacy")
        agree = page.get_by_role("button", name="No. Tap to agree").first
        agree.click()
        expect(page.get_by_role("button", name="Yes. Tap to take it back")).to_have_count(1)
        # The console tells of the answer of 422.
        visit.complaints[:] = [one for one in visit.complaints if "422" not in one]
