"""An operator looks at somebody's pages in a real browser: what the banner says, and that nothing leaves the page."""

import json
import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from apps.accounts import selectors as people
from apps.accounts import services
from apps.campaigns import selectors as campaigns
from apps.handshake.management import demo_city
from apps.merchants import selectors as merchants
from apps.rides import qr
from apps.rides import services as rides
from tests.browser.chromium import DESKTOP, PHONE, visiting
from tests.browser.test_accessibility import SMALL, SMALLEST_PX, findings
from tests.faults.conftest import Platform

# An operator's clock goes as it likes; what is left is counted all the same.
AN_HOUR_FAST = "const now = Date.now; Date.now = () => now() + 3_600_000;"
# A page that is over when it comes, as far as its banner says.
NONE_LEFT = re.compile(r'data-left="\d+"')
NAME, PASSWORD = "meera", "a long enough password"
MADE = "from tests.browser.test_viewing import make; make()"


def make() -> None:
    """Make an operator in the demo city, and a ticket for one of its riders; print whom they look at."""
    now = timezone.now()
    services.create_operator(username=NAME, display_name="Meera", password=PASSWORD, now=now)
    rider, owner = (
        people.person_by_phone(phone=phone)
        for phone in (demo_city.rider_phone(7), demo_city.owner_phone(2))
    )
    assert rider is not None
    staff = merchants.staff_of(user_id=owner.pk) if owner else None
    assert staff is not None
    (deal, *_) = campaigns.campaigns_of(merchant_id=staff.merchant_id, limit=1)
    kid = qr.keyring(settings.QR_MASTER_KEYS).signing_kid
    booking = rides.book(
        rider_id=rider.pk, campaign_id=deal.pk, location=None, key=None, qr_kid=kid, now=now
    ).booking
    keys = {"rider": rider.pk, "merchant": staff.merchant_id, "ticket": booking.pk}
    print(json.dumps(keys, default=str))


@pytest.fixture(scope="module")
def keys(platform: Platform) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        platform.manage("shell", "-c", MADE).strip().splitlines()[-1]
    )
    return found


def look_at(page: Page, kind: str, key: str) -> None:
    """Press "View as" on a page of the console, and say why."""
    page.goto(f"/admin/{kind}/{key}/change/")
    page.get_by_role("button", name="View as").click()
    page.get_by_label("Reason").fill("the guest says the ticket is gone")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("complementary", name="View as")).to_be_visible()
    # With its styles: how large a thing is depends on them.
    page.wait_for_load_state()


def loads_of(page: Page, path: str, *, within_ms: int) -> int:
    """Open a page whose banner says that no time is left, and count how often it is loaded."""
    loads = 0

    def serve(route: Route) -> None:
        nonlocal loads
        loads += 1
        answer = route.fetch()
        route.fulfill(response=answer, body=NONE_LEFT.sub('data-left="0"', answer.text()))

    page.route(f"**{path}", serve)
    page.goto(path)
    expect(page.locator("[data-left]")).to_have_text("0:00")
    page.wait_for_timeout(within_ms)
    page.unroute(f"**{path}")
    return loads


def looked_over(page: Page) -> list[str]:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    small: list[str] = page.evaluate(SMALL, SMALLEST_PX)
    return findings(page) + small


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
def test_an_operator_looks_and_nothing_is_sent(
    browser: Browser,
    platform: Platform,
    keys: dict[str, str],
    size: dict[str, int],
    theme: str,
) -> None:
    with visiting(browser, platform.url, viewport=size, color_scheme=theme) as visit:
        page = visit.page
        page.add_init_script(AN_HOUR_FAST)
        page.goto("/admin/login/")
        page.get_by_label("Username").fill(NAME)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        look_at(page, "accounts/user", keys["rider"])
        page.goto(f"/app/tickets/{keys['ticket']}")
        banner = page.get_by_role("complementary", name="View as")
        expect(banner).to_contain_text("Meera only looks")
        expect(banner.locator("[data-left]")).to_have_text(re.compile(r"1[34]:\d\d"))
        expect(page.get_by_text("The code is shown to this person alone.")).to_be_visible()
        wrong = looked_over(page)
        page.get_by_text("I cannot come").click()
        page.get_by_role("button", name="Cancel the ticket").click()
        expect(banner).to_contain_text("Nothing was sent: you only look.")
        expect(page.locator("#ticket")).to_have_attribute("data-state", "BOOKED")
        look_at(page, "merchants/merchant", keys["merchant"])
        wrong += looked_over(page)
        assert loads_of(page, "/business/team", within_ms=500) == 1
        page.get_by_role("button", name="Stop").click()
        expect(page).to_have_url(re.compile(rf"/merchant/{keys['merchant']}/change/$"))

    assert wrong == []
