"""When money runs low: the rule as it is typed, the order that waits in the wallet, and what an alert leads to."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.payments import selectors, services
from apps.payments.models import BalanceRule, TopUp
from tests.business.browsing import signed_in
from tests.business.test_figures import read
from tests.factories import Shop, make_booking, make_shop
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
PATH = "/business/wallet/low"
RULE = {
    "alert_below": "1,500",
    "auto_on": "on",
    "auto_below": "1,000",
    "auto_amount": "2,500",
    "auto_monthly_cap": "5,000",
}


@pytest.fixture
def shop() -> Shop:
    """With ₹1,100: one booking brings it below ₹1,000."""
    return make_shop(funds_paise=1_100_00)


def save(client: Client, **changes: str) -> Any:  # Any: Django's test response
    return client.post(PATH, {**RULE, **changes})


def test_what_is_typed_is_the_rule(shop: Shop) -> None:
    client = signed_in(shop.owner_id)
    assert "Nothing needs you now." in read(client, PATH)

    assert save(client)["Location"] == f"{PATH}?saved=1"

    rule = BalanceRule.objects.get(pk=shop.merchant.pk)
    assert (rule.alert_below_paise, rule.auto_on, rule.set_by) == (1_500_00, True, shop.owner_id)
    assert (rule.auto_below_paise, rule.auto_amount_paise) == (1_000_00, 2_500_00)
    assert rule.auto_monthly_cap_paise == 5_000_00
    page = read(client, f"{PATH}?saved=1")
    assert "Saved." in page
    assert (
        'name="auto_amount" type="text" inputmode="decimal" autocomplete="off" value="2500"' in page
    )
    assert "Only ₹1,100 left in your wallet." in page
    assert 'href="/business/wallet?amount=2500#add"' in page
    assert 'value="2500" aria-describedby="amount-hint' in read(
        client, "/business/wallet?amount=2500"
    )
    off = {name: text for name, text in RULE.items() if name != "auto_on"}
    client.post(PATH, off)
    rule.refresh_from_db()
    assert not rule.auto_on


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("alert_below", "-1", "Write an amount from ₹0 to ₹10,00,000."),
        ("alert_below", "10,00,001", "Write an amount from ₹0 to ₹10,00,000."),
        ("auto_below", "0", "Write an amount from ₹1 to ₹10,00,000."),
        ("auto_amount", "99", "Write an amount from ₹100 to ₹5,00,000."),
        ("auto_monthly_cap", "2,499", "At least one top-up: ₹2,500."),
        ("auto_monthly_cap", "", "Write an amount from ₹100 to ₹1,00,00,000."),
    ],
)
def test_what_cannot_be_a_rule_is_said_beside_its_field(
    shop: Shop, field: str, text: str, said: str
) -> None:
    answer = save(signed_in(shop.owner_id), **{field: text})

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert f'id="{field}-wrong" role="alert">{said}<' in page
    assert f'value="{text}"' in page, "nobody types it again"
    assert not BalanceRule.objects.filter(set_at__isnull=False).exists()


def test_an_order_that_made_itself_waits_in_the_wallet_and_is_paid_there(
    shop: Shop, cloud: RazorpayProcess
) -> None:
    client = signed_in(shop.owner_id)
    save(client, alert_below="0")
    make_booking(shop)
    services.watch_balances(now=NOW, limit=100)
    (waiting,) = selectors.waiting_top_ups(merchant_id=shop.merchant.pk)
    assert "A top-up of ₹2,500 was ordered" in read(client, "/business/wallet")
    stranger = signed_in(make_shop("Other").owner_id)
    pay = f"/business/wallet/top-ups/{waiting.pk}/pay"
    assert stranger.post(pay).status_code == 404

    checkout = client.post(pay)

    waiting.refresh_from_db()
    assert waiting.order_id
    assert waiting.order_id in checkout.content.decode()
    assert client.post(pay).status_code == 200, "whoever left the checkout comes again"
    TopUp.objects.filter(pk=waiting.pk).update(state=TopUp.State.EXPIRED)
    assert client.post(pay)["Location"] == f"/business/wallet?top_up={waiting.pk}"
    assert "was ordered because" not in read(client, "/business/wallet")
    del cloud
