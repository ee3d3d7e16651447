"""The console in a real browser under its policy: no page breaks it, and none has a word that Alpine cannot read."""

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from apps.wallet.models import Journal
from tests.accounts.making import at_the_desk, make_operator
from tests.browser.chromium import DESKTOP, PHONE, Visit, launch, visiting
from tests.browser.test_accessibility import SMALL, findings
from tests.factories import make_rider, make_shop
from tests.gamification.making import make_appeal
from tests.payments.paying_out import give

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/gamification/appeal/"
# What a thumb must hit; a link in a line of text is as large as its line (WCAG 2.2, 2.5.8).
SMALLEST_PX = 24


def made() -> list[tuple[str, str]]:
    """Make rows for each kind of page; return the pages of a phone and of a desk in pairs."""
    now = timezone.now()
    make_shop(now=now)
    rider = make_rider()
    appeal = make_appeal(rider.pk, now=now)
    give(rider, 1_200_00, now=now)
    journal = Journal.objects.latest("pk")
    return [
        ("/admin/", f"/admin/accounts/user/{rider.pk}/change/"),
        (LIST, f"/admin/wallet/journal/{journal.pk}/change/"),
        (f"{LIST}?state__exact=UPHELD", "/admin/accounts/auditevent/"),
        (f"{LIST}{appeal.pk}/change/", "/admin/exports/export/ask/?dataset=handshakes"),
        ("/admin/payments/adjustment/propose/", "/admin/password_change/"),
    ]


def look(page: Page) -> list[str]:
    """Return what shuts somebody out of a page, and what is wider than the screen."""
    fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = [one for one in page.evaluate(SMALL, SMALLEST_PX) if not one.startswith("<a")]
    return findings(page) + small + ([] if fits else [f"{page.url} is wider than the screen"])


def act(visit: Visit) -> list[str]:
    """Open what opens, choose a row and an act, and search; return what was found on the way."""
    page = visit.page
    page.goto(LIST)
    if visit.page.viewport_size == PHONE:
        page.get_by_role("button", name="Lists", exact=True).click()
    page.get_by_role("button", name="Times are UTC").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html.dark").count() == 1
    wrong = look(page)
    page.goto(LIST)
    assert page.locator("html.dark").count() == 1, "the theme that was chosen stays"
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_role("dialog", name="Filters")).to_be_visible()
    wrong += look(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Filters")).to_be_hidden()
    page.locator("input.action-select").first.check()
    expect(page.get_by_text("1 of 1 selected")).to_be_visible()
    page.get_by_label("Select action to run").select_option(index=1)
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()
    wrong += look(page)
    page.get_by_role("searchbox", name="Search").fill("nobody of this name")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing goes by")).to_be_visible()
    return wrong + look(page)


def test_no_page_of_the_console_breaks_its_policy_or_shuts_anybody_out(
    live_server: LiveServer,
) -> None:
    """Whatever a page complains of ends the visit: a breach of the policy, an expression that cannot be read."""
    pages = made()
    session = at_the_desk(make_operator()).cookies[settings.SESSION_COOKIE_NAME]
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for at, (size, theme) in enumerate([(PHONE, "light"), (DESKTOP, "dark")]):
            with visiting(browser, live_server.url, viewport=size, color_scheme=theme) as visit:
                if size == PHONE:
                    visit.page.goto("/admin/login/")
                    wrong += look(visit.page)
                visit.context.add_cookies(
                    [{"name": session.key, "value": session.value, "url": live_server.url}]
                )
                for pair in pages:
                    visit.page.goto(pair[at])
                    wrong += look(visit.page)
                    visit.expect_no_complaints()
                if size == PHONE:
                    wrong += act(visit)
        browser.close()

    assert wrong == []
