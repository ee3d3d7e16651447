"""A balance that falls: told once for each crossing, and an order where the merchant asked for one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.merchants.models import Staff
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage, WebhookDelivery
from apps.payments import selectors, services, tasks
from apps.payments.errors import BalanceRuleNotAllowed
from apps.payments.gateway import Gateway
from apps.payments.models import AutoTopUp, BalanceRule, TopUp
from tests.factories import NOON, Shop, fund, make_booking, make_shop, make_staff
from tests.payments.making import paid_at
from tests.rides.calling import Api, problem
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def shop() -> Shop:
    """With ₹1,100: one booking brings it below the usual threshold of ₹1,000."""
    shop = make_shop(funds_paise=1_100_00)
    services.watch_balances(now=NOON, limit=100)
    return shop


def alerts(shop: Shop) -> list[str]:
    mine = InboxMessage.objects.filter(person_id=shop.owner_id, kind="money.low_balance")
    return [row.title for row in mine.order_by("pk")]


def rule(shop: Shop, **changes: object) -> BalanceRule:
    facts: dict[str, object] = {
        "merchant_id": shop.merchant.pk,
        "alert_below_paise": 1_000_00,
        "auto_on": True,
        "auto_below_paise": 1_000_00,
        "auto_amount_paise": 2_000_00,
        "auto_monthly_cap_paise": 5_000_00,
        "actor_id": shop.owner_id,
        "now": NOON,
    }
    return services.set_balance_rule(**facts | changes)  # type: ignore[arg-type]  # of many types


def test_a_crossing_is_told_once_to_owner_manager_and_systems(shop: Shop) -> None:
    manager = make_staff(shop.merchant, Staff.Role.MANAGER)
    scanner = make_staff(shop.merchant, Staff.Role.SCANNER)
    notifications.add_endpoint(
        merchant_id=shop.merchant.pk,
        url="https://example.org/hook",
        events=["wallet.low_balance"],
        secret="s",
        now=NOON,
    )
    make_booking(shop)

    for minute in range(3):
        services.watch_balances(now=NOON + timedelta(minutes=minute), limit=100)

    assert alerts(shop) == ["₹867.40 left in your wallet"]
    told = set(
        InboxMessage.objects.filter(kind="money.low_balance").values_list("person", flat=True)
    )
    assert told == {shop.owner_id, manager}
    assert scanner not in told
    (event,) = WebhookDelivery.objects.all()
    assert (event.type, event.payload["balance"]) == ("wallet.low_balance", 867.4)


def test_the_next_crossing_is_told_again(shop: Shop) -> None:
    make_booking(shop)
    services.watch_balances(now=NOON, limit=100)
    fund(shop.merchant.pk, 200_00)
    services.watch_balances(now=LATER, limit=100)
    make_booking(shop)

    services.watch_balances(now=LATER, limit=100)

    assert len(alerts(shop)) == 2
    assert BalanceRule.objects.get(pk=shop.merchant.pk).crossings == 2


def test_whoever_never_had_money_is_not_told_of_having_none() -> None:
    poor = make_shop(funds_paise=0)

    for _ in range(2):
        services.watch_balances(now=NOON, limit=1)

    assert alerts(poor) == []
    fund(poor.merchant.pk, 1_000_00)
    services.watch_balances(now=NOON, limit=1)
    make_booking(poor)
    services.watch_balances(now=NOON, limit=1)
    assert len(alerts(poor)) == 1


def test_a_threshold_of_nothing_is_never_crossed(shop: Shop) -> None:
    rule(shop, alert_below_paise=0, auto_on=False)
    make_booking(shop)

    assert services.watch_balances(now=LATER, limit=100) == 0
    assert alerts(shop) == []


def test_every_merchant_is_looked_at_in_batches() -> None:
    shops = [make_shop(f"Shop {number}", funds_paise=1_100_00) for number in range(3)]
    services.watch_balances(now=NOON, limit=2)
    for shop in shops:
        make_booking(shop)

    assert services.watch_balances(now=LATER, limit=2) == 3


def test_a_low_balance_orders_one_top_up_which_the_owner_pays(
    shop: Shop, account: Gateway, cloud: RazorpayProcess
) -> None:
    rule(shop)
    make_booking(shop)

    for _ in range(2):
        services.watch_balances(now=LATER, limit=100)
    cloud.order("weather", path="/v1/orders", times=1)
    assert services.order_automatic(gateway=account, now=LATER, limit=10) == 0
    assert services.order_automatic(gateway=account, now=LATER, limit=10) == 1

    (auto,) = AutoTopUp.objects.select_related("top_up")
    assert (auto.top_up.state, auto.top_up.amount_paise) == ("OPEN", 2_000_00)
    (told,) = InboxMessage.objects.filter(kind="money.auto_top_up")
    assert told.title == "A top-up of ₹2,000 waits for you"
    paid = paid_at(cloud, auto.top_up)
    facts = account.payment(payment_id=paid)
    assert services.credit_payment(facts=facts, now=LATER) == "credited"
    services.watch_balances(now=LATER, limit=100)
    assert BalanceRule.objects.get(pk=shop.merchant.pk).auto_below_since is None


def test_the_months_limit_is_kept_and_said(shop: Shop) -> None:
    rule(shop, auto_monthly_cap_paise=3_000_00)
    make_booking(shop)
    services.watch_balances(now=LATER, limit=100)
    fund(shop.merchant.pk, 500_00)
    services.watch_balances(now=LATER, limit=100)
    for _ in range(2):
        make_booking(shop, campaign_id=shop.campaign.pk)
    services.watch_balances(now=LATER + timedelta(minutes=1), limit=100)

    assert AutoTopUp.objects.count() == 1
    titles = InboxMessage.objects.filter(kind="money.auto_top_up").order_by("pk")
    assert titles.latest("pk").title == "Your automatic top-up has reached its monthly limit"
    # An order that nobody paid is none; and a new month begins anew.
    view = selectors.balance_rule(merchant_id=shop.merchant.pk, now=LATER)
    assert view.ordered_paise == 2_000_00
    TopUp.objects.update(state="EXPIRED")
    assert selectors.balance_rule(merchant_id=shop.merchant.pk, now=LATER).ordered_paise == 0


def test_a_new_month_begins_at_the_zones_midnight(shop: Shop) -> None:
    rule(shop)
    make_booking(shop)
    services.watch_balances(now=LATER, limit=100)
    # Half past midnight on the first of April in India is still March in UTC.
    april = LATER.replace(month=3, day=31, hour=19, minute=0)

    assert selectors.balance_rule(merchant_id=shop.merchant.pk, now=april).ordered_paise == 0
    last = april - timedelta(hours=1)
    assert selectors.balance_rule(merchant_id=shop.merchant.pk, now=last).ordered_paise == 2_000_00


@pytest.mark.parametrize(
    "changes",
    [
        {"auto_amount_paise": 99_99},
        {"auto_amount_paise": 5_00_000_01, "auto_monthly_cap_paise": 9_00_000_00},
        {"auto_monthly_cap_paise": 1_999_99},
        {"auto_below_paise": 0},
        {"alert_below_paise": 10_00_000_01},
    ],
)
def test_limits_that_do_not_fit_are_refused(shop: Shop, changes: dict[str, object]) -> None:
    with pytest.raises(BalanceRuleNotAllowed):
        rule(shop, **changes)

    assert not AuditEvent.objects.filter(action="merchant.balance-rule-set").exists()


RULE = {
    "alertBelow": 500,
    "autoTopUp": {"enabled": True, "below": 400, "amount": 1000, "monthlyCap": 5000},
}


def test_the_rule_over_http() -> None:
    shop = make_shop(now=timezone.now())
    owner = Api(shop.owner_id, "merchant")
    usual = owner.get("/merchant/balance-rule").json()
    assert (usual["alertBelow"], usual["autoTopUp"]["enabled"], usual["setAt"]) == (
        1000,
        False,
        None,
    )

    answer = owner.put("/merchant/balance-rule", RULE)

    assert answer.status_code == 200
    body = owner.get("/merchant/balance-rule").json()
    assert body == answer.json()
    assert (body["alertBelow"], body["below"]) == (500, False)
    assert body["autoTopUp"] == RULE["autoTopUp"] | {"orderedThisMonth": 0}  # type: ignore[operator]
    trail = AuditEvent.objects.get(action="merchant.balance-rule-set")
    assert (trail.actor_id, trail.before["auto"], trail.after["auto"]) == (
        shop.owner_id,
        False,
        True,
    )


def test_an_accountant_reads_the_rule_and_sets_none() -> None:
    shop = make_shop(now=timezone.now())
    person = Api(make_staff(shop.merchant, Staff.Role.ACCOUNTANT, now=timezone.now()), "merchant")

    assert person.get("/merchant/balance-rule").status_code == 200
    problem(person.put("/merchant/balance-rule", RULE), 403, "role_not_allowed")
    refused = Api(shop.owner_id, "merchant").put(
        "/merchant/balance-rule",
        RULE | {"autoTopUp": RULE["autoTopUp"] | {"amount": 6000}},  # type: ignore[operator]
    )
    problem(refused, 422, "balance_rule_not_allowed")


def test_the_minutes_job_does_all_three(shop: Shop, cloud: RazorpayProcess) -> None:
    assert cloud.url
    rule(shop)
    make_booking(shop)

    assert tasks.watch_balances() == 2

    assert AutoTopUp.objects.get().top_up.state == "OPEN"
