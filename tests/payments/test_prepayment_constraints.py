"""What the database refuses about payments in advance and refunds, and what the nightly check finds behind it."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.payments import selectors, services
from apps.payments.gateway import Gateway
from apps.payments.models import Prepayment, PrepaymentRefund
from tests.factories import NOON
from tests.payments.prepaid import FARE_PAISE, begun, made_up, refund_of, taken
from tests.sandbox.pretended_razorpay import RazorpayProcess
from uma.kernel.ids import new_id

pytestmark = pytest.mark.django_db

Facts = dict[str, Any]  # Any: columns of many types
WRONG: dict[str, tuple[Facts, str]] = {
    "amount_payable": ({"amount_paise": 99}, "payments_prepayment_asked_once"),
    "another order": ({"order_id": "order_other"}, "payments_prepayment_asked_once"),
    "another payment": ({"payment_id": "pay_other"}, "payments_prepayment_asked_once"),
    "back again": ({"state": "OPEN", "payment_id": None}, "payments_prepayment_arrows"),
    "captured at once": ({"state": "CAPTURED"}, "payments_prepayment_arrows"),
    "a fee below its tax": ({"fee_paise": 1, "tax_paise": 2}, "payments_prepayment_fee_in_range"),
    "a posting without a capture": (
        {"journal_id": new_id()},
        "payments_prepayment_captured_whole",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_payment_in_advance_that_cannot_be_true_is_refused(name: str) -> None:
    facts, constraint = WRONG[name]
    row = made_up("HELD")

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Prepayment.objects.filter(pk=row.pk).update(**facts)


@pytest.mark.parametrize(
    ("constraint", "facts"),
    [
        ("payments_prepayment_amount_payable", {"amount_paise": 99}),
        ("payments_prepayment_paid_when_held", {"state": "OPEN"}),
        ("payments_prepayment_paid_when_held", {"state": "LOST", "order_id": "order_1"}),
        ("payments_prepayment_paid_when_held", {"payment_id": "pay_1"}),
    ],
)
def test_a_payment_in_advance_does_not_begin_untrue(constraint: str, facts: Facts) -> None:
    asked: Facts = {
        "rider_id": new_id(), "zone_code": "MNP", "purpose": new_id(), "amount_paise": FARE_PAISE,
        "created_at": NOON, "state_changed_at": NOON,
    }  # fmt: skip

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Prepayment.objects.create(**asked | facts)


def test_payments_in_advance_are_unique_where_money_depends_on_it() -> None:
    row = made_up("HELD")
    with pytest.raises(IntegrityError, match="payments_prepayment_one_live"), transaction.atomic():
        Prepayment.objects.create(
            rider_id=row.rider_id, zone_code="MNP", purpose=row.purpose, amount_paise=FARE_PAISE,
            created_at=NOON, state_changed_at=NOON,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="order_once"), transaction.atomic():
        Prepayment.objects.filter(pk=begun().pk).update(state="OPEN", order_id=row.order_id)
    paid = Prepayment.objects.filter(pk=made_up("OPEN").pk)
    with pytest.raises(IntegrityError, match="payment_once"), transaction.atomic():
        paid.update(state="HELD", payment_id=row.payment_id)
    with pytest.raises(IntegrityError, match="never_deleted"), transaction.atomic():
        row.delete()


def test_a_refund_is_one_a_payment_no_more_than_it_and_stays(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    row = taken(cloud, account)
    services.undo_prepayment(purpose=row.purpose, back_paise=90_00, reason="cancelled", now=NOON)
    refund = refund_of(row)
    assert refund.amount_paise == FARE_PAISE, "never more than was paid"
    rows = PrepaymentRefund.objects.filter(pk=refund.pk)
    for facts, constraint in (
        ({"amount_paise": 1_00}, "payments_prepayment_refund_stays"),
        ({"state": "SENT"}, "payments_prepayment_refund_gone_whole"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            rows.update(**facts)
    with pytest.raises(IntegrityError, match="prepayment_id"), transaction.atomic():
        PrepaymentRefund.objects.create(
            prepayment=row, amount_paise=1, paid_paise=1, reason="x", owed_at=NOON,
            next_attempt_at=NOON,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="refund_in_range"), transaction.atomic():
        PrepaymentRefund.objects.create(
            prepayment=made_up("DUE"), amount_paise=2, paid_paise=1, reason="x", owed_at=NOON,
            next_attempt_at=NOON,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="never_deleted"), transaction.atomic():
        refund.delete()


TAMPERINGS = {
    "a payment that nobody knows": (
        "payments in advance and the ledger",
        "DELETE FROM payments_prepaymentrefund; DELETE FROM payments_prepayment",
        "nobody knows",
    ),
    "a capture that is another posting": (
        "payments in advance and the ledger",
        "UPDATE payments_prepayment SET payment_id = 'pay_x'",
        "not the posting that it names",
    ),
    "a refund that says it went": (
        "payments in advance and the ledger",
        "UPDATE payments_prepaymentrefund SET state = 'SENT', reference = 'rfnd_x',"  # noqa: ISC004
        " gone_journal_id = owed_journal_id, gone_at = owed_at",
        "went by a posting that is not its own",
    ),
    "a refund that was made smaller": (
        "refunds owed and the ledger",
        "UPDATE payments_prepaymentrefund SET amount_paise = amount_paise - 1",
        "holds 5500 paise, refunds say 5499",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_nightly_check_finds_what_went_round_the_guards(
    cloud: RazorpayProcess, account: Gateway, name: str
) -> None:
    check, statement, says = TAMPERINGS[name]
    row = taken(cloud, account)
    services.undo_prepayment(purpose=row.purpose, back_paise=55_00, reason="cancelled", now=NOON)

    def found() -> list[str]:
        return [
            one.detail for each in selectors.checks() if each.name == check for one in each.find()
        ]

    assert found() == []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement)
        assert any(says in detail for detail in found())
        transaction.set_rollback(True)
