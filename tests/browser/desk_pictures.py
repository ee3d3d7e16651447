"""The operators' console as pictures: a wide and a narrow one of each page, and a few as one for the documentation."""

import json

from playwright.sync_api import Browser

from apps.handshake.management import demo_city
from tests.browser.chromium import DESKTOP, PHONE, ROOT, visiting
from tests.e2e.riding import search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

# Every page, for whoever looks at them.
FOLDER = ROOT / ".local" / "console"
MADE = "from tests.browser.desk import make; make()"
WIDTHS = {"wide": DESKTOP | {"height": PHONE["height"]}, "narrow": PHONE}
SHOWN = (("home", "wide"), ("adjustments", "narrow"), ("appeals", "narrow"), ("journey", "narrow"))
# Where a page has what is worth seeing further down.
SCROLL = "document.querySelector('.field-messages')?.scrollIntoView()"


def of_the_desk(browser: Browser, platform: Platform, firebase: SandboxProcess) -> list[bytes]:
    """Let a rider go somewhere and a day pass at the desk; return the pages for the documentation."""
    rider = App(platform, firebase, "phone-of-who-is-pictured")
    rider.sign_in(demo_city.rider_phone(1))
    ride = search(rider)
    ride.confirmed()
    ride.order("RIDE_ENDED")
    said = platform.manage("shell", "-c", MADE)
    pages = json.loads(said.strip().splitlines()[-1])
    pages["journey"] = f"/admin/ondc/transaction/{ride.id}/change/"
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken = {}
    for width, viewport in WIDTHS.items():
        with visiting(browser, platform.url, viewport=viewport) as visit:
            page = visit.page
            page.goto("/admin/login/")
            page.get_by_label("Username").fill("operator")
            page.get_by_label("Password").fill("operator")
            page.get_by_role("button", name="Log in").click()
            for name, path in pages.items():
                page.goto(path)
                _is_not_wider(page.evaluate("document.documentElement.scrollWidth"), viewport, name)
                page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=True)
                page.evaluate(SCROLL)
                taken[name, width] = page.screenshot()
    return [taken[one] for one in SHOWN]


def _is_not_wider(found: int, viewport: dict[str, int], name: str) -> None:
    assert found <= viewport["width"], f"{name} is {found} pixels wide"
