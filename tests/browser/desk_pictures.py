"""The console as pictures: a wide and a narrow one of each page, and a sheet of them for the documentation."""

import json
from base64 import b32decode
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from apps.handshake.management import demo_city
from tests.browser.chromium import DESKTOP, PHONE, ROOT, visiting
from tests.e2e.riding import search
from tests.e2e.test_stranger import App
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

# Every page, for whoever looks at them.
FOLDER = ROOT / ".local" / "console"
MADE = "from tests.browser.desk import make; make()"
# Both as high as a phone, to stand beside each other.
WIDTHS = {"wide": DESKTOP | {"height": PHONE["height"]}, "narrow": PHONE}
SHOWN = (("home", "wide"), ("adjustments", "narrow"), ("appeals", "narrow"), ("journey", "narrow"))
SHEET = (
    "set-up", "home", "search", "revealed", "void", "payout", "adjust", "appeals", "case", "export",
)  # fmt: skip
ACROSS, SCALE, GAP, GROUND, COLOURS = 2, 0.5, 16, (228, 231, 226), 64
# Where a page has what is worth seeing further down.
SCROLL = "document.querySelector('.field-messages')?.scrollIntoView()"
BECAUSE = "The guest asks to be called back, ticket 4711"
Pictures = dict[tuple[str, str], bytes]


def of_the_desk(
    browser: Browser, platform: Platform, firebase: SandboxProcess, sheet: Path
) -> list[bytes]:
    """Let a rider go somewhere and a day pass at the desk; write the sheet, return the other pages' pictures."""
    rider = App(platform, firebase, "phone-of-who-is-pictured")
    rider.sign_in(demo_city.rider_phone(1))
    ride = search(rider)
    ride.confirmed()
    ride.order("RIDE_ENDED")
    said = platform.manage("shell", "-c", MADE)
    pages = json.loads(said.strip().splitlines()[-1])
    pages["journey"] = f"/admin/ondc/transaction/{ride.id}/change/"
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken: Pictures = {}
    with visiting(browser, platform.url, viewport=WIDTHS["wide"]) as visit:
        page = visit.page

        def take(name: str) -> None:
            for width, viewport in WIDTHS.items():
                page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
                _is_not_wider(page, viewport["width"], name)
                page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=True)
                page.evaluate(SCROLL)
                taken[name, width] = page.screenshot()
            page.set_viewport_size({"width": DESKTOP["width"], "height": DESKTOP["height"]})

        _enter(page, take)
        for name, path in pages.items():
            page.goto(path)
            take(name)
        _act(page, pages, take)
    _write(taken, sheet)
    return [taken[one] for one in SHOWN]


def _enter(page: Page, take: Callable[[str], None]) -> None:
    """Sign in for the first time, and again."""
    _give_password(page)
    key = page.locator(".help code").inner_text().replace(" ", "")
    take("set-up")
    page.get_by_role("textbox", name="Code").fill(_code_of(key))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Each of these opens the console")).to_be_visible()
    take("codes")
    recovery = page.locator(".codes code").first.inner_text()
    page.get_by_role("button", name="Sign out").click()
    _give_password(page)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    take("second-step")
    page.get_by_role("textbox", name="Code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="The last 24 hours")).to_be_visible()


def _give_password(page: Page) -> None:
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill("operator")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("textbox", name="Code").wait_for()


def _code_of(key: str) -> str:
    """Return what an authenticator shows that was given this key."""
    device = TOTPDevice(key=b32decode(key + "=" * (-len(key) % 8)).hex())
    return f"{totp(device.bin_key):06d}"


def _act(page: Page, pages: dict[str, str], take: Callable[[str], None]) -> None:
    """Search, look at a number, and be about to void."""
    page.goto(pages["home"])
    page.get_by_role("searchbox", name="Search").fill("Coffee")
    page.keyboard.press("Enter")
    expect(page.get_by_text("go by")).to_be_visible()
    take("search")
    page.get_by_role("searchbox", name="Search").fill("nobody of this name")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing goes by")).to_be_visible()
    take("nothing")
    page.goto(pages["rider"])
    page.get_by_role("button", name="Show the whole phone number").click()
    take("reveal")
    page.get_by_label("Reason").fill(BECAUSE)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("shown once")).to_be_visible()
    take("revealed")
    page.goto(pages["booking"])
    page.get_by_role("button", name="Void").click()
    page.get_by_label("Reason").fill("The shop's kitchen is closed today; the owner called.")
    take("void")


def _write(taken: Pictures, path: Path) -> None:
    """Write each page of the sheet, wide and narrow side by side, in rows."""
    shown = [[_smaller(taken[name, width]) for width in WIDTHS] for name in SHEET]
    wide, narrow = shown[0]
    width, height = wide.width + narrow.width + 2 * GAP, wide.height + GAP
    whole = Image.new(
        "RGB", (ACROSS * width + GAP, -(-len(SHEET) // ACROSS) * height + GAP), GROUND
    )
    for number, pair in enumerate(shown):
        down, across = divmod(number, ACROSS)
        _paste(whole, pair, left=GAP + across * width, top=GAP + down * height)
    whole.quantize(COLOURS).save(path, optimize=True)


def _smaller(picture: bytes) -> Image.Image:
    whole = Image.open(BytesIO(picture)).convert("RGB")
    return whole.resize(
        (int(whole.width * SCALE), int(whole.height * SCALE)), Image.Resampling.LANCZOS
    )


def _paste(whole: Image.Image, pair: Sequence[Image.Image], *, left: int, top: int) -> None:
    for one in pair:
        whole.paste(one, (left, top))
        left += one.width + GAP // 2


def _is_not_wider(page: Page, most: int, name: str) -> None:
    found = page.evaluate("document.documentElement.scrollWidth")
    assert found <= most, f"{name} is {found} pixels wide"
