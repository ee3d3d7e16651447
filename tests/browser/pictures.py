"""The pictures of the documentation, taken of the running demo city: `make screenshots`."""

import io
import json
import re
import tempfile
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from apps.handshake.management import demo_city
from apps.ondc import signing
from tests.browser.chromium import PATIENCE_MS, PHONE, ROOT, launch, visiting
from tests.browser.desk_pictures import of_the_desk
from tests.browser.guests import TIMEOUT_S, book, entered, film
from tests.browser.people import OWNER, sign_in
from tests.e2e.conftest import PACE_S
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess
from tests.sandbox.pretended_ondc import NetworkProcess, buyer_settings
from uma.stack import ports

RIDERS, BUSINESS = ROOT / "docs" / "rider-app.png", ROOT / "docs" / "business-app.png"
CONSOLE, SHEET = ROOT / "docs" / "console.png", ROOT / "docs" / "console-pages.png"
MADE = "from tests.browser.things import make; make()"
VISITS = 7
GAP, GROUND = 24, (228, 231, 226)
SHOP = "Laterite Coffee Room"


def of_the_rider(browser: Browser, platform: Platform) -> list[bytes]:
    """Return the map, a deal, its ticket and missions, as a phone shows them."""
    taken: list[bytes] = []
    with visiting(browser, platform.url, viewport=PHONE) as visit:
        page = visit.page
        sign_in(page, demo_city.rider_phone(1), to="/app/?zone=MNP")
        page.get_by_role("button", name="Map").click()
        expect(page.locator("#map .pin").first).to_be_visible()
        taken.append(page.screenshot())
        page.goto("/app/?zone=MNP&category=cafe")
        page.locator("a.deal", has_text=SHOP).click()
        expect(page.get_by_role("heading", name=SHOP)).to_be_visible()
        taken.append(page.screenshot())
        page.get_by_role("button", name="Book").click()
        expect(page.locator("#qr")).to_have_attribute("data-text", re.compile("^UMA1"))
        taken.append(page.screenshot())
    with visiting(browser, platform.url, viewport=PHONE, color_scheme="dark") as visit:
        sign_in(visit.page, demo_city.rider_phone(2), to="/app/missions")
        taken.append(visit.page.screenshot())
    things = json.loads(platform.manage("shell", "-c", MADE).strip().splitlines()[-1])
    with visiting(browser, platform.url, viewport=PHONE) as visit:
        sign_in(visit.page, demo_city.rider_phone(1), to="/app/travel")
        visit.page.goto(things["/app/travel/<uuid:journey_id>"])
        taken.append(visit.page.screenshot())
    return taken


def of_the_business(
    playwright: Playwright, platform: Platform, firebase: SandboxProcess, folder: Path
) -> list[bytes]:
    """Return the figures, a deal being written, what a scan says, and the wallet in the dark, in Kannada."""
    owner = entered(platform, firebase, OWNER, role="merchant")
    profile = requests.get(
        f"{platform.url}/api/merchant/profile", headers=owner, timeout=TIMEOUT_S
    ).json()
    guests = [
        book(platform, firebase, demo_city.rider_phone(4 + number), merchant_id=profile["id"])
        for number in range(VISITS)
    ]
    for number, guest in enumerate(guests[1:]):
        scan = {"qrData": guest.code(), "billAmount": 180 + 35 * number}
        done = requests.post(
            f"{platform.url}/api/handshake/execute", json=scan, headers=owner, timeout=TIMEOUT_S
        )
        assert done.status_code == 200, done.text
    taken: list[bytes] = []
    browser = launch(playwright, film=film(guests[0].code(), folder))
    with visiting(browser, platform.url, viewport=PHONE, permissions=["camera"]) as visit:
        page = visit.page
        sign_in(page, to="/business/scan")
        expect(page.get_by_role("dialog")).to_contain_text("Apply")
        verdict = page.screenshot()
        page.goto("/business/figures?margin=60")
        taken.append(page.screenshot())
        page.goto("/business/deals")
        page.get_by_role("link", name=re.compile("Free ride and 10% off")).click()
        expect(page.locator("#preview h2")).to_be_visible()
        taken += [page.screenshot(), verdict]
    with visiting(browser, platform.url, viewport=PHONE, color_scheme="dark") as visit:
        page = visit.page
        sign_in(page)
        page.goto("/business/more")
        page.locator("#language").select_option("kn")
        expect(page.locator("html[lang=kn]")).to_be_visible()
        page.goto("/business/wallet")
        taken.append(page.screenshot())
    browser.close()
    return taken


def side_by_side(pictures: list[bytes], path: Path) -> None:
    """Write pictures of one height as one."""
    shown = [Image.open(io.BytesIO(one)).convert("RGB") for one in pictures]
    width = sum(one.width + GAP for one in shown) + GAP
    whole = Image.new("RGB", (width, shown[0].height + 2 * GAP), GROUND)
    left = GAP
    for one in shown:
        whole.paste(one, (left, GAP))
        left += one.width + GAP
    whole.quantize(128).save(path, optimize=True)


def main() -> None:
    """Bring a platform up, walk through it, and write what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        firebase, keys, port = SandboxProcess(place), signing.new_keys(), ports.any_free()
        network = NetworkProcess(keys=keys, pace_s=PACE_S)
        on_the_network = buyer_settings(network, keys=keys, web_port=port)
        more = {**firebase.settings, **on_the_network, "UMA_OPERATOR_TWO_FACTOR": "1"}
        platform = Platform(place / "platform", more=more, port=port)
        try:
            for command in (("migrate", "--no-input"), ("grant",), ("seed_demo",)):
                platform.manage(*command)
            platform.web.start()
            platform.worker.start()
            expect.set_options(timeout=PATIENCE_MS)
            with sync_playwright() as playwright:
                browser = launch(playwright)
                side_by_side(of_the_rider(browser, platform), RIDERS)
                side_by_side(of_the_desk(browser, platform, firebase, SHEET), CONSOLE)
                browser.close()
                side_by_side(of_the_business(playwright, platform, firebase, place), BUSINESS)
        finally:
            platform.stop()
            firebase.stop()
            network.stop()
