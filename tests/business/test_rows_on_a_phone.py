"""The rows behind a figure on a narrow screen: nothing scrolls sideways, and a screen reader still finds a table."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, sync_playwright

from apps.accounts.models import User
from apps.campaigns.models import Campaign
from apps.merchants.models import Staff
from tests.analytics.making import no_show, visit
from tests.browser.chromium import DESKTOP, PHONE, launch
from tests.browser.hostile import put
from tests.business.browsing import signed_in
from tests.factories import make_rider, make_shop
from tests.merchants.making import make_staff

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
WAYS = ("day", "deal", "outlet", "person")
# Beyond its right edge nothing of a page is read without a swipe.
BEYOND = """() => [...document.querySelectorAll('main *')]
  .filter((one) => one.checkVisibility() && !one.closest('thead'))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 80))"""
SCROLLING = """() => [...document.querySelectorAll('main *')]
  .filter((one) => getComputedStyle(one).overflowX === 'auto' && one.scrollWidth > one.clientWidth).length"""


def rendered() -> dict[str, str]:
    """Return the four pages of a business whose names are long and whose sums are large."""
    shop = make_shop(now=NOW - timedelta(days=9), funds_paise=1_00_000_00)
    Campaign.objects.filter(pk=shop.campaign.pk).update(
        title="Sunday breakfast on the terrace, for two, with filter coffee"
    )
    scanner = make_staff(shop.merchant, Staff.Role.SCANNER)
    person = User.objects.get(pk=scanner)
    person.display_name = "Lakshminarayana Venkataraghavan Ramachandran"
    person.save()
    regular = make_rider(now=NOW - timedelta(days=8))
    for days in range(1, 8):
        at = NOW - timedelta(days=days)
        visit(shop, at=at, rider=regular, bill_paise=4_56_789_50, actor_id=scanner)
        visit(shop, at=at, bill_paise=12_34_567_00)
    no_show(shop, at=NOW - timedelta(days=4))
    client = signed_in(shop.owner_id)
    return {by: client.get(f"/business/figures/rows?by={by}").content.decode() for by in WAYS}


def cells(page: Page) -> list[str]:
    return page.get_by_role("table").get_by_role("cell").all_text_contents()


def test_rows_fit_a_phone_and_stay_a_table() -> None:
    pages = rendered()

    with sync_playwright() as playwright:
        browser = launch(playwright)
        for by, html in pages.items():
            read = {}
            for size in (PHONE, DESKTOP):
                page = browser.new_page(viewport={"width": size["width"], "height": size["height"]})
                put(page, html)
                assert page.evaluate(BEYOND) == [], (by, size)
                assert page.evaluate(SCROLLING) == 0, (by, size)
                assert page.get_by_role("columnheader").count() == (9 if by == "person" else 10)
                assert page.get_by_role("rowheader").count() >= 2
                read[size["width"]] = cells(page)
            assert read[PHONE["width"]] == read[DESKTOP["width"]] != []
        browser.close()
