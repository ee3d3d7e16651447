"""A server that refuses or is away: what was asked for is asked for again, and what is shown stays."""

import requests
from playwright.sync_api import Browser, Page, Route, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import visiting
from tests.browser.guests import TIMEOUT_S, book
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

RIDER = demo_city.rider_phone(7)


def proxy(route: Route) -> None:
    """Answer as the proxy does while a server is exchanged."""
    route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")


def limit(route: Route) -> None:
    """Answer as a page does to somebody who asks for its part too often."""
    said = '<div class="note bad" role="alert" data-refusal><p>At most 6000 requests.</p></div>'
    headers = {"X-Fragment": "refusal", "Retry-After": "1", "Content-Type": "text/html"}
    route.fulfill(status=429, headers=headers, body=said)


def held(page: Page, waiting: list[Route]) -> Route:
    """Return the request that waits for its answer, as soon as there is one."""
    while not waiting:
        page.wait_for_timeout(20)
    return waiting.pop()


def test_a_list_that_did_not_come_says_so_and_is_asked_for_again(
    browser: Browser, platform: Platform
) -> None:
    with visiting(browser, platform.url, service_workers="block") as visit:
        page = visit.page
        waiting: list[Route] = []

        def hold(route: Route) -> None:
            waiting.append(route)

        sign_in(page, RIDER, to="/app/?zone=MNP")
        page.route("**/app/deals?**", hold)
        said, found = page.locator("#unreached"), page.locator("#found")
        deals = found.locator("a.deal")
        shown = deals.count()
        assert shown > 0

        page.get_by_label("Kind of place").select_option("cafe")
        expect(found).to_have_attribute("aria-busy", "true")
        expect(page.locator(".bones").first).to_be_visible()
        proxy(held(page, waiting))

        expect(said).to_contain_text("the fault is ours")
        expect(found).not_to_have_attribute("aria-busy", "true")
        expect(deals).to_have_count(shown)
        said.get_by_role("button", name="Try again").click()
        expect(said).not_to_be_visible()
        limit(held(page, waiting))

        expect(found.get_by_role("alert")).to_contain_text("At most 6000 requests.")
        expect(deals).to_have_count(shown)
        page.unroute("**/app/deals?**")
        page.get_by_label("Kind of place").select_option("bakery")
        expect(deals).not_to_have_count(shown)
        expect(found.get_by_role("alert")).not_to_be_visible()
        visit.complaints[:] = [one for one in visit.complaints if "/app/deals" not in one]


def test_a_ticket_whose_news_are_refused_keeps_its_code_until_they_come(
    browser: Browser, platform: Platform, firebase: SandboxProcess, shop_id: str
) -> None:
    guest = book(platform, firebase, RIDER, merchant_id=shop_id)

    with visiting(browser, platform.url, service_workers="block") as visit:
        page = visit.page
        sign_in(page, RIDER, to=f"/app/tickets/{guest.ride['id']}")
        expect(page.locator("#qr")).to_have_attribute("data-text", guest.code())
        page.route("**/state", limit)
        requests.post(
            f"{platform.url}/api/rides/{guest.ride['id']}/cancel",
            json={},
            headers=guest.headers,
            timeout=TIMEOUT_S,
        ).raise_for_status()

        expect(page.get_by_text("Not up to date")).to_be_visible()
        expect(page.locator("#qr")).to_be_visible()
        page.unroute("**/state")

        expect(page.locator("#ticket")).to_have_attribute("data-state", "CANCELLED")
        expect(page.get_by_text("Not up to date")).not_to_be_visible()
        visit.complaints[:] = [one for one in visit.complaints if "/state" not in one]


def test_a_page_for_a_busy_server_is_the_kept_one_and_says_so(
    browser: Browser, platform: Platform, firebase: SandboxProcess, shop_id: str
) -> None:
    guest = book(platform, firebase, demo_city.rider_phone(11), merchant_id=shop_id)
    busy, away = "The server is busy", "No network"

    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page, demo_city.rider_phone(11), to=f"/app/tickets/{guest.ride['id']}")
        page.evaluate("navigator.serviceWorker.ready")
        page.reload()
        expect(page.locator("#qr")).to_have_attribute("data-text", guest.code())
        expect(page.get_by_text(busy)).not_to_be_visible()

        visit.context.route("**/app/**", lambda route: route.fulfill(
            status=503, content_type="text/html", body="<h1>503 Service Unavailable</h1>"
        ))  # fmt: skip
        page.reload()
        expect(page.locator("#ticket")).to_contain_text("Laterite Coffee Room")
        expect(page.get_by_role("status").filter(has_text=busy)).to_be_visible()

        page.goto("/app/wallet")
        expect(page.get_by_role("heading", name=busy)).to_be_visible()
        expect(page.get_by_text(away)).to_have_count(2)
        for said in page.get_by_text(away).all():
            expect(said).not_to_be_visible()

        # What our own server says about itself is shown as it is.
        visit.context.unroute("**/app/**")
        visit.context.route("**/app/wallet", lambda route: route.fulfill(
            status=503, headers={"X-Request-ID": "ours"}, content_type="text/html", body="<p>Ours"
        ))  # fmt: skip
        page.reload()
        expect(page.get_by_text("Ours")).to_be_visible()

        visit.context.unroute("**/app/wallet")
        page.reload()
        expect(page.get_by_role("heading", name="Wallet")).to_be_visible()
        expect(page.get_by_text(busy)).not_to_be_visible()
        visit.complaints[:] = [one for one in visit.complaints if "503" not in one]
