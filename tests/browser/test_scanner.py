"""The counter: a camera that sees a guest's code, and one screen that says what to do."""

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import DESKTOP, PHONE, visiting
from tests.browser.conftest import Counter
from tests.browser.guests import FEEL, TIMEOUT_S, book, entered
from tests.browser.people import OWNER
from tests.browser.test_accessibility import findings
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from uma.kernel.templatetags.web import rupees

SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
# A code lives for thirty seconds at the most; a machine that starts a browser more slowly is shown
# the code of the moment again, as a guest would show it.
TRIES = 4


def verdict(page: Page) -> Any:  # Any: Playwright's locator
    return page.get_by_role("dialog")


# The guest's phone is not before the camera yet: the camera starts when somebody says so.
HELD_BACK = """
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (...wishes) =>
    new Promise((done) => addEventListener('held-up', done, { once: true })).then(() => ask(...wishes));
"""


def key_in(page: Page, amount: str) -> list[str]:
    """Key in a bill with the pad's own keys; return what axe finds on it."""
    page.get_by_role("button", name="Bill amount (optional)").click()
    for key in amount:
        verdict(page).get_by_role("button", name=key, exact=True).click()
    expect(page.get_by_label("The guest's bill").get_by_role("textbox")).to_have_value(amount)
    wrong = findings(page)
    verdict(page).get_by_role("button", name="Take this bill").click()
    return wrong


def bills(platform: Platform, firebase: SandboxProcess) -> int | float:
    """Return the rupees of bills that the shop's figures count today."""
    answer = requests.get(
        f"{platform.url}/api/analytics?timeframe=day",
        headers=entered(platform, firebase, OWNER, role="merchant"),
        timeout=TIMEOUT_S,
    )
    found: int | float = answer.json()["bills"]
    return found


def test_a_guests_code_before_the_camera_is_a_visit(
    platform: Platform, firebase: SandboxProcess, counter: Counter, shop_id: str
) -> None:
    guest = book(platform, firebase, "+919000077001", merchant_id=shop_id)
    said, wrong = "", []

    for _ in range(TRIES):
        with counter(guest.code()) as visit:
            visit.page.goto("/business/scan")
            expect(verdict(visit.page)).to_be_visible()
            said, wrong = verdict(visit.page).inner_text(), findings(visit.page)
            visit.complaints[:] = [one for one in visit.complaints if "410" not in one]
        if "old picture" not in said:
            break

    assert re.search(r"Apply \d+ %", said), said
    assert wrong == [], "everybody can read what to do"
    assert re.search(r"Guest\s+New here", said)
    assert re.search(r"You pay\s+₹[\d.]+", said)
    assert guest.status() == "completed"


@SIZES
def test_an_old_picture_of_a_code_is_refused_kindly(
    platform: Platform,
    firebase: SandboxProcess,
    counter: Counter,
    shop_id: str,
    size: dict[str, int],
) -> None:
    guest = book(platform, firebase, f"+9190001{size['width']:05}", merchant_id=shop_id)

    with counter(guest.code(seconds_ago=90), viewport=size) as visit:
        visit.page.goto("/business/scan")

        expect(verdict(visit.page)).to_contain_text("Ask the guest to open it anew")
        verdict(visit.page).get_by_role("button", name="Next guest").click()
        expect(verdict(visit.page)).not_to_be_visible()
        # The console tells of the answer of 410.
        visit.complaints[:] = [one for one in visit.complaints if "410" not in one]

    assert guest.status() == "pending_scan"


