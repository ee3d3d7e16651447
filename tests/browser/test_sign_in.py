"""Signing in with a number that gets a message: Firebase sends it to browsers that pass reCAPTCHA alone."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import DESKTOP, visiting
from tests.faults.conftest import Platform
from tests.notifications.clouds import SandboxProcess

RIDER, OWNER = "+919000077041", "+919000077042"
UNCHECKED = "Google's check for robots did not load."


def ask(page: Page, phone: str) -> None:
    page.get_by_label("Phone number").fill(phone)
    page.get_by_role("button", name="Send me a code").click()


def messages(firebase: SandboxProcess, phone: str) -> int:
    return sum(sms["phone"] == phone for sms in firebase.sms)


def test_a_person_at_a_browser_is_sent_a_code_each_time_they_ask(
    browser: Browser, platform: Platform, firebase: SandboxProcess
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        page.goto("/app/me")
        ask(page, RIDER)
        expect(page.get_by_label("Six digits")).to_be_focused()
        # The proof of before is used up.
        page.get_by_role("button", name="Another number").click()
        ask(page, RIDER)
        expect(page.get_by_label("Six digits")).to_be_focused()
        page.get_by_label("Six digits").fill(firebase.code_for(RIDER))

        expect(page).to_have_url(re.compile("/app/me$"))
        assert messages(firebase, RIDER) == 2


def test_where_googles_script_is_kept_away_the_page_says_so_and_may_be_tried_again(
    browser: Browser, platform: Platform, firebase: SandboxProcess
) -> None:
    with visiting(browser, platform.url, viewport=DESKTOP) as visit:
        page = visit.page
        page.route("**/recaptcha/api.js*", lambda route: route.abort())
        page.goto("/business/join")
        ask(page, OWNER)
        expect(page.get_by_role("alert").filter(has_text=UNCHECKED)).to_be_visible()
        assert messages(firebase, OWNER) == 0

        page.unroute("**/recaptcha/api.js*")
        page.get_by_role("button", name="Send me a code").click()
        expect(page.get_by_label("Six digits")).to_be_focused()
        page.get_by_label("Six digits").fill(firebase.code_for(OWNER))

        expect(page).to_have_url(re.compile("/business/join$"))
