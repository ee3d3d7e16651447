"""A rider's way: a deal on the map, a ride there, a ticket that draws its code, a screen that says what it brought."""

import re
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import DESKTOP, PHONE, visiting
from tests.browser.conftest import Counter
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from uma.kernel.templatetags.web import rupees

# The demo city's first business, at whose counter the camera stands.
SHOP = "Laterite Coffee Room"
# A code lives for thirty seconds at the most; a slow machine is shown the next.
TRIES = 4
HERE = {"latitude": 13.3668, "longitude": 74.7600}
DRAWN = re.compile(r"^UMA1\.")
# What visits moved out of the shop's accounts since a day of its zone began, less what came back.
SPENT = """
    WITH own AS (
        SELECT a.id FROM wallet_account a JOIN merchants_merchant m
               ON a.code LIKE 'merchant:' || m.id || ':%%' WHERE m.brand = %(brand)s
    )
    SELECT coalesce(sum(t.amount_paise * ((t.debit_account_id IN (SELECT id FROM own))::int
               - (t.credit_account_id IN (SELECT id FROM own))::int)), 0)
      FROM wallet_transfer t JOIN wallet_journal j ON j.id = t.journal_id
     WHERE j.kind IN ('handshake', 'handshake_reversal', 'dispute_lost')
       AND j.event_at >= date_trunc('day', now(), 'Asia/Kolkata') - %(days)s * interval '1 day'
"""


def find_on_the_map(page: Page) -> None:
    """Narrow the deals to cafés, touch the shop's pin, and open the deal that it lights."""
    page.get_by_label("Kind of place").select_option("cafe")
    expect(page.locator("a.deal", has_text=SHOP)).to_be_visible()
    flip = page.get_by_role("button", name="Map")
    if flip.is_visible():
        flip.click()
    page.get_by_role("button", name=re.compile(rf"^{SHOP}, ₹")).click()
    card = page.locator("a.deal.picked")
    expect(card).to_contain_text(SHOP)
    card.click()
    expect(page.get_by_role("heading", name=SHOP)).to_be_visible()


def book(page: Page) -> None:
    page.get_by_role("button", name="Book").click()
    expect(page).to_have_url(re.compile(r"/app/tickets/[0-9a-f-]{36}$"))
    drawn(page)


def ride_there(page: Page) -> None:
    """Take a sandbox ride from where the phone is to the outlet, and come back to the ticket."""
    page.get_by_role("link", name="Get a ride there").click()
    page.get_by_role("button", name="Where I am").click()
    page.get_by_role("button", name="See who drives").click()
    page.get_by_role("button", name=re.compile("^Choose ")).first.click()
    page.get_by_role("button", name=re.compile("^Book this ride for ₹")).click()
    expect(page.get_by_text("You have arrived")).to_be_visible()
    page.get_by_role("link", name="Show my code at the counter").click()
    drawn(page)


def drawn(page: Page) -> None:
    expect(page.locator("#qr")).to_have_attribute("data-text", DRAWN)


def scan(page: Page, counter: Counter) -> str:
    """Hold the rider's screen before the counter's camera until it was read in time; return what it says."""
    said = ""
    for _ in range(TRIES):
        with counter(page.locator(".qr").screenshot()) as visit:
            visit.page.goto("/business/scan")
            verdict = visit.page.get_by_role("dialog")
            expect(verdict).to_be_visible()
            said = verdict.inner_text()
            visit.complaints[:] = [one for one in visit.complaints if "410" not in one]
        if "old picture" not in said:
            break
    return said


def spent_paise(platform: Platform, *, days: int) -> int:
    """Return, from the ledger's transfers, what the shop's visits cost it today and on the days before."""
    with psycopg.connect(platform.cluster.url) as connection:
        row = connection.execute(SPENT, {"brand": SHOP, "days": days - 1}).fetchone()
    assert row is not None
    return int(row[0])


def dashboard(browser: Browser, platform: Platform, signed: dict[str, Any], *, days: int) -> str:
    with visiting(browser, platform.url, storage_state=signed) as visit:
        visit.page.goto(f"/business/figures?days={days}")
        return visit.page.locator("#tile-spend .value").inner_text()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_deal_on_the_map_becomes_a_ticket_and_the_ticket_cash_back(
    browser: Browser,
    platform: Platform,
    counter: Counter,
    signed: dict[str, Any],  # Any: Playwright's
    size: dict[str, int],
) -> None:
    before_paise = spent_paise(platform, days=30)
    phone = demo_city.rider_phone(2 if size == PHONE else 3)
    with visiting(
        browser, platform.url, viewport=size, geolocation=HERE, permissions=["geolocation"]
    ) as visit:
        page = visit.page
        sign_in(page, phone, to="/app/?zone=MNP")
        find_on_the_map(page)
        book(page)
        ride_there(page)
        page.evaluate("window.same = true")

        # The phone was here before, and has no network at the counter.
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()
        drawn(page)
        visit.context.set_offline(True)
        page.reload()
        page.evaluate("window.same = true")
        drawn(page)
        assert re.search(r"Apply \d+ %", scan(page, counter))
        visit.context.set_offline(False)

        expect(page.get_by_role("alert").filter(has_text="Thank you")).to_contain_text("₹100")
        assert page.evaluate("window.same"), "the screen changed by itself"
        page.get_by_role("button", name="Lovely").click()
        expect(page.get_by_text("Visited")).to_be_visible()

        for days in (1, 30):
            told = dashboard(browser, platform, signed, days=days)
            assert told == rupees(spent_paise(platform, days=days))
        assert spent_paise(platform, days=30) > before_paise
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
