"""The owner of a business adds money in a browser, and sees it arrive."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import visiting
from tests.browser.people import sign_in
from tests.faults.conftest import Platform
from uma.kernel.templatetags.web import rupees


def paise(page: Page) -> int:
    text = page.locator("#balance-amount").inner_text()
    whole, _, rest = text.replace("₹", "").replace(",", "").partition(".")
    return int(whole) * 100 + int(rest or 0)


def test_an_owner_pays_a_top_up_and_sees_the_balance_rise_without_a_reload(
    browser: Browser, platform: Platform
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page)
        before = paise(page)
        # A page that stays open on the counter's tablet while the owner pays on another.
        watching = visit.context.new_page()
        watching.goto("/business/wallet")
        watching.evaluate("window.untouched = true")

        page.get_by_role("button", name="₹2,500").click()
        page.get_by_role("button", name="Pay with Razorpay").click()
        expect(page.get_by_text("A pretended checkout")).to_be_visible()
        assert paise(watching) == before, "an order is no money"
        page.get_by_role("button", name=re.compile("Pay ₹2,500")).click()

        expect(page).to_have_url(re.compile(r"/business/wallet\?top_up="))
        expect(page.locator("#top-up")).to_contain_text("₹2,500 has arrived")
        expect(watching.locator("#balance-amount")).to_have_text(rupees(before + 2_500_00))
        expect(watching.locator("#lines li").first).to_contain_text("+₹2,500")
        assert watching.evaluate("window.untouched") is True, "the page was loaded anew"


def test_a_declined_payment_leaves_the_wallet_as_it_was(
    browser: Browser, platform: Platform
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page)
        before = paise(page)

        page.get_by_label("Amount", exact=True).fill("1,500.50")
        page.get_by_role("button", name="Pay with Razorpay").click()
        page.get_by_role("button", name="Let the bank decline it").click()

        expect(page).to_have_url(re.compile(r"/business/wallet\?top_up="))
        expect(page.locator("#top-up")).to_contain_text("₹1,500.50 was not paid")
        assert paise(page) == before


def test_an_amount_that_cannot_be_added_is_said_beside_the_field(
    browser: Browser, platform: Platform
) -> None:
    with visiting(browser, platform.url) as visit:
        page = visit.page
        sign_in(page)
        for amount in ("99.99", "5,00,001", "ten", "1.234"):
            page.get_by_label("Amount", exact=True).fill(amount)
            page.get_by_role("button", name="Pay with Razorpay").click()

            expect(page.get_by_role("alert").filter(visible=True)).to_have_text(
                "Write an amount from ₹100 to ₹5,00,000."
            )
            expect(page.get_by_label("Amount", exact=True)).to_have_value(amount)
        # The console tells of the answers of 422.
        visit.complaints[:] = [one for one in visit.complaints if "422" not in one]
