"""What the bank holds against what the books say: a difference stops payouts, a person lets them go on."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.jobs import services as jobs
from apps.payments import readings, selectors, services
from apps.payments.gateway import Gateway
from apps.payments.models import CustodyCheck, PayoutHalt, ReconException
from tests.factories import NOON, make_merchant
from tests.payments.month import Month
from tests.payments.test_reconciliation import a_line_is_missing, a_utr_is_unknown, quiet
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
OPERATOR = UUID(int=7)


@pytest.fixture
def month(cloud: RazorpayProcess, account: Gateway) -> Month:
    return quiet(Month(cloud, account))


def test_books_that_agree_with_the_bank_halt_nothing(month: Month) -> None:
    month.close()

    check = month.custody()

    assert (check.whole, check.halted, check.in_transit_paise) == (True, False, 0)
    assert check.bank_paise == sum(row.paise for row in month.bank_rows())
    assert not selectors.payouts_halted()


def money_never_arrives(month: Month) -> Month:
    rows = month.bank_rows()
    (first, _) = [row for row in rows if row.narration == "RAZORPAY SETTLEMENT"]
    month.close([row for row in rows if row != first])
    return month


@pytest.mark.parametrize("spoil", [money_never_arrives, a_utr_is_unknown])
def test_what_nobody_explained_halts_payouts_until_an_operator_lets_them_go_on(
    month: Month, spoil: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(spoil)
    spoil(month)
    row = ReconException.objects.get()

    check = month.custody()

    assert (check.whole, check.halted) == (False, True)
    assert check.difference_paise == row.bank_effect_paise
    assert selectors.payouts_halted()
    assert "custody is not whole, payouts are halted" in caplog.text
    # Found again, it is the same halt.
    month.custody()
    assert PayoutHalt.objects.count() == 1

    services.decide_exception(
        exception_id=row.pk,
        close=False,
        amount_paise=row.amount_paise,
        actor_id=OPERATOR,
        reason="the bank corrects it tomorrow",
        now=month.now,
    )
    assert selectors.payouts_halted()
    services.resume_payouts(reason="explained", actor_id=OPERATOR, now=month.now)
    # Accounted for: the next check finds nothing new and leaves payouts alone.
    assert month.custody().whole
    assert not selectors.payouts_halted()


def test_a_statement_with_a_gap_is_not_believed_about_its_closing_balance(month: Month) -> None:
    a_line_is_missing(month)

    check = month.custody()

    assert (check.whole, check.bank_paise) == (True, None)


def test_less_in_custody_than_is_owed_halts_payouts_without_any_statement(
    cloud: RazorpayProcess, account: Gateway
) -> None:
    month = Month(cloud, account)
    # Razorpay's fee was paid out of what merchants own: nothing was put into the reserve.
    month.top_up(0, 10_000_00)
    month.settle()
    services.pull_settlements(gateway=account, now=month.now)

    check = month.custody()

    assert (check.whole, check.bank_paise, check.difference_paise) == (False, None, 0)
    assert "20000 short" in check.shortfall
    assert check.held_paise is not None
    assert check.owed_paise == check.held_paise + 20_000
    assert selectors.payouts_halted()


def test_prometheus_reads_the_newest_check(month: Month) -> None:
    a_utr_is_unknown(month)
    check = month.custody()

    assert readings.difference_paise(month.now) == check.difference_paise == 12_34
    assert readings.whole(month.now) == 0.0
    assert readings.unexplained_s(month.now) == 0.0
    assert readings.unexplained_s(month.now + timedelta(days=1)) == 86_400
    assert selectors.latest_check() == check


def test_custody_that_was_never_checked_is_as_old_as_the_platform() -> None:
    assert readings.checked_s(NOON) == 0

    jobs.begin(job="tests.a_job", now=NOON - timedelta(days=3))
    assert readings.checked_s(NOON) == 3 * 86_400

    services.check_custody(now=NOON - timedelta(days=1))
    assert readings.checked_s(NOON) == 86_400


def test_a_platform_without_money_is_whole() -> None:
    make_merchant()

    check = services.check_custody(now=make_merchant("Other").status_changed_at)

    assert check.whole
    assert CustodyCheck.objects.count() == 1
