"""Adding money: recorded, ordered, and believed when Razorpay's own API says that it was paid."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from apps.accounts.models import AuditEvent
from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.errors import GatewayUnavailable, TopUpAmountNotAllowed
from apps.payments.gateway import Gateway, PaymentFacts
from apps.payments.models import Payment, TopUp
from apps.payments.services.top_ups import LEAST_PAISE, MOST_PAISE
from apps.wallet import codes
from tests.factories import NOON, balance, make_merchant, request_key
from tests.payments.making import AMOUNT_PAISE, ordered, paid_at, purse
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.http.errors import IdempotencyKeyReused

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=2)


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant()


def test_a_captured_payment_is_credited_once_however_often_it_is_told(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    top_up = ordered(merchant, account)
    facts = account.payment(payment_id=paid_at(cloud, top_up))

    outcomes = [services.credit_payment(facts=facts, now=LATER) for _ in range(3)]

    assert outcomes == ["credited", "already_credited", "already_credited"]
    assert purse(merchant) == AMOUNT_PAISE
    # Row 1 of the chart: what Razorpay holds for us is an asset.
    assert balance(codes.zone_account("MNP", "pg_clearing")) == AMOUNT_PAISE
    kept = Payment.objects.get()
    assert (kept.amount_paise, kept.fee_paise, kept.tax_paise) == (5_000_00, 118_00, 18_00)
    top_up.refresh_from_db()
    assert top_up.state == TopUp.State.PAID
    event = AuditEvent.objects.get(action="merchant.topped-up")
    assert event.after == {"amount": 5000, "reference": facts.id}


@pytest.mark.parametrize("outcome", ["authorized", "failed"])
def test_what_was_not_captured_is_not_credited(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess, outcome: str
) -> None:
    payment_id = paid_at(cloud, ordered(merchant, account), outcome)

    facts = account.payment(payment_id=payment_id)

    assert services.credit_payment(facts=facts, now=LATER) == "not_captured"
    assert purse(merchant) == 0


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"order_id": "order_of_nobody"}, "unknown_order"),
        ({"order_id": ""}, "unknown_order"),
        ({"amount_paise": AMOUNT_PAISE - 1}, "amount_differs"),
        ({"amount_paise": AMOUNT_PAISE + 1}, "amount_differs"),
        ({"currency": "USD"}, "currency_differs"),
    ],
)
def test_a_payment_that_is_not_the_one_ordered_is_not_credited(
    merchant: Merchant, account: Gateway, changes: dict[str, object], outcome: str
) -> None:
    top_up = ordered(merchant, account)
    facts = PaymentFacts(
        "pay_1", str(top_up.order_id), AMOUNT_PAISE, "INR", "captured", "upi", 118_00, 18_00
    )

    assert services.credit_payment(facts=replace(facts, **changes), now=LATER) == outcome  # type: ignore[arg-type]  # the parametrised facts
    assert (purse(merchant), Payment.objects.count()) == (0, 0)
    assert services.credit_payment(facts=facts, now=LATER) == "credited"


def test_a_second_payment_of_one_order_waits_for_a_person(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    facts = account.payment(payment_id=paid_at(cloud, ordered(merchant, account)))
    services.credit_payment(facts=facts, now=LATER)

    second = services.credit_payment(facts=replace(facts, id="pay_2"), now=LATER)

    assert (second, purse(merchant)) == ("already_paid", AMOUNT_PAISE)


@pytest.mark.parametrize("paise", [LEAST_PAISE - 1, MOST_PAISE + 1])
def test_an_amount_out_of_bounds_is_refused_before_anything_is_kept(
    merchant: Merchant, paise: int
) -> None:
    with pytest.raises(TopUpAmountNotAllowed) as refused:
        services.begin_top_up(
            merchant_id=merchant.pk, amount_paise=paise, actor_id=uuid4(), key=None, now=NOON
        )

    assert refused.value.extra == {"least": 100, "most": 500_000}
    assert TopUp.objects.count() == 0


def test_the_same_key_is_the_same_top_up_and_another_body_is_refused(merchant: Merchant) -> None:
    actor, key = uuid4(), request_key("k1")

    def begin(key: object, amount_paise: int = AMOUNT_PAISE) -> services.Begun:
        return services.begin_top_up(
            merchant_id=merchant.pk,
            amount_paise=amount_paise,
            actor_id=actor,
            key=key,  # type: ignore[arg-type]  # an IdempotencyKey
            now=NOON,
        )

    first, again = begin(key), begin(key)

    assert (first.replayed, again.replayed) == (False, True)
    assert first.top_up.pk == again.top_up.pk
    with pytest.raises(IdempotencyKeyReused):
        begin(request_key("k1", body=b"other"), 6_000_00)


def test_a_lost_answer_leaves_one_order_and_the_next_try_finds_it(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    begun = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=AMOUNT_PAISE, actor_id=uuid4(), key=None, now=NOON
    )
    # The look-up by receipt is answered, the order is made, and its answer is lost.
    cloud.order("weather", path="/v1/orders", times=2, after=True)
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            services.order_top_up(top_up_id=begun.top_up.pk, gateway=account, now=NOON)
    assert TopUp.objects.get().state == TopUp.State.CREATED

    found = services.order_top_up(top_up_id=begun.top_up.pk, gateway=account, now=NOON)

    orders = cloud.ask("order")["items"]
    assert [order["id"] for order in orders] == [found.order_id]
    assert orders[0]["receipt"] == begun.top_up.pk.hex


def test_a_gateway_that_is_down_refuses_and_loses_nothing(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    begun = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=AMOUNT_PAISE, actor_id=uuid4(), key=None, now=NOON
    )
    cloud.order("weather", times=1)

    with pytest.raises(GatewayUnavailable):
        services.order_top_up(top_up_id=begun.top_up.pk, gateway=account, now=NOON)

    assert services.order_top_up(top_up_id=begun.top_up.pk, gateway=account, now=NOON).order_id


def test_a_payment_nobody_told_of_is_found_by_looking(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    top_up = ordered(merchant, account)
    paid_at(cloud, top_up)

    assert services.look_for_payments(gateway=account, now=NOON, limit=10) == 0
    assert services.look_for_payments(gateway=account, now=LATER, limit=10) == 1

    assert purse(merchant) == AMOUNT_PAISE
    assert services.look_for_payments(gateway=account, now=LATER, limit=10) == 0


def test_an_order_whose_look_fails_stands_in_nobodys_way(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    first = ordered(merchant, account)
    second = ordered(merchant, account, now=NOON + timedelta(seconds=1))
    paid_at(cloud, second)
    cloud.order("weather", path=f"/v1/orders/{first.order_id}", times=1)

    services.look_for_payments(gateway=account, now=LATER, limit=10)

    assert purse(merchant) == AMOUNT_PAISE
    first.refresh_from_db()
    assert first.next_look_at > LATER


def test_a_wish_nobody_paid_expires_and_a_late_payment_still_counts(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    top_up = ordered(merchant, account)
    day_after = NOON + timedelta(hours=24)

    assert services.expire_top_ups(now=day_after - timedelta(seconds=1)) == 0
    assert services.expire_top_ups(now=day_after) == 1
    top_up.refresh_from_db()
    assert top_up.state == TopUp.State.EXPIRED

    facts = account.payment(payment_id=paid_at(cloud, top_up))
    assert services.credit_payment(facts=facts, now=day_after) == "credited"
    assert purse(merchant) == AMOUNT_PAISE


@pytest.mark.django_db(transaction=True)
def test_no_call_is_made_inside_a_transaction(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    begun = services.begin_top_up(
        merchant_id=merchant.pk, amount_paise=AMOUNT_PAISE, actor_id=uuid4(), key=None, now=NOON
    )

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        services.order_top_up(top_up_id=begun.top_up.pk, gateway=account, now=NOON)

    assert cloud.ask("calls")["calls"] == []
