"""Those who sit at the browser, and what they do first."""

import re

from playwright.sync_api import Page, expect

from apps.handshake.management import demo_city
from tests.notifications.clouds import TEST_CODE

OWNER = demo_city.owner_phone(1)
RIDER = demo_city.rider_phone(1)


def sign_in(page: Page, phone: str = OWNER, *, to: str = "/business/wallet") -> None:
    """Type the number, then the code that everybody knows for the demo city's numbers."""
    page.goto(to)
    expect(page).to_have_url(re.compile(r"/(business|app)/sign-in\?next="))
    page.get_by_label("Phone number").fill(phone)
    page.get_by_role("button", name="Send me a code").click()
    # Not key by key: the field is there before it is shown, and what is typed into a hidden one is lost.
    page.get_by_label("Six digits").fill(TEST_CODE)
    expect(page).to_have_url(re.compile(rf"^[^?]+[0-9]{re.escape(to)}$"))
