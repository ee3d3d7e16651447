"""What went round the guards is found: the nightly check names the very row."""

from uuid import UUID, uuid4

import pytest
from django.db import connection

from apps.handshake import invariants
from apps.payments import selectors, services
from apps.payments.gateway import Gateway
from apps.payments.models import Payout
from apps.wallet import codes
from tests.factories import NOON
from tests.payments.paying_out import looked, make_owner, make_payee, submitted
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


def found() -> list[tuple[str, str]]:
    return [(one.check, one.row) for check in selectors.checks() for one in check.find()]


def behind_the_guards(query: str, *values: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(query, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def paid(cloud: RazorpayProcess, account: Gateway) -> Payout:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    payout = submitted(make_owner(), account)
    cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")
    assert looked(payout, account) == "PROCESSED"
    return payout


def test_payouts_of_every_state_agree_with_the_ledger(paid: Payout) -> None:
    asked, other = make_payee(), make_payee()
    asked.ask()
    second = other.ask()
    assert other.rider is not None
    services.cancel_payout(
        payout_id=second.pk, person_id=other.rider.pk, merchant_id=None, actor_id=uuid4(), now=NOON
    )

    assert paid.paid_journal_id is not None
    assert found() == []


def test_money_aside_that_no_open_payout_accounts_for_is_named() -> None:
    payee = make_payee()
    payout = payee.ask()

    behind_the_guards("UPDATE payments_payout SET amount_paise = 1 WHERE id = %s", payout.pk)

    assert payee.rider is not None
    purse = codes.rider_withdrawing(payee.rider.pk)
    assert found() == [("payouts and money set aside", purse)]


@pytest.mark.parametrize("column", ["held_journal_id", "paid_journal_id"])
def test_a_payout_that_names_anothers_posting_is_named(paid: Payout, column: str) -> None:
    other = make_payee().ask()

    behind_the_guards(
        f"UPDATE payments_payout SET {column} = %s WHERE id = %s",
        other.held_journal_id,
        paid.pk,
    )

    assert ("payouts and the ledger", str(paid.pk)) in found()
    assert {row for check, row in found() if check == "postings of payouts"}


def test_a_posting_without_its_payout_is_named(paid: Payout) -> None:
    journals = {str(paid.held_journal_id), str(paid.paid_journal_id)}
    behind_the_guards("DELETE FROM payments_payouttransition WHERE payout_id = %s", paid.pk)

    behind_the_guards("DELETE FROM payments_payout WHERE id = %s", paid.pk)

    assert {row for check, row in found() if check == "postings of payouts"} == journals


def test_a_state_that_no_step_led_to_is_named() -> None:
    payout = make_payee().ask()

    behind_the_guards("UPDATE payments_payout SET state = 'SCREENING' WHERE id = %s", payout.pk)

    assert found() == [("payouts and their steps", str(payout.pk))]


def test_the_nightly_check_asks_these_too() -> None:
    asked = {check.name for check in invariants.checks()}

    assert {check.name for check in selectors.checks()} <= asked
