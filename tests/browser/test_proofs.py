"""A deal that asks for a ride and for the bill: what the guest is told beforehand, and the counter on the spot."""

import re
import secrets
from typing import Any

import requests
from playwright.sync_api import Browser, expect

from tests.browser.chromium import visiting
from tests.browser.guests import TIMEOUT_S, Guest, entered
from tests.browser.test_accessibility import findings
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

GUEST = "+919000077051"
SOLD = """
from dataclasses import replace
from django.utils import timezone
from apps.business.offers import BLANK
from apps.campaigns import services
from apps.merchants import selectors
outlet = selectors.open_outlets(merchant_id="{merchant}")[0]
deal = services.create(merchant_id="{merchant}", outlet_ids=[outlet.pk], submit=True, actor_id=None, now=timezone.now(),
    wanted=replace(BLANK, title="By auto to lunch", proof_policy="ride+visit+bill"))
print(deal.pk)
"""
ENDED = """
from django.db import transaction
from django.utils import timezone
from apps.rides import services
from apps.rides.models import Booking
booking, now = Booking.objects.get(pk="{booking}"), timezone.now()
with transaction.atomic():
    services.record_drop_off(booking_id=booking.pk, place=booking.outlet.location, at=now, now=now)
"""


def test_a_ride_and_a_bill_are_asked_for_beforehand_and_the_bill_on_the_spot(
    platform: Platform,
    firebase: SandboxProcess,
    browser: Browser,
    signed: dict[str, Any],
    shop_id: str,
) -> None:
    deal = platform.manage("shell", "-c", SOLD.format(merchant=shop_id)).strip().splitlines()[-1]
    headers = entered(platform, firebase, GUEST, role="rider")
    made = requests.post(
        f"{platform.url}/api/rides/book",
        json={"campaignId": deal},
        headers=headers | {"Idempotency-Key": secrets.token_hex(16)},
        timeout=TIMEOUT_S,
    )
    assert made.status_code == 201, made.text
    guest = Guest(platform, headers, made.json()["ride"])

    with visiting(browser, platform.url, storage_state=signed) as visit:
        page = visit.page
        page.goto("/business/scan")

        def say_the_digits() -> None:
            page.get_by_label("Or the six digits").fill(guest.digits())
            page.get_by_role("button", name="Check in").click()

        verdict = page.locator("#verdict")
        say_the_digits()
        expect(verdict).to_contain_text("It needs a ride from the guest's ticket")
        verdict.get_by_role("button", name="Next guest").click()
        platform.manage("shell", "-c", ENDED.format(booking=guest.ride["id"]))
        say_the_digits()
        expect(verdict).to_contain_text("This deal needs the amount of the guest's bill")
        assert findings(page) == []
        verdict.get_by_role("button", name="Key in the bill").click()
        for key in "480":
            page.locator("#bill").get_by_role("button", name=key, exact=True).click()
        page.get_by_role("button", name="Take this bill").click()
        expect(verdict).to_contain_text(re.compile(r"Apply \d+ %"))
        expect(verdict).to_contain_text("₹480")
        visit.complaints[:] = [one for one in visit.complaints if not re.search("409|422", one)]

    assert guest.status() == "completed"
