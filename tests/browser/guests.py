"""Guests with a booking, as their phones behave, and what a camera sees of them."""

import base64
import io
import re
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import qrcode
import requests
from PIL import Image
from playwright.sync_api import Page, expect

from apps.rides import qr
from tests.browser.chromium import Visit
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

TIMEOUT_S = 30
FRAME = (1280, 720)
FRAMES = 5
# A code lives for thirty seconds at the most; a slow machine is shown the next.
TRIES = 4
DRAWN = re.compile(r"^UMA1\.")

# A browser without motor and speaker tells what these were asked for; a page is told once.
FEEL = """
if (!window.heard) {
  window.felt = []; window.heard = [];
  navigator.vibrate = (shake) => felt.push(shake);
  const voices = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    const voice = voices.call(this);
    const { start } = voice;
    voice.start = (...when) => { heard.push(voice.frequency.value); start.call(voice, ...when); };
    return voice;
  };
}
"""


@dataclass(frozen=True)
class Guest:
    """A rider whose phone has a booking and its key."""

    platform: Platform
    headers: dict[str, str]
    ride: dict[str, Any]  # Any: JSON

    @property
    def _key(self) -> bytes:
        text: str = self.ride["qrKey"]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def code(self, *, seconds_ago: int = 0) -> str:
        """Return what the phone shows, or showed."""
        _, kid, ref, *_ = self.ride["qrCode"].split(".")
        step = qr.step_at(datetime.now(UTC)) - seconds_ago // qr.STEP_SECONDS
        return qr.token(key=self._key, kid=kid, ref=ref, step=step)

    def digits(self) -> str:
        return qr.spoken_code(key=self._key, step=qr.step_at(datetime.now(UTC)))

    def status(self) -> str:
        answer = requests.get(
            f"{self.platform.url}/api/rides/{self.ride['id']}",
            headers=self.headers,
            timeout=TIMEOUT_S,
        )
        status: str = answer.json()["status"]
        return status


def entered(
    platform: Platform, firebase: SandboxProcess, phone: str, *, role: str
) -> dict[str, str]:
    """Sign in as an app does; return the headers to speak to the API with."""
    body = {"idToken": firebase.sign_in(phone)["idToken"], "role": role, "platform": "android"}
    signed = requests.post(f"{platform.url}/api/auth/firebase", json=body, timeout=TIMEOUT_S)
    assert signed.status_code in {200, 201}, signed.text
    return {"Authorization": f"Bearer {signed.json()['access']}"}


def merchant_id(platform: Platform, firebase: SandboxProcess, owner: str) -> str:
    """Return the id of the merchant that this number owns."""
    headers = entered(platform, firebase, owner, role="merchant")
    answer = requests.get(
        f"{platform.url}/api/merchant/profile", headers=headers, timeout=TIMEOUT_S
    )
    found: str = answer.json()["id"]
    return found


def book(platform: Platform, firebase: SandboxProcess, phone: str, *, merchant_id: str) -> Guest:
    """Sign in as a rider does and book the merchant's deal."""
    headers = entered(platform, firebase, phone, role="rider")
    near = "near=13.3525,74.7926&radius=5000&sort=distance&limit=100"
    deals = requests.get(
        f"{platform.url}/api/campaigns?{near}", headers=headers, timeout=TIMEOUT_S
    ).json()
    deal = next(row for row in deals if row["merchantId"] == merchant_id and row["bookable"])
    made = requests.post(
        f"{platform.url}/api/rides/book",
        json={"campaignId": deal["id"]},
        headers=headers | {"Idempotency-Key": secrets.token_hex(16)},
        timeout=TIMEOUT_S,
    )
    assert made.status_code == 201, made.text
    return Guest(platform, headers, made.json()["ride"])


def film(code: str | bytes, folder: Path) -> Path:
    """
    Return a film for the fake camera: a phone that shows this code, held a little off the middle.

    Bytes are a picture of the code, as it stands on somebody's screen.
    """
    frame = Image.new("RGB", FRAME, (96, 104, 100))
    if isinstance(code, bytes):
        shown = Image.open(io.BytesIO(code)).convert("RGB").resize((380, 380))
    else:
        shown = qrcode.make(code, box_size=8).get_image().convert("RGB").resize((380, 380))
    frame.paste(shown, (500, 150))
    jpeg = io.BytesIO()
    frame.save(jpeg, "JPEG", quality=85)
    path = folder / f"{secrets.token_hex(4)}.mjpeg"
    path.write_bytes(jpeg.getvalue() * FRAMES)
    return path


def book_here(page: Page) -> None:
    """Book the deal of the open page, as a thumb does; only so its key is kept on the device."""
    page.get_by_role("button", name="Book").click()
    expect(page).to_have_url(re.compile(r"/app/tickets/[0-9a-f-]{36}$"))
    drawn(page)


def drawn(page: Page) -> None:
    """See that a ticket's page shows a code."""
    expect(page.locator("#qr")).to_have_attribute("data-text", DRAWN)


def scan(
    page: Page,
    counter: Callable[..., AbstractContextManager[Visit]],
    **wishes: Any,  # Any: Playwright's
) -> str:
    """Hold the rider's screen before the counter's camera until it was read in time; return what its page says."""
    said = ""
    for _ in range(TRIES):
        with counter(page.locator(".qr").screenshot(), **wishes) as visit:
            visit.page.goto("/business/scan")
            visit.page.evaluate("window.same = true")
            verdict = visit.page.get_by_role("dialog")
            expect(verdict).to_be_visible()
            said = verdict.inner_text()
            assert visit.page.evaluate("window.same"), "the counter's screen changed by itself"
            visit.complaints[:] = [one for one in visit.complaints if "410" not in one]
        if "old picture" not in said:
            break
    return said
