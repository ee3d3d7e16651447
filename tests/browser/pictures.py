"""The pictures of the documentation, taken of the running demo city: `make screenshots`."""

import io
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from apps.handshake.management import demo_city
from tests.browser.chromium import PATIENCE_MS, PHONE, ROOT, launch, visiting
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

RIDERS = ROOT / "docs" / "rider-app.png"
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
        firebase = SandboxProcess(place)
        platform = Platform(place / "platform", more=firebase.settings)
        try:
            for command in (("migrate", "--no-input"), ("grant",), ("seed_demo",)):
                platform.manage(*command)
            platform.web.start()
            expect.set_options(timeout=PATIENCE_MS)
            with sync_playwright() as playwright:
                browser = launch(playwright)
                side_by_side(of_the_rider(browser, platform), RIDERS)
                browser.close()
        finally:
            platform.stop()
            firebase.stop()
