"""Every page by axe-core, in both themes and at both sizes; and what a thumb can hit."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import DESKTOP, PHONE, ROOT, visiting
from tests.browser.people import RIDER, sign_in
from tests.faults.conftest import Platform

AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text
PAGES = (
    "/business/figures", "/business/figures/rows", "/business/figures/visits", "/business/deals",
    "/business/deals/new", "/business/guests", "/business/team", "/business/invoices", "/business/keys",
    "/business/webhooks", "/business/wallet", "/business/scan", "/business/more", "/business/offline",
)  # fmt: skip
RIDERS = (
    "/app/tickets", "/app/me", "/app/offline", "/app/wallet", "/app/withdraw", "/app/missions",
    "/app/inbox", "/app/strikes", "/app/privacy", "/app/rides", "/app/notifications",
)  # fmt: skip
# WCAG 2.2 asks for 24; a thumb at a counter wants more. A tick and a pill are as large as their
# labels, an hour of a week as large as a phone allows.
SMALLEST_PX = 44
SMALL = """(least) => [...document.querySelectorAll('a, button, input, select')]
  .filter((one) => one.checkVisibility() && one.type !== 'hidden')
  .filter((one) => !one.matches(':is(.tick, .pill, .week) input, .skip'))
  .filter((one) => { const box = one.getBoundingClientRect(); return box.height < least || box.width < least; })
  .map((one) => one.outerHTML.slice(0, 120))"""


def findings(page: Page) -> list[str]:
    page.evaluate(AXE())
    found: dict[str, Any] = page.evaluate("axe.run()")  # Any: axe's own shape
    return [
        f"{page.url}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found["violations"]
    ]


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"]
)
def test_no_page_shuts_anybody_out(
    browser: Browser, platform: Platform, size: dict[str, int], theme: str
) -> None:
    wrong: list[str] = []

    with visiting(browser, platform.url, viewport=size, color_scheme=theme) as visit:
        page = visit.page
        page.goto("/business/sign-in")
        wrong += findings(page) + page.evaluate(SMALL, SMALLEST_PX)
        sign_in(page)
        wrong += walk(page, PAGES)

    assert wrong == []


def walk(page: Page, paths: tuple[str, ...]) -> list[str]:
    wrong: list[str] = []
    for path in paths:
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        wrong += findings(page) + page.evaluate(SMALL, SMALLEST_PX)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    return wrong


# Those whose parts stand differently where there is more room.
WIDE = ("/app/wallet", "/app/missions")


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
def test_no_page_of_the_riders_shuts_anybody_out(
    browser: Browser, platform: Platform, size: dict[str, int], theme: str
) -> None:
    with visiting(browser, platform.url, viewport=size, color_scheme=theme) as visit:
        page = visit.page
        page.goto("/app/sign-in")
        wrong = findings(page) + page.evaluate(SMALL, SMALLEST_PX)
        sign_in(page, RIDER, to="/app/me")
        wrong += walk(page, RIDERS if size == PHONE else WIDE)
        page.goto("/app/?zone=MNP")
        deal = page.locator("a.deal").first
        path = deal.get_attribute("href") or ""
        if size == PHONE:
            page.get_by_role("button", name="Map").click()
        expect(page.locator("#map .pin").first).to_be_visible()
        wrong += findings(page)
        wrong += walk(page, (path,))

    assert wrong == []