@SIZES
def test_what_is_scanned_without_a_network_is_settled_when_it_is_back(
    platform: Platform,
    firebase: SandboxProcess,
    counter: Counter,
    shop_id: str,
    size: dict[str, int],
) -> None:
    guest = book(platform, firebase, f"+9190002{size['width']:05}", merchant_id=shop_id)
    before = bills(platform, firebase)
    offline = ""

    for _ in range(TRIES):
        with counter(guest.code(), viewport=size) as visit:
            page = visit.page
            page.goto("/business/more")
            page.evaluate("navigator.serviceWorker.ready")
            page.add_init_script(HELD_BACK + FEEL)
            # The page was here before, with a network.
            page.goto("/business/scan")
            page.add_init_script(FEEL)
            visit.context.set_offline(True)
            page.goto("/business/wallet")
            expect(page.get_by_role("heading", name="No network")).to_be_visible()
            page.get_by_role("link", name="Scan").click()
            key_in(page, "349.5")
            page.evaluate("dispatchEvent(new Event('held-up'))")
            expect(verdict(page)).to_be_visible()
            offline = verdict(page).inner_text()
            assert page.evaluate("[heard, felt]") == [[560, 560], [[80, 40, 80]]]
            verdict(page).get_by_role("button", name="Next guest").click()
            expect(page.get_by_text("1 waiting for the network")).to_be_visible()
            visit.context.set_offline(False)
            expect(page.locator("#settled")).to_contain_text(re.compile(r"Apply \d+ %|old picture"))
            expect(page.get_by_text("waiting for the network")).not_to_be_visible()
            visit.complaints[:] = [
                one for one in visit.complaints if not re.search("DISCONNECTED|410", one)
            ]
        if guest.status() == "completed":
            break

    assert "Kept" in offline
    assert re.search(r"Bill\s+₹349\.50", offline), offline
    assert guest.status() == "completed"
    assert bills(platform, firebase) == before + 349.5, "the bill waited with its scan"


def test_six_spoken_digits_do_as_well_and_a_bill_goes_with_them(
    platform: Platform,
    firebase: SandboxProcess,
    browser: Browser,
    signed: dict[str, Any],
    shop_id: str,
) -> None:
    guest = book(platform, firebase, "+919000077004", merchant_id=shop_id)
    before = bills(platform, firebase)

    with visiting(browser, platform.url, storage_state=signed) as visit:
        page = visit.page
        page.goto("/business/scan")
        expect(page.get_by_text("There is no camera here")).to_be_visible()
        page.get_by_label("Or the six digits").fill("12")
        page.get_by_role("button", name="Check in").click()
        expect(page.get_by_text("Write all six digits.")).to_be_visible()
        assert key_in(page, "405.05") == [], "everybody can key in a bill"
        expect(page.get_by_role("button", name="Bill: ₹405.05")).to_be_visible()
        page.get_by_label("Or the six digits").fill(guest.digits())
        page.get_by_role("button", name="Check in").click()

        expect(verdict(page)).to_contain_text(re.compile(r"Apply \d+ %"))
        said = verdict(page).inner_text()
        verdict(page).get_by_role("button", name="Next guest").click()
        expect(page.get_by_role("button", name="Bill amount (optional)")).to_be_visible()

    assert guest.status() == "completed"
    assert bills(platform, firebase) == before + 405.05
    percent = int(re.findall(r"Apply (\d+) %", said)[0])
    off = (405_05 * percent + 50) // 100
    for name, paise in (("Off the bill", off), ("Guest pays", 405_05 - off)):
        assert re.search(rf"{name}\s+{re.escape(rupees(paise))}\n", said), said


def test_a_guest_without_a_deal_is_checked_in(
    platform: Platform, firebase: SandboxProcess, counter: Counter
) -> None:
    headers = entered(platform, firebase, "+919000077005", role="rider")
    said = ""

    for _ in range(TRIES):
        answer = requests.get(
            f"{platform.url}/api/user/check-in-code", headers=headers, timeout=TIMEOUT_S
        )
        with counter(answer.json()["code"]) as visit:
            visit.page.goto("/business/scan")
            outlet = visit.page.locator("#outlet")
            if outlet.count():
                outlet.select_option(index=outlet.locator("option").count() - 1)
            expect(verdict(visit.page)).to_be_visible()
            said = verdict(visit.page).inner_text()
            visit.complaints[:] = [one for one in visit.complaints if "410" not in one]
        if "old picture" not in said:
            break

    assert re.search(r"Checked in[\s\S]+New here", said), said
