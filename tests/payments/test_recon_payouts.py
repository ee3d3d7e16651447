"""Payouts laid beside the float's own statement: each that differs is found once."""

from collections.abc import Callable

import pytest

from apps.payments import services
from apps.payments.gateway import Gateway
from apps.payments.models import Payout, ReconException
from apps.payments.reconciling import payouts
from apps.payments.reports import FloatLine
from tests.factories import NOON
from tests.payments.month import Month, open_kinds
from tests.payments.paying_out import AMOUNT_PAISE, FEE_PAISE, looked, make_payee, submitted
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(cloud: RazorpayProcess, account: Gateway) -> Month:
    cloud.order("payouts", begins="processing", ends="", seconds=0)
    return Month(cloud, account)


def sent(month: Month) -> Payout:
    """A payout that RazorpayX made, and of which we have not asked yet."""
    payout = submitted(make_payee(), month.account, now=month.now)
    month.cloud.order("payouts/move", payout_id=payout.razorpay_id, status="processed")
    return payout


def paid(month: Month) -> Payout:
    payout = sent(month)
    assert looked(payout, month.account, now=month.now) == "PROCESSED"
    return payout


def test_payouts_that_were_made_leave_nothing_over(month: Month) -> None:
    paid(month)
    month.move(days=2)

    run = month.reconcile()

    assert open_kinds() == []
    both = AMOUNT_PAISE + FEE_PAISE
    assert run.totals["payouts"] == {"ledger": both, "razorpay": both}


def test_what_we_have_not_asked_about_yet_is_no_mistake_for_a_day(month: Month) -> None:
    sent(month)

    month.reconcile()
    assert open_kinds() == []
    month.move(days=2)
    month.reconcile()
    assert open_kinds() == ["PAYOUT_UNKNOWN"]


def it_is_paid_twice(month: Month) -> None:
    payout = paid(month)
    asked = month.account.call("get", f"/v1/payouts/{payout.razorpay_id}")
    names = (
        "fund_account_id",
        "amount",
        "currency",
        "mode",
        "purpose",
        "reference_id",
        "narration",
    )
    body = {name: asked[name] for name in names} | {"account_number": "7878780080316316"}
    again = month.account.call(
        "post", "/v1/payouts", json=body, headers={"X-Payout-Idempotency": "another-key"}
    )
    month.cloud.order("payouts/move", payout_id=again["id"], status="processed")


def another_fee_is_booked(month: Month) -> None:
    payout = sent(month)
    facts = {"fees": 4_00, "tax": 61}
    month.cloud.order("alter", kind="pout", id=payout.razorpay_id, facts=facts)
    looked(payout, month.account, now=month.now)


def the_float_never_paid(month: Month) -> None:
    paid(month)
    (line,) = month.cloud.ask("txn")["items"]
    month.cloud.order("alter", kind="txn", id=line["id"], facts={"source": {"entity": "none"}})


def it_came_back_and_nobody_heard(month: Month) -> None:
    payout = paid(month)
    month.cloud.order("payouts/move", payout_id=payout.razorpay_id, status="reversed")


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (it_is_paid_twice, "PAYOUT_UNKNOWN"),
        (another_fee_is_booked, "PAYOUT_AMOUNT"),
        (the_float_never_paid, "PAYOUT_MISSING"),
        (it_came_back_and_nobody_heard, "PAYOUT_MISSING"),
    ],
)
def test_each_mistake_is_found_once(
    month: Month, spoil: Callable[[Month], None], kind: str
) -> None:
    spoil(month)
    month.move(days=2)

    month.reconcile()
    run = month.reconcile()

    assert open_kinds() == [kind]
    assert (run.found_new, run.standing, ReconException.objects.count()) == (0, 1, 1)


def test_a_return_that_was_booked_agrees(month: Month) -> None:
    payout = paid(month)
    month.cloud.order("payouts/move", payout_id=payout.razorpay_id, status="reversed")
    assert looked(payout, month.account, now=month.now) == "REVERSED"
    month.move(days=2)

    month.reconcile()

    assert open_kinds() == []


def test_one_payout_that_left_the_float_twice_is_found(month: Month) -> None:
    payout = paid(month)
    assert payout.razorpay_id is not None
    line = FloatLine("txn_1", payout.razorpay_id, "U1", AMOUNT_PAISE + FEE_PAISE, 0, NOON)
    again = FloatLine("txn_2", payout.razorpay_id, "U1", AMOUNT_PAISE + FEE_PAISE, 0, NOON)

    side = payouts.compare(lines=[line, again], since=NOON, now=month.now)

    assert [found.kind for found in side.findings] == ["PAYOUT_UNKNOWN"]


def test_money_put_into_the_float_by_hand_is_the_banks_matter() -> None:
    line = FloatLine("txn_1", "", "U1", 0, 900_00, NOON)

    assert payouts.compare(lines=[line], since=NOON, now=NOON).findings == []
    assert services.match_bank_lines(now=NOON) == 0
