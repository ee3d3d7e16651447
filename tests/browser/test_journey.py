"""The whole way: a business signs up, adds money and publishes a deal; a guest finds it, rides there and is scanned."""

import re
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import DESKTOP, PHONE, visiting
from tests.browser.conftest import Counter
from tests.browser.guests import book_here, drawn, scan
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from uma.kernel.templatetags.web import rupees

DOOR = {"latitude": 13.3531, "longitude": 74.7899}
# Where the guest's phone is: a ride away.
HERE = {"latitude": 13.3668, "longitude": 74.7600}
# What an operator does at the console, by the service behind it.
APPROVE = """
from uuid import uuid4
from django.utils import timezone
from apps.merchants.models import Application
from apps.merchants.services import approve
one = Application.objects.get(merchant__brand={brand!r})
approve(merchant_id=one.pk, revision=one.revision, actor_id=uuid4(), now=timezone.now())
"""
# What visits moved out of a shop's accounts since a day of its zone began, less what came back.
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


@dataclass(frozen=True)
class Shop:
    """A business that nobody in the demo city has, the only one of its kind; its owner's number has a known code."""

    brand: str
    kind: str
    owner: str

    @property
    def title(self) -> str:
        return f"Filter coffee and your ride at {self.brand}"


WAYS = [
    (Shop("Areca Leaf Plates", "Groceries", "+12025550117"), demo_city.rider_phone(2), PHONE),
    (Shop("Banana Leaf Plates", "Stationery", "+12025550116"), demo_city.rider_phone(3), DESKTOP),
]


def sign_up(page: Page, shop: Shop) -> None:
    """Fill the form in where one stands, and look at the map."""
    sign_in(page, shop.owner, to="/business/join")
    page.get_by_label("Name that guests know").fill(shop.brand)
    page.get_by_label("Registered name").fill(f"{shop.brand} LLP")
    page.get_by_label("E-mail").fill("owner@example.org")
    page.get_by_label("Name of the outlet").fill("Tiger Circle")
    page.get_by_label("Kind of place").select_option(label=shop.kind)
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


def top_up(page: Page) -> None:
    page.get_by_role("link", name="Add money").click()
    page.get_by_role("button", name="₹10,000").click()
    page.get_by_role("button", name="Pay with Razorpay").click()
    page.get_by_role("button", name=re.compile("Pay ₹10,000")).click()
    expect(page.locator("#top-up")).to_contain_text("has arrived")


def publish(page: Page, shop: Shop) -> None:
    """Write a deal while its price follows the keys, for every hour of the week, and publish it."""
    page.get_by_role("link", name="Deals", exact=True).click()
    page.get_by_role("link", name=re.compile("Free ride and 10% off")).click()
    page.get_by_label("Title", exact=True).fill(shop.title)
    page.get_by_label("Ride money, at most").fill("80")
    page.get_by_label("Guests in all").fill("10")
    for outlet in page.locator("input[name=outlet]").all():
        outlet.check()
    expect(page.locator("#preview h2")).to_have_text(shop.title)
    expect(page.locator("#most-visit")).to_have_text("₹103.60")
    expect(page.locator("#most-all")).to_have_text("₹1,036")
    page.get_by_text("Only at some hours").click()
    page.evaluate(
        "document.querySelectorAll('.week input').forEach((one) => { one.checked = true; })"
    )
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".head .badge")).to_have_text("On sale")


def find_on_the_map(page: Page, shop: Shop) -> None:
    """Narrow the deals to the shop's kind, touch its pin, and open the deal that it lights."""
    page.get_by_label("Kind of place").select_option(label=shop.kind)
    expect(page.locator("a.deal", has_text=shop.title)).to_be_visible()
    flip = page.get_by_role("button", name="Map")
    if flip.is_visible():
        flip.click()
    page.get_by_role("button", name=re.compile(rf"^{shop.brand}, ₹80$")).click()
    card = page.locator("a.deal.picked")
    expect(card).to_contain_text(shop.title)
    card.click()
    expect(page.get_by_role("heading", name=shop.brand)).to_be_visible()


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


def spent_paise(platform: Platform, shop: Shop, *, days: int) -> int:
    """Return, from the ledger's transfers, what the shop's visits cost it today and on the days before."""
    with psycopg.connect(platform.cluster.url) as connection:
        row = connection.execute(SPENT, {"brand": shop.brand, "days": days - 1}).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(("shop", "guest", "size"), WAYS, ids=["phone", "desktop"])
def test_a_deal_that_was_just_published_is_found_on_the_map_ridden_to_scanned_and_counted(
    browser: Browser,
    platform: Platform,
    counter: Counter,
    shop: Shop,
    guest: str,
    size: dict[str, int],
) -> None:
    wishes: dict[str, Any] = {"viewport": size, "permissions": ["geolocation"]}  # Any: Playwright's
    with visiting(browser, platform.url, geolocation=DOOR, **wishes) as owner:
        page = owner.page
        sign_up(page, shop)
        # The console tells of the answer of 422.
        owner.complaints[:] = [one for one in owner.complaints if "422" not in one]
        top_up(page)
        platform.manage("shell", "-c", APPROVE.format(brand=shop.brand))
        publish(page, shop)

        with visiting(browser, platform.url, geolocation=HERE, **wishes) as rider:
            sign_in(rider.page, guest, to="/app/?zone=MNP")
            find_on_the_map(rider.page, shop)
            book_here(rider.page)
            ride_there(rider.page)
            rider.page.evaluate("window.same = true")
            state = owner.context.storage_state()
            assert "Apply 10 %" in scan(rider.page, counter, storage_state=state, viewport=size)
            thanks = rider.page.get_by_role("alert").filter(has_text="Thank you")
            expect(thanks).to_contain_text("₹80")
            assert rider.page.evaluate("window.same"), "the screen changed by itself"

        spent = spent_paise(platform, shop, days=1)
        assert spent == 103_60
        page.goto("/business/figures?days=1")
        expect(page.locator("#tile-spend .value")).to_have_text(rupees(spent))

        page.get_by_role("link", name="Deals", exact=True).click()
        page.get_by_role("link", name=re.compile(shop.brand)).click()
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".head .badge")).to_have_text("Paused")
        page.get_by_role("link", name="Change", exact=True).click()
        page.get_by_label("Discount, %").fill("12")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name=re.compile("Revision 2")).click()
        expect(page.get_by_text("10% → 12%")).to_be_visible()
