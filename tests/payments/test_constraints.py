"""What the database refuses about top-ups, payments and events, whoever writes."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.payments.models import GatewayEvent, Payment, TopUp
from tests.factories import NOON, make_merchant

pytestmark = pytest.mark.django_db


def top_up(**changes: object) -> TopUp:
    facts: dict[str, object] = {
        "merchant": make_merchant(),
        "amount_paise": 500_00,
        "requested_by": uuid4(),
        "created_at": NOON,
        "status_changed_at": NOON,
        "next_look_at": NOON,
    }
    return TopUp.objects.create(**facts | changes)


def payment(**changes: object) -> Payment:
    facts: dict[str, object] = {
        "payment_id": uuid4().hex,
        "journal_id": uuid4(),
        "amount_paise": 500_00,
        "fee_paise": 11_80,
        "tax_paise": 1_80,
        "credited_at": NOON,
    }
    if "top_up" not in changes:
        facts["top_up"] = top_up()
    return Payment.objects.create(**facts | changes)


def event(**changes: object) -> GatewayEvent:
    facts: dict[str, object] = {
        "source": "RAZORPAY",
        "event_id": uuid4().hex,
        "name": "payment.captured",
        "body": "{}",
        "next_attempt_at": NOON,
        "received_at": NOON,
    }
    return GatewayEvent.objects.create(**facts | changes)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_top_up_amount_positive", {"amount_paise": 0}),
        ("payments_top_up_ordered_when_open", {"state": "OPEN"}),
        ("payments_top_up_ordered_when_open", {"state": "PAID"}),
        ("payments_top_up_ordered_when_open", {"state": "CREATED", "order_id": "order_1"}),
        ("payments_top_up_ordered_when_open", {"state": "SOMEHOW"}),
    ],
)
def test_a_top_up_that_cannot_be_true_is_refused(name: str, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        top_up(**changes)


def test_an_order_belongs_to_one_top_up() -> None:
    top_up(order_id="order_1", state="OPEN")

    with pytest.raises(IntegrityError, match="payments_top_up_order_once"), transaction.atomic():
        top_up(order_id="order_1", state="OPEN")


def test_a_senders_key_makes_one_top_up() -> None:
    actor = uuid4()
    top_up(requested_by=actor, request_key="k")
    top_up(requested_by=uuid4(), request_key="k")

    with pytest.raises(IntegrityError, match="payments_top_up_request_once"), transaction.atomic():
        top_up(requested_by=actor, request_key="k")


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_paise": 0, "fee_paise": 0, "tax_paise": 0},
        {"fee_paise": 1, "tax_paise": 2},
        {"tax_paise": -1},
        {"amount_paise": 10, "fee_paise": 11, "tax_paise": 1},
    ],
)
def test_a_payment_out_of_range_is_refused(changes: dict[str, object]) -> None:
    with (
        pytest.raises(IntegrityError, match="payments_payment_amounts_in_range"),
        transaction.atomic(),
    ):
        payment(**changes)


def test_a_payment_is_credited_once_and_a_top_up_by_one_payment() -> None:
    first = payment()

    with pytest.raises(IntegrityError, match="payment_pkey"), transaction.atomic():
        payment(payment_id=first.payment_id)
    with pytest.raises(IntegrityError, match="top_up_id"), transaction.atomic():
        payment(top_up=first.top_up)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("payments_event_source_known", {"source": "ELSEWHERE"}),
        ("payments_event_handled_at", {"state": "DONE"}),
        ("payments_event_handled_at", {"state": "WAITING", "handled_at": NOON}),
        ("payments_event_handled_at", {"state": "SOMEHOW"}),
    ],
)
def test_an_event_that_cannot_be_true_is_refused(name: str, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        event(**changes)


def test_an_event_is_kept_once_for_each_source() -> None:
    event(event_id="evt1")
    event(event_id="evt1", source="RAZORPAYX")

    with pytest.raises(IntegrityError, match="payments_event_once"), transaction.atomic():
        event(event_id="evt1")
