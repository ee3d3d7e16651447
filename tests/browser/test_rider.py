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

# A strike of now for one of the demo city's riders.
STRUCK = """
from django.utils import timezone
from apps.accounts.selectors import person_by_phone
from tests.gamification.making import make_strike
make_strike(person_by_phone(phone={phone!r}).pk, now=timezone.now())
"""
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
        page.locator("a.deal", has_text=SHOP).first.click()
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


def test_an_appeal_takes_what_shows_that_a_visit_was_not_missed(
    browser: Browser, platform: Platform
) -> None:
    phone = demo_city.rider_phone(12)
    platform.manage("shell", "-c", STRUCK.format(phone=phone))
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page, phone, to="/app/strikes")
        page.get_by_text(re.compile("^Appeal, until")).click()
        send = page.get_by_role("button", name="Send the appeal")
        shows = page.get_by_label("What it shows, or where it is to be found")
        page.get_by_label("What happened?").fill("The door was shut.")
        # Longer than the field lets anybody write: what the API says is marked on the line it is about.
        shows.evaluate("(field) => { field.value = 'x'.repeat(401); }")
        send.click()
        expect(page.get_by_role("alert")).to_contain_text("Look at the marked field")
        expect(shows).to_have_attribute("aria-invalid", "true")

        page.get_by_label("Kind", exact=True).select_option("photo")
        shows.fill("The shutter, at ten past nine")
        with page.expect_response("**/api/user/appeals") as answered:
            send.click()
        expect(page.get_by_text("Your appeal is being read")).to_be_visible()
        expect(send).not_to_be_visible()
        sent = answered.value.request.post_data_json
        assert sent is not None
        assert answered.value.status == 201
        assert sent["evidence"] == [{"kind": "photo", "text": "The shutter, at ten past nine"}]
        # The console tells of the answer of 422.
        visit.complaints[:] = [one for one in visit.complaints if "422" not in one]
