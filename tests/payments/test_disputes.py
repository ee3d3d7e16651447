"""A payer's bank takes money back: from the wallet first, then as a debt; what is won comes back."""

import pytest
from django.db import transaction

from apps.campaigns import services as campaigns
from apps.campaigns.models import Campaign
from apps.merchants import services as merchants
from apps.notifications import services as notifications
from apps.notifications.models import InboxMessage, WebhookDelivery
from apps.payments import reports, services
from apps.payments.gateway import Gateway
from apps.payments.models import PaymentDispute
from apps.payments.reports import DisputeFacts
from apps.wallet import codes
from apps.wallet import selectors as ledger
from tests.factories import NOON, Shop, balance, fund, make_booking, make_shop
from tests.payments.making import AMOUNT_PAISE, ordered, paid_at, purse, received, state_of
from tests.payments.month import hear_of
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(funds_paise=0)


@pytest.fixture
def paid(shop: Shop, account: Gateway, cloud: RazorpayProcess) -> str:
    payment_id = paid_at(cloud, ordered(shop.merchant, account))
    facts = account.payment(payment_id=payment_id)
    assert services.credit_payment(facts=facts, now=NOON) == "credited"
    return payment_id


def debt(shop: Shop) -> int:
    return balance(codes.merchant_receivable(shop.merchant.pk))


def disputed(cloud: RazorpayProcess, paid: str, phase: str = "created", **facts: object) -> str:
    dispute_id: str = cloud.order("dispute", payment_id=paid, phase=phase, **facts)["id"]
    return dispute_id


def followed(account: Gateway, dispute_id: str) -> str:
    facts = reports.dispute(gateway=account, dispute_id=dispute_id)
    return services.record_dispute(facts=facts, now=NOON)


def facts_of(paid: str, **changes: object) -> DisputeFacts:
    facts: dict[str, object] = {
        "id": "disp_1",
        "payment_id": paid,
        "amount_paise": AMOUNT_PAISE,
        "deducted_paise": 0,
        "currency": "INR",
        "phase": "chargeback",
        "status": "OPEN",
        "reason_code": "fraud",
        "respond_by": None,
    }
    return DisputeFacts(**facts | changes)  # type: ignore[arg-type]  # of many types


