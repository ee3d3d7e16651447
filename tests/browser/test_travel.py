"""A rider buys metro tickets in the browser: two stops, a fare, the checkout, and codes as their company gave them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import visiting
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from tests.sandbox.pretended_ondc import NetworkProcess


@pytest.fixture
def unused(network: NetworkProcess) -> Iterator[NetworkProcess]:
    """The network, whose travellers do not pass a gate while somebody looks at their tickets."""
    network.order("reset")
    network.order("pace", seconds=60)
    yield network
    network.order("pace", seconds=0.4)


def test_two_stops_become_two_tickets_that_work_without_a_network_and_go_back(
    browser: Browser, platform: Platform, unused: NetworkProcess
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page, demo_city.rider_phone(5), to="/app/travel")
        page.get_by_role("link", name="Metro", exact=True).click()
        page.get_by_role("searchbox").fill("ro")
        page.get_by_role("link", name=re.compile("MG Road")).click()
        page.get_by_role("button", name=re.compile("Indiranagar")).click()
        expect(page).to_have_url(re.compile(r"/app/travel/[0-9a-f-]{36}$"))
        journey = page.url.rpartition("/")[2]
        page.get_by_label("How many").fill("2")
        page.get_by_role("button", name="Choose").click()
        page.get_by_role("button", name=re.compile("^Pay ₹")).click()
        expect(page.get_by_text("A pretended checkout")).to_be_visible()
        page.get_by_role("button", name=re.compile("^Pay ₹")).click()

        codes = page.locator(".network svg[data-text]")
        expect(codes).to_have_count(2)
        theirs: Any = unused.ask("orders")["sellers"]["tickets"][journey]  # Any: JSON
        shown = [codes.nth(number).get_attribute("data-text") for number in range(2)]
        assert shown == theirs["tokens"]

        page.evaluate("navigator.serviceWorker.ready")
        page.goto(page.url.partition("?")[0])
        expect(codes).to_have_count(2)
        visit.context.set_offline(True)
        page.reload()
        expect(codes).to_have_count(2)
        visit.context.set_offline(False)
        visit.complaints[:] = [one for one in visit.complaints if "DISCONNECTED" not in one]

        page.reload()
        page.get_by_text("Give the tickets back").click()
        page.get_by_role("button", name="See what giving back costs").click()
        page.get_by_role("button", name=re.compile("^Give them back for")).click()
        expect(
            page.get_by_role("status").filter(has_text="account that you paid from")
        ).to_be_visible()
