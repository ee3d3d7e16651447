"""What stops all payouts, and what lets them go on."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEvent
from apps.payments import selectors, services
from apps.payments.errors import PayoutReasonRequired, PayoutsNotHalted
from apps.payments.models import PayoutHalt
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_payouts_are_halted_until_somebody_lets_them_go_on() -> None:
    operator = uuid4()
    services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)
    assert selectors.payouts_halted()

    later = NOON + timedelta(hours=1)
    services.resume_payouts(reason="found it", actor_id=operator, now=later)

    assert not selectors.payouts_halted()
    halt = PayoutHalt.objects.get()
    assert (halt.lifted_by, halt.lifted_at) == (operator, later)
    acts = AuditEvent.objects.filter(object_type="payouts").order_by("at")
    assert list(acts.values_list("action", flat=True)) == ["payouts.halted", "payouts.resumed"]


def test_the_same_finding_each_night_halts_once() -> None:
    for _ in range(3):
        services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)

    assert PayoutHalt.objects.count() == 1
    assert AuditEvent.objects.filter(action="payouts.halted").count() == 1


def test_payouts_halted_for_two_reasons_go_on_at_one_word() -> None:
    services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)
    services.halt_payouts(reason="bank statement differs", actor_id=uuid4(), now=NOON)

    services.resume_payouts(reason="both found", actor_id=uuid4(), now=NOON)

    assert not selectors.payouts_halted()


def test_what_is_not_halted_cannot_go_on_and_nobody_acts_without_a_reason() -> None:
    with pytest.raises(PayoutsNotHalted):
        services.resume_payouts(reason="well", actor_id=uuid4(), now=NOON)
    with pytest.raises(PayoutReasonRequired):
        services.halt_payouts(reason=" ", actor_id=uuid4(), now=NOON)
    services.halt_payouts(reason="custody differs", actor_id=None, now=NOON)
    with pytest.raises(PayoutReasonRequired):
        services.resume_payouts(reason=" ", actor_id=uuid4(), now=NOON)

    assert selectors.payouts_halted()


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"lifted_at": NOON}, "payments_halt_lifted_with_a_reason"),
        ({"lifted_because": "well"}, "payments_halt_lifted_with_a_reason"),
        (
            {"lifted_at": NOON - timedelta(1), "lifted_because": "well"},
            "payments_halt_lifted_with_a_reason",
        ),
        ({"reason": "stands already"}, "payments_halt_stands_once"),
    ],
)
def test_a_halt_that_cannot_be_true_is_refused(facts: dict[str, object], constraint: str) -> None:
    PayoutHalt.objects.create(reason="stands already", halted_at=NOON)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PayoutHalt.objects.create(**{"reason": "another", "halted_at": NOON} | facts)
