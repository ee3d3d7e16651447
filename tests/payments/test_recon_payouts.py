"""Payouts laid beside the float's own statement: each that differs is found once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import connection

from apps.accounts.models import User
from apps.payments import selectors, services
from apps.payments.gateway import Gateway
from apps.payments.models import AccountValidation, Payout, ReconException
from apps.payments.reconciling import payouts, validations
from apps.payments.reports import FloatLine
from apps.wallet import codes
from tests.factories import NOON, balance, make_merchant
from tests.payments.month import Month, open_kinds
from tests.payments.paying_out import (
    AMOUNT_PAISE,
    FEE_PAISE,
    HAS_PAISE,
    looked,
    make_payee,
    submitted,
)
from tests.payments.validating import (
    COST_PAISE,
    COST_TAX_PAISE,
    added,
    answered,
    question,
)
from tests.payments.validating import looked as looked_at_bank
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


def test_what_a_delay_cost_us_is_no_disagreement_and_custody_counts_it(month: Month) -> None:
    failed, came_back = submitted(make_payee(), month.account, now=month.now), paid(month)
    month.move(days=4)
    for payout, status in ((failed, "failed"), (came_back, "reversed")):
        month.cloud.order("payouts/move", payout_id=payout.razorpay_id, status=status)
        assert looked(payout, month.account, now=month.now) == status.upper()
    # What riders were given, and of what their delays will cost all but a paisa.
    month.fund_reserve(2 * HAS_PAISE + 600_00 - 1)
    assert month.custody().whole

    assert services.compensate_late_payouts(now=month.now) == 6

    run = month.reconcile()
    check = month.custody()
    assert open_kinds() == []
    # It moved nothing at Razorpay's or the bank's, and is owed to riders all the same.
    assert run.totals["payouts"]["ledger"] == run.totals["payouts"]["razorpay"]
    assert (check.difference_paise, check.shortfall.split(": ")[1][:8]) == (0, "1 short,")
    month.fund_reserve(1)
    assert month.custody().whole
    call_command("verify_ledger")


# --- what asking banks costs ---------------------------------------------------------------------


def asked_a_bank(month: Month) -> AccountValidation:
    month.cloud.order("validations", ends="", seconds=0)
    make_merchant("Any shop")
    mine = added(now=month.now)
    services.validate_next(gateway=month.account, now=month.now)
    answered(month.cloud, mine)
    looked_at_bank(mine, month.account, now=month.now)
    return question(mine)


def test_what_a_question_cost_is_booked_once_from_the_floats_statement(month: Month) -> None:
    made = asked_a_bank(month)
    fees, tax, flow = (
        codes.zone_account("MNP", name) for name in ("payout_fees", "gst_input", "payout_float")
    )
    before = [balance(code) for code in (fees, tax, flow)]

    month.reconcile()
    run = month.reconcile()

    after = [balance(code) for code in (fees, tax, flow)]
    moved = [now - then for now, then in zip(after, before, strict=True)]
    assert [abs(paise) for paise in moved] == [
        COST_PAISE - COST_TAX_PAISE, COST_TAX_PAISE, COST_PAISE,
    ]  # fmt: skip
    made.refresh_from_db()
    assert (made.cost_paise, made.cost_tax_paise) == (COST_PAISE, COST_TAX_PAISE)
    assert run.totals["validations"] == {"ledger": COST_PAISE, "razorpay": COST_PAISE}
    assert open_kinds() == []
    assert [one for check in selectors.checks() for one in check.find()] == []


@pytest.mark.parametrize("sort", ["foreign", "given back", "no price", "no zone"])
def test_what_belongs_to_no_question_is_left_to_a_person(month: Month, sort: str) -> None:
    made = asked_a_bank(month)
    line = FloatLine(
        "txn_1", "", "", COST_PAISE, 0, month.now, made.razorpay_id or "", COST_TAX_PAISE
    )
    if sort == "foreign":
        line = replace(line, validation_id="fav_nobodys")
    elif sort == "given back":
        line = replace(line, debit_paise=0, credit_paise=COST_PAISE)
    elif sort == "no price":
        line = replace(line, debit_paise=200_00)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE payments_accountvalidation SET zone_code = '' WHERE id = %s", [made.pk]
            )
            cursor.execute("SET LOCAL session_replication_role = origin")
        # Neither a home nor any money yet.
        User.objects.update(zone_code="")

    assert services.book_costs(lines=[line], now=month.now) == 0

    (finding,) = validations.compare(lines=[line]).findings
    assert (finding.kind, finding.expected_paise) == ("PAYOUT_UNKNOWN", 0)


def test_a_cost_that_its_posting_does_not_bear_out_is_named(month: Month) -> None:
    made = asked_a_bank(month)
    month.reconcile()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE payments_accountvalidation SET cost_paise = 40 WHERE id = %s", [made.pk]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    found = [(one.check, one.row) for check in selectors.checks() for one in check.find()]

    assert found == [("costs of validations", str(made.pk))]
