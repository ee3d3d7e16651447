"""What somebody at the counter hears and feels, where they stand, and whose the scans are that wait."""

import re

from playwright.sync_api import Browser, Page, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import visiting
from tests.browser.guests import FEEL, book, merchant_id
from tests.browser.people import OWNER, sign_in
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

# Every fourth business of the demo city has two outlets.
TWO_OUTLETS = demo_city.owner_phone(4)
# A camera that sees nothing, with a lamp that is in somebody else's use at first.
LAMP = """
window.lit = [];
const canvas = document.createElement('canvas');
const pen = canvas.getContext('2d');
setInterval(() => pen.fillRect(0, 0, 9, 9), 50);
navigator.mediaDevices.getUserMedia = async () => {
  const stream = canvas.captureStream();
  const [track] = stream.getVideoTracks();
  track.getCapabilities = () => ({ torch: true });
  track.applyConstraints = async (wish) => {
    if (lit.push(wish) === 1) throw new DOMException('The lamp is in use.', 'NotReadableError');
  };
  return stream;
};
"""
WATCH = """
addEventListener('submit', (event) => {
  if (event.target.id === 'digits') window.sent = performance.now();
}, true);
new MutationObserver((seen) => {
  if (seen.some((one) => one.target.open)) window.shown = performance.now();
}).observe(document, { subtree: true, attributeFilter: ['open'] });
"""
# The requests between what was typed and what was shown.
BETWEEN = """performance.getEntriesByType('resource').filter((one) => one.startTime >= sent && one.startTime <= shown)
  .map((one) => new URL(one.name).pathname)"""
# What stands for a scan of now that found no network.
WAITS = """(code) => new Promise((done, failed) => {
  const asked = indexedDB.open('uma-scans', 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore('scans', { keyPath: 'key' });
  asked.onerror = failed;
  asked.onsuccess = () => {
    const at = new Date().toISOString(), key = crypto.randomUUID(), { business } = document.body.dataset;
    const change = asked.result.transaction('scans', 'readwrite');
    change.objectStore('scans').put({ key, at, business, body: { qrData: code, outletId: null, scannedAt: at } });
    change.oncomplete = () => { asked.result.close(); done(); };
  };
})"""


def say(page: Page, digits: str) -> str:
    """Type the digits that a guest said; return what the screen says."""
    page.get_by_label("Or the six digits").fill(digits)
    page.get_by_role("button", name="Check in").click()
    verdict = page.get_by_role("dialog")
    expect(verdict).to_be_visible()
    said = verdict.inner_text()
    verdict.get_by_role("button", name="Next guest").click()
    return said


def test_a_visit_is_settled_at_the_chosen_outlet_in_one_request_and_is_heard_and_felt(
    browser: Browser, platform: Platform, firebase: SandboxProcess
) -> None:
    shop_id = merchant_id(platform, firebase, TWO_OUTLETS)
    guest = book(platform, firebase, "+919000077081", merchant_id=shop_id)
    here = guest.ride["outletId"]

    with visiting(browser, platform.url) as visit:
        page = visit.page
        page.add_init_script(FEEL + LAMP + WATCH)
        sign_in(page, TWO_OUTLETS, to="/business/scan")
        (elsewhere,) = {
            str(one.get_attribute("value")) for one in page.locator("#outlet option").all()
        } - {here}
        page.locator("#outlet").select_option(elsewhere)
        page.reload()
        expect(page.locator("#outlet")).to_have_value(elsewhere)

        torch = page.get_by_role("button", name="Torch")
        torch.click()
        expect(torch).to_have_attribute("aria-pressed", "false")
        torch.click()
        expect(torch).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("lit") == [{"advanced": [{"torch": True}]}] * 2

        assert "No booking has these digits now." in say(page, guest.digits())
        assert guest.status() == "pending_scan"
        assert (page.evaluate("felt"), page.evaluate("heard")) == ([[120, 60, 120]], [220])

        page.locator("#outlet").select_option(here)
        page.evaluate("felt.length = heard.length = 0")
        assert "Verified" in say(page, guest.digits())
        assert guest.status() == "completed"
        assert (page.evaluate("felt"), page.evaluate("heard")) == ([[60]], [880, 1320])
        assert page.evaluate(BETWEEN) == ["/api/handshake/execute"], (
            "and nothing else is waited for"
        )
        visit.complaints[:] = [one for one in visit.complaints if "/execute" not in one]


def test_scans_that_wait_are_settled_by_their_own_business_alone(
    browser: Browser, platform: Platform, firebase: SandboxProcess, shop_id: str
) -> None:
    guest = book(platform, firebase, "+919000077082", merchant_id=shop_id)

    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page, OWNER, to="/business/scan")
        business = page.locator("body").get_attribute("data-business")
        assert business == shop_id
        # Another tab, which stays open without a network while others sign in.
        other = visit.context.new_page()
        other.goto("/business/scan")
        other.evaluate(
            "Object.defineProperty(navigator, 'onLine', { value: false, configurable: true })"
        )
        page.goto("/business/more")
        page.evaluate(WAITS, guest.code())

        leave = page.get_by_role("button", name="Sign out")
        leave.click()
        expect(page.get_by_text("Scans still wait for the network.")).to_be_visible()
        leave.click()
        expect(page).to_have_url(re.compile("/business/sign-in"))
        sign_in(page, TWO_OUTLETS, to="/business/scan")
        other.evaluate("""() => {
          Object.defineProperty(navigator, 'onLine', { value: true });
          dispatchEvent(new Event('online'));
        }""")
        expect(other.locator("body")).not_to_have_attribute("data-business", shop_id)
        expect(other.get_by_text("waiting for the network")).not_to_be_visible()
        assert guest.status() == "pending_scan"

        page.goto("/business/more")
        leave.click()
        expect(page).to_have_url(re.compile("/business/sign-in"))
        sign_in(page, OWNER, to="/business/scan")
        expect(page.locator("#settled")).to_contain_text(re.compile(r"Apply \d+ %"))

    assert guest.status() == "completed"
