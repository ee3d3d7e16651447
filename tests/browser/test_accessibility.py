"""Every page by axe-core, in both themes and at both sizes; and what a thumb can hit."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.business.urls import urlpatterns as business
from apps.rider.urls import urlpatterns as rider
from tests.browser.chromium import DESKTOP, PHONE, ROOT, visiting
from tests.browser.people import RIDER, sign_in
from tests.faults.conftest import Platform

AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text
# Those of one thing are made by `things`; one that is in none of the lists fails the first test here.
PAGES = (
    "/business/figures", "/business/figures/rows", "/business/figures/visits", "/business/deals",
    "/business/figures/funnel", "/business/figures/check-ins", "/business/figures/again",
    "/business/figures/refusals",
    "/business/deals/new", "/business/guests", "/business/team", "/business/invoices", "/business/keys",
    "/business/webhooks", "/business/wallet", "/business/scan", "/business/more", "/business/offline",
    "/business/inbox",
    "/business/outlets", "/business/outlets/new", "/business/deals/<uuid:campaign_id>",
    "/business/deals/<uuid:campaign_id>/edit", "/business/deals/<uuid:campaign_id>/revisions",
    "/business/outlets/<uuid:outlet_id>", "/business/webhooks/<uuid:endpoint_id>",
    "/business/figures/visits/<uuid:handshake_id>", "/business/deals/<uuid:campaign_id>/boost",
    "/business/wallet/low",
)  # fmt: skip
RIDERS = (
    "/app/tickets", "/app/me", "/app/offline", "/app/wallet", "/app/withdraw", "/app/missions",
    "/app/inbox", "/app/strikes", "/app/privacy", "/app/rides", "/app/notifications", "/app/check-in",
    "/app/travel", "/app/travel/new", "/app/tickets/<uuid:booking_id>", "/app/rides/new",
    "/app/rides/<uuid:journey_id>", "/app/rides/<uuid:journey_id>/complain",
    "/app/complaints/<uuid:issue_id>", "/app/travel/<uuid:journey_id>",
)  # fmt: skip
# Pages that the tests come to by another way: signing in, without a post, the map.
PASSED = {
    "/business/sign-in",
    "/business/join",
    "/app/sign-in",
    "/app/",
    "/app/deals/<uuid:campaign_id>",
}
# Parts of pages, files, and what only sends the browser on; the last part of the path says which.
NO_PAGES = {
    "lines", "state", "events", "balance", "messages", "code", "now", "preview", "stops",
    "<uuid:top_up_id>", "app.webmanifest", "service-worker.js",
    "sign-out", "language", "add", "cancel", "act", "choose", "terms", "confirm", "track", "status", "rate",
    "pay", "paid", "board", "dismiss", "withdraw", "<str:act>", "<str:answer>", "<uuid:staff_id>",
    "<uuid:key_id>", "<uuid:document_id>", "file", "take-back",
}  # fmt: skip
NO_PAGES_WHOLE = {"/business/", "/app/deals"}
NEWCOMER = "+12025550118"
# WCAG 2.2 asks for 24; a thumb at a counter wants more. A tick and a pill are as large as their
# labels, an hour of a week as large as a phone allows.
SMALLEST_PX = 44
SMALL = """(least) => [...document.querySelectorAll('a, button, input, select')]
  .filter((one) => one.checkVisibility() && one.type !== 'hidden')
  .filter((one) => !one.matches(':is(.tick, .pill, .week) input, .skip'))
  .filter((one) => { const box = one.getBoundingClientRect(); return box.height < least || box.width < least; })
  .map((one) => one.outerHTML.slice(0, 120))"""


# How much of a page moved by itself while it came, as layout-shift counts it; beyond a tenth it jumps.
MOST_SHIFT = 0.1
SHIFT = """() => new Promise((done) => {
  let sum = 0;
  const add = (list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; };
  new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(sum), 0));
})"""


def findings(page: Page) -> list[str]:
    page.evaluate(AXE())
    found: dict[str, Any] = page.evaluate("axe.run()")  # Any: axe's own shape
    return [
        f"{page.url}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found["violations"]
    ]


@pytest.fixture(scope="module")
def things(platform: Platform) -> dict[str, str]:
    """One of each thing that has a page of its own: the paths by their patterns."""
    said = platform.manage("shell", "-c", "from tests.browser.things import make; make()")
    found: dict[str, str] = json.loads(said.strip().splitlines()[-1])
    return found


def test_every_page_is_looked_at() -> None:
    paths = {
        f"{prefix}{pattern.pattern}"
        for prefix, patterns in (("/business/", business), ("/app/", rider))
        for pattern in patterns
    }
    looked_at = {*PAGES, *RIDERS, *PASSED}
    others = {path for path in paths - looked_at if path.rpartition("/")[2] in NO_PAGES}

    assert paths - looked_at - others == NO_PAGES_WHOLE
    assert looked_at - paths == set()


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"]
)
def test_no_page_shuts_anybody_out(
    browser: Browser,
    platform: Platform,
    things: dict[str, str],
    size: dict[str, int],
    theme: str,
) -> None:
    wrong: list[str] = []

    with visiting(browser, platform.url, viewport=size, color_scheme=theme) as visit:
        page = visit.page
        page.goto("/business/sign-in")
        wrong += findings(page) + page.evaluate(SMALL, SMALLEST_PX)
        sign_in(page)
        wrong += walk(page, tuple(things.get(path, path) for path in PAGES))
    if size == PHONE:
        with visiting(browser, platform.url, viewport=size, color_scheme=theme) as visit:
            sign_in(visit.page, NEWCOMER, to="/business/join")
            wrong += walk(visit.page, ("/business/join",))

    assert wrong == []


def walk(page: Page, paths: tuple[str, ...]) -> list[str]:
    wrong: list[str] = []
    for path in paths:
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        wrong += findings(page) + page.evaluate(SMALL, SMALLEST_PX)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate(SHIFT) < MOST_SHIFT, path
    return wrong


# Those whose parts stand differently where there is more room.
WIDE = ("/app/wallet", "/app/missions", "/app/travel/<uuid:journey_id>", "/app/rides/new")


@pytest.mark.parametrize(
    ("size", "theme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
def test_no_page_of_the_riders_shuts_anybody_out(
    browser: Browser,
    platform: Platform,
    things: dict[str, str],
    size: dict[str, int],
    theme: str,
) -> None:
    with visiting(browser, platform.url, viewport=size, color_scheme=theme) as visit:
        page = visit.page
        page.goto("/app/sign-in")
        wrong = findings(page) + page.evaluate(SMALL, SMALLEST_PX)
        sign_in(page, RIDER, to="/app/me")
        wanted = RIDERS if size == PHONE else WIDE
        wrong += walk(page, tuple(things.get(path, path) for path in wanted))
        page.goto("/app/?zone=MNP")
        deal = page.locator("a.deal").first
        path = deal.get_attribute("href") or ""
        if size == PHONE:
            page.get_by_role("button", name="Map").click()
        expect(page.locator("#map .pin").first).to_be_visible()
        wrong += findings(page)
        assert page.evaluate(SHIFT) < MOST_SHIFT, page.url
        wrong += walk(page, (path,))

    assert wrong == []