def test_a_dispute_takes_the_wallet_when_it_opens_and_its_event_only_says_where_to_look(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    hear_of(disputed(cloud, paid, amount=2_000_00), "created", account, now=NOON)

    assert (purse(shop.merchant), debt(shop)) == (AMOUNT_PAISE - 2_000_00, 0)
    dispute = PaymentDispute.objects.get()
    assert (dispute.status, dispute.wallet_paise, dispute.debt_paise) == ("OPEN", 2_000_00, 0)
    assert ledger.total_paise(account_kind="pg_clearing") == AMOUNT_PAISE - 2_000_00


def test_a_short_wallet_leaves_a_debt_and_pauses_the_offers(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    make_booking(shop)
    left = purse(shop.merchant)
    assert left < AMOUNT_PAISE

    assert followed(account, disputed(cloud, paid)) == "taken"
    campaigns.campaign_clock(now=NOON, limit=100)

    assert (purse(shop.merchant), debt(shop)) == (0, AMOUNT_PAISE - left)
    campaign = Campaign.objects.get(pk=shop.campaign.pk)
    assert (campaign.state, campaign.pause_reason) == ("PAUSED", "low_balance")


def test_the_next_top_up_pays_the_debt_and_the_offers_go_on(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    make_booking(shop)
    followed(account, disputed(cloud, paid))
    campaigns.campaign_clock(now=NOON, limit=100)
    owed = debt(shop)

    again = paid_at(cloud, ordered(shop.merchant, account, amount_paise=3_000_00))
    services.credit_payment(facts=account.payment(payment_id=again), now=NOON)
    campaigns.campaign_clock(now=NOON, limit=100)

    assert (purse(shop.merchant), debt(shop)) == (3_000_00 - owed, 0)
    assert Campaign.objects.get(pk=shop.campaign.pk).state == "ACTIVE"


def test_a_bank_transfer_pays_the_debt_as_far_as_it_goes(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    make_booking(shop)
    followed(account, disputed(cloud, paid))
    owed = debt(shop)

    fund(shop.merchant.pk, owed - 100)

    assert (purse(shop.merchant), debt(shop)) == (0, 100)


def test_what_a_frozen_wallet_holds_is_not_taken_but_owed_until_it_thaws(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    key, actor = shop.merchant.pk, shop.owner_id
    merchants.freeze_wallet(merchant_id=key, actor_id=actor, reason="police", now=NOON)

    assert followed(account, disputed(cloud, paid)) == "taken"
    assert (purse(shop.merchant), debt(shop)) == (AMOUNT_PAISE, AMOUNT_PAISE)
    fund(key, 100_00)
    assert services.settle_debts(now=NOON, limit=10) == 0
    merchants.unfreeze_wallet(merchant_id=key, actor_id=actor, reason="cleared", now=NOON)
    assert services.settle_debts(now=NOON, limit=10) == 1

    assert (purse(shop.merchant), debt(shop)) == (100_00, 0)


@pytest.mark.parametrize("phase", ["won", "closed"])
def test_what_is_won_comes_back_to_the_wallet_and_forgives_the_debt(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str, phase: str
) -> None:
    make_booking(shop)
    left = purse(shop.merchant)
    dispute_id = disputed(cloud, paid, onset=True)
    followed(account, dispute_id)

    hear_of(disputed(cloud, paid, phase), phase, account, now=NOON)

    assert (purse(shop.merchant), debt(shop)) == (left, 0)
    assert PaymentDispute.objects.get().returned_journal_id is not None
    assert ledger.total_paise(account_kind="pg_clearing") == AMOUNT_PAISE


def test_a_debt_that_was_paid_meanwhile_comes_back_as_money(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    make_booking(shop)
    left = purse(shop.merchant)
    dispute_id = disputed(cloud, paid)
    followed(account, dispute_id)
    fund(shop.merchant.pk, 9_000_00)
    assert debt(shop) == 0

    disputed(cloud, paid, "won")

    assert followed(account, dispute_id) == "returned"
    assert purse(shop.merchant) == left + 9_000_00


def test_told_again_late_and_out_of_order_it_moves_money_once(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    dispute_id = disputed(cloud, paid, amount=2_000_00)
    early = reports.dispute(gateway=account, dispute_id=dispute_id)
    for phase in ("created", "lost", "created", "under_review"):
        hear_of(dispute_id, phase, account, now=NOON)
    disputed(cloud, paid, "lost")
    assert followed(account, dispute_id) == "recorded"

    # An answer from before the end arrives after it.
    assert services.record_dispute(facts=early, now=NOON) == "unchanged"
    assert followed(account, dispute_id) == "unchanged"

    assert purse(shop.merchant) == AMOUNT_PAISE - 2_000_00
    assert PaymentDispute.objects.get().status == "LOST"


def test_a_request_for_papers_moves_no_money(shop: Shop, paid: str) -> None:
    asked = services.record_dispute(facts=facts_of(paid, phase="retrieval"), now=NOON)

    assert (asked, purse(shop.merchant)) == ("recorded", AMOUNT_PAISE)
    # It becomes a chargeback: now the money is taken.
    assert services.record_dispute(facts=facts_of(paid), now=NOON) == "taken"
    assert purse(shop.merchant) == 0


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"payment_id": "pay_Nobody"}, "unknown_payment"),
        ({"currency": "USD"}, "currency_differs"),
        ({"status": "SOMEHOW"}, "status_unknown"),
        ({"amount_paise": AMOUNT_PAISE + 1}, "exceeds_payment"),
    ],
)
def test_what_cannot_be_ours_is_left_to_a_person(
    shop: Shop, paid: str, changes: dict[str, object], outcome: str
) -> None:
    assert services.record_dispute(facts=facts_of(paid, **changes), now=NOON) == outcome

    assert purse(shop.merchant) == AMOUNT_PAISE
    assert not PaymentDispute.objects.exists()


def test_two_disputes_never_take_more_than_the_payment(shop: Shop, paid: str) -> None:
    first = services.record_dispute(facts=facts_of(paid, amount_paise=3_000_00), now=NOON)
    more = facts_of(paid, id="disp_2", amount_paise=2_000_01)

    assert (first, services.record_dispute(facts=more, now=NOON)) == ("taken", "exceeds_payment")
    changed = facts_of(paid, amount_paise=3_000_01)
    assert services.record_dispute(facts=changed, now=NOON) == "amount_differs"
    assert purse(shop.merchant) == AMOUNT_PAISE - 3_000_00


def test_an_event_about_a_payment_that_is_not_credited_yet_waits(
    account: Gateway, cloud: RazorpayProcess, shop: Shop
) -> None:
    payment_id = paid_at(cloud, ordered(shop.merchant, account))
    dispute_id = disputed(cloud, payment_id)
    raw = b'{"event": "payment.dispute.created", "payload": {"dispute": {"entity": {"id": "%b"}}}}'
    event = received(raw % dispute_id.encode())

    services.handle_due_events(gateway=account, now=NOON)

    assert state_of(event) == ("WAITING", "unknown_payment")


def test_the_owner_and_their_systems_are_told(
    shop: Shop, account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    notifications.add_endpoint(
        merchant_id=shop.merchant.pk,
        url="https://example.org/hook",
        events=["wallet.chargeback", "wallet.chargeback_returned"],
        secret="s",
        now=NOON,
    )
    make_booking(shop)
    dispute_id = disputed(cloud, paid)
    followed(account, dispute_id)
    disputed(cloud, paid, "won")
    followed(account, dispute_id)

    mine = InboxMessage.objects.filter(person_id=shop.owner_id, kind__startswith="money.")
    assert [row.kind for row in mine.order_by("pk")] == [
        "money.chargeback",
        "money.chargeback_returned",
    ]
    assert "taken from your next top-up" in mine.earliest("pk").body
    sent = WebhookDelivery.objects.order_by("pk")
    assert [row.type for row in sent] == ["wallet.chargeback", "wallet.chargeback_returned"]
    assert sent[0].payload["owed"] + sent[0].payload["fromWallet"] == AMOUNT_PAISE // 100


def test_a_dispute_is_not_followed_inside_somebodys_transaction(paid: str) -> None:
    # The test's own transaction does not count; one more does.
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        services.record_dispute(facts=facts_of(paid), now=NOON)
