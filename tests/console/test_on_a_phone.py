"""A list of the console on a phone: a card for each row, whose every value says what it is."""

import pytest
from django.utils import timezone
from playwright.sync_api import sync_playwright

from tests.browser.chromium import PHONE, launch
from tests.browser.hostile import put
from tests.business.test_hostile_words import desk
from tests.factories import make_rider
from tests.gamification.making import make_appeal

pytestmark = pytest.mark.django_db(transaction=True)
HEADS = ["Time left", "State", "Line", "Zone code", "Missed", "What the rider says", "See also"]
LABELS = """cells => cells.map(cell => [
  getComputedStyle(cell, "::before").content.slice(1, -1), getComputedStyle(cell).display])"""


def test_a_row_of_a_list_is_a_card_on_a_phone_and_each_value_stands_under_its_head() -> None:
    make_appeal(make_rider().pk, now=timezone.now())
    (html,) = desk("gamification/appeal/")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": PHONE["width"], "height": PHONE["height"]})
        put(page, html)
        found = page.locator("#result_list tbody [data-label]:not(.action-checkbox)").evaluate_all(
            LABELS
        )
        browser.close()

    assert found == [[head, "flow-root"] for head in HEADS]
