"""What Razorpay tells: kept once, acted on until it is done, parked when a person has to look."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.models import AuditEvent
from apps.merchants.models import Merchant
from apps.payments import services
from apps.payments.errors import EventNotFound, WebhookNotReadable
from apps.payments.gateway import Gateway
from apps.payments.models import GatewayEvent
from apps.payments.services.events import ATTEMPTS_MAX, LEASE
from tests.factories import NOON, make_merchant
from tests.payments.making import (
    AMOUNT_PAISE,
    event_body,
    ordered,
    paid_at,
    purse,
    received,
    state_of,
)
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant() -> Merchant:
    return make_merchant()


@pytest.fixture
def paid(merchant: Merchant, account: Gateway, cloud: RazorpayProcess) -> str:
    return paid_at(cloud, ordered(merchant, account))


def test_a_captured_payment_that_is_told_of_is_credited(
    merchant: Merchant, account: Gateway, paid: str
) -> None:
    event = received(event_body(paid))

    assert services.handle_due_events(gateway=account, now=NOON) == 1

    assert state_of(event) == ("DONE", "credited")
    assert purse(merchant) == AMOUNT_PAISE


def test_one_event_is_kept_once_and_two_events_credit_once(
    merchant: Merchant, account: Gateway, paid: str
) -> None:
    first = received(event_body(paid), event_id="evt1")
    assert received(event_body(paid), event_id="evt1") is None
    second = received(event_body(paid, "order.paid"), event_id="evt2")

    services.handle_due_events(gateway=account, now=NOON)

    assert {state_of(first), state_of(second)} == {
        ("DONE", "credited"),
        ("DONE", "already_credited"),
    }
    assert purse(merchant) == AMOUNT_PAISE


def test_the_event_only_says_where_to_look(merchant: Merchant, account: Gateway, paid: str) -> None:
    # Signed, and every figure in it wrong: what Razorpay's API says is what is credited.
    received(event_body(paid, amount=99_999_999, currency="USD", status="failed"))

    services.handle_due_events(gateway=account, now=NOON)

    assert purse(merchant) == AMOUNT_PAISE


def test_nobody_reads_events_of_other_names(account: Gateway, paid: str) -> None:
    event = received(event_body(paid, "invoice.paid"))

    services.handle_due_events(gateway=account, now=NOON)

    assert state_of(event) == ("IGNORED", "")


def test_while_razorpay_is_silent_the_event_waits_longer_each_time(
    account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    event = received(event_body(paid))
    cloud.order("weather", path="/v1/payments", times=1)

    services.handle_due_events(gateway=account, now=NOON)
    assert state_of(event) == ("WAITING", "gateway_silent")
    assert services.handle_due_events(gateway=account, now=NOON + timedelta(seconds=29)) == 0
    services.handle_due_events(gateway=account, now=NOON + timedelta(seconds=30))

    assert state_of(event) == ("DONE", "credited")


def test_what_never_succeeds_is_parked_for_a_person(
    account: Gateway, cloud: RazorpayProcess, paid: str
) -> None:
    event = received(event_body(paid))
    cloud.order("weather", path="/v1/payments", times=ATTEMPTS_MAX + 5)
    now = NOON

    for _ in range(ATTEMPTS_MAX):
        assert services.handle_due_events(gateway=account, now=now) == 1
        now += timedelta(hours=7)

    assert state_of(event) == ("PARKED", "gateway_silent")
    assert services.handle_due_events(gateway=account, now=now) == 0


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (event_body("pay_unknown"), "gateway_refused"),
        (b'{"event": "payment.captured"}', "shape_unknown"),
        (b'{"event": "payment.captured", "payload": []}', "shape_unknown"),
        (b'{"event": "payment.captured", "payload": {"payment": 7}}', "shape_unknown"),
    ],
)
def test_what_makes_no_sense_is_parked_at_once(account: Gateway, raw: bytes, code: str) -> None:
    event = received(raw)

    services.handle_due_events(gateway=account, now=NOON)

    assert state_of(event) == ("PARKED", code)


def test_a_payment_for_nobodys_order_is_parked(account: Gateway, cloud: RazorpayProcess) -> None:
    foreign = account.create_order(amount_paise=500_00, receipt="elsewhere")
    payment_id: str = cloud.order("pay", order_id=foreign.id)["id"]
    event = received(event_body(payment_id))

    services.handle_due_events(gateway=account, now=NOON)

    assert state_of(event) == ("PARKED", "unknown_order")


def test_an_authorised_payment_waits_until_it_is_captured(
    merchant: Merchant, account: Gateway, cloud: RazorpayProcess
) -> None:
    top_up = ordered(merchant, account)
    payment_id = paid_at(cloud, top_up, "authorized")
    event = received(event_body(payment_id))
    services.handle_due_events(gateway=account, now=NOON)
    assert state_of(event) == ("WAITING", "not_captured")

    body = {"amount": AMOUNT_PAISE, "currency": "INR"}
    account.call("post", f"/v1/payments/{payment_id}/capture", json=body)
    services.handle_due_events(gateway=account, now=NOON + timedelta(minutes=1))

    assert state_of(event) == ("DONE", "credited")


@pytest.mark.parametrize(
    ("raw", "event_id"),
    [
        (b"", "evt1"),
        (b"[]", "evt1"),
        (b"{}", "evt1"),
        (b'{"event": 7}', "evt1"),
        (b'{"event": ""}', "evt1"),
        (b'{"event": "' + b"x" * 65 + b'"}', "evt1"),
        (b"\xff\xfe", "evt1"),
        (b"[" * 20_000, "evt1"),
        (event_body("pay_1"), "e" * 65),
    ],
)
def test_what_is_no_event_is_not_kept(raw: bytes, event_id: str) -> None:
    with pytest.raises(WebhookNotReadable):
        received(raw, event_id=event_id)

    assert GatewayEvent.objects.count() == 0


def test_a_worker_that_died_leaves_the_event_to_the_next_one(
    merchant: Merchant, account: Gateway, paid: str
) -> None:
    event = received(event_body(paid))
    assert event is not None
    # Taken, and its worker was killed before it did anything.
    GatewayEvent.objects.filter(pk=event).update(attempts=1, next_attempt_at=NOON + LEASE)

    assert services.handle_due_events(gateway=account, now=NOON) == 0
    assert services.handle_due_events(gateway=account, now=NOON + LEASE) == 1

    assert purse(merchant) == AMOUNT_PAISE


def test_an_operator_has_an_event_handled_again_without_a_second_effect(
    merchant: Merchant, account: Gateway, paid: str
) -> None:
    event = received(event_body(paid))
    assert event is not None
    services.handle_due_events(gateway=account, now=NOON)
    operator = UUID(int=7)

    services.replay_event(event_id=event, actor_id=operator, reason="to be sure", now=NOON)
    services.handle_due_events(gateway=account, now=NOON)

    assert state_of(event) == ("DONE", "already_credited")
    assert purse(merchant) == AMOUNT_PAISE
    trail = AuditEvent.objects.get(action="gateway-event.replayed")
    assert (trail.actor_id, trail.reason, trail.before) == (
        operator,
        "to be sure",
        {"state": "DONE"},
    )


def test_nobody_replays_an_event_that_never_came() -> None:
    with pytest.raises(EventNotFound):
        services.replay_event(event_id=UUID(int=1), actor_id=UUID(int=7), reason="r", now=NOON)


def test_what_an_event_says_lies_sealed(paid: str) -> None:
    event = received(event_body(paid, contact="+919812345678"))
    assert event is not None

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM payments_gatewayevent WHERE id = %s", [event])
        (stored,) = cursor.fetchone()

    assert b"9812345678" not in bytes(stored)
    assert "9812345678" in GatewayEvent.objects.get(pk=event).body
