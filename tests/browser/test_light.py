"""How soon a page is there to read: beside an empty page of the same server, in the same browser."""

from playwright.sync_api import Browser, Page

from apps.handshake.management import demo_city
from tests.browser.chromium import visiting
from tests.browser.people import sign_in
from tests.faults.conftest import Platform

PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const one = list.getEntriesByName('first-contentful-paint')[0];
  if (one) done(one.startTime);
}).observe({ type: 'paint', buffered: true }))"""
EMPTY = "/app/offline?empty"
# The best of a few: whatever else the machine does makes single ones slower.
TIMES = 7
# A phone's first look at a page may take so many times an empty page's.
MOST = 5.0
# On a cheap phone that was never here: nothing is kept, and each step takes four times as long.
SLOWER, COLD_TIMES = 4, 4


def paint_ms(page: Page, path: str, tries: int) -> float:
    """Return the soonest first paint of a page."""
    found: list[float] = []
    for _ in range(tries):
        page.goto(path)
        found.append(float(page.evaluate(PAINT)))
    return min(found)


def times_of_empty(page: Page, *, tries: int) -> dict[str, float]:
    """Return the first paints of a rider's pages as multiples of an empty page's."""
    page.route(
        f"**{EMPTY}",
        lambda route: route.fulfill(
            body="<!doctype html><title>x</title><p>x", content_type="text/html"
        ),
    )
    sign_in(page, demo_city.rider_phone(6), to="/app/?zone=MNP")
    deal = page.locator("a.deal").first.get_attribute("href") or ""
    empty_ms = paint_ms(page, EMPTY, tries)
    return {
        path: paint_ms(page, path, tries) / empty_ms
        for path in (deal, "/app/tickets", "/app/wallet")
    }


def test_a_deal_is_painted_within_a_few_times_of_an_empty_page(
    browser: Browser, platform: Platform
) -> None:
    with visiting(browser, platform.url) as visit:
        times = times_of_empty(visit.page, tries=TIMES)

    assert max(times.values()) <= MOST, times


def test_so_it_is_on_a_slow_phone_that_was_never_here(browser: Browser, platform: Platform) -> None:
    with visiting(browser, platform.url, service_workers="block") as visit:
        chromium = visit.context.new_cdp_session(visit.page)
        chromium.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        chromium.send("Network.setCacheDisabled", {"cacheDisabled": True})
        times = times_of_empty(visit.page, tries=COLD_TIMES)
        loaded = visit.page.evaluate(
            "performance.getEntriesByType('resource').filter((one) => one.name.includes('/static/web/')"
            " && one.transferSize === 0).length"
        )

    assert loaded == 0, "nothing came from what was kept"
    assert max(times.values()) <= MOST, times
