"""A month laid side by side: nothing is left when nothing is wrong, and each mistake is found once."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from apps.accounts.models import AuditEvent
from apps.payments import services
from apps.payments.errors import (
    AmountNotEchoed,
    DeskReasonRequired,
    ExceptionClosed,
    ExceptionNotFound,
    LineNotHeldForItsFee,
)
from apps.payments.gateway import Gateway, GatewaySilent
from apps.payments.models import (
    BankLine,
    Payment,
    ReconException,
    ReconRun,
    SettledLine,
    Settlement,
)
from apps.wallet import selectors as ledger
from tests.payments.making import ordered, paid_at
from tests.payments.month import Month, busy, open_kinds
from tests.sandbox.pretended_razorpay import RazorpayProcess

pytestmark = pytest.mark.django_db
OPERATOR = UUID(int=7)


@pytest.fixture
def month(cloud: RazorpayProcess, account: Gateway) -> Month:
    return Month(cloud, account)


def test_a_month_without_mistakes_leaves_nothing_over(month: Month) -> None:
    run = busy(month).close()

    assert list(ReconException.objects.values_list("kind", "detail")) == []
    assert (run.standing, run.found_new, run.cleared) == (0, 0, 0)
    assert not SettledLine.objects.filter(state="HELD").exists()
    assert not BankLine.objects.filter(matched_to="").exists()
    # All that was paid is settled, what was won and lost included, and the books are at the bank.
    assert ledger.total_paise(account_kind="pg_clearing") == 0
    closing = sum(row.paise for row in month.bank_rows())
    assert ledger.total_paise(account_kind="bank_nodal") == closing
    assert run.totals["payments"]["ledger"] == run.totals["payments"]["razorpay"]
    assert run.totals["bank"]["ledger"] == run.totals["bank"]["bank"]
    check = month.custody()
    assert (check.whole, check.difference_paise, check.bank_paise) == (True, 0, closing)


def quiet(month: Month) -> Month:
    """A week: two settlements of two payments each, a bank transfer, and the reserve."""
    month.fund_reserve()
    month.bank_transfer()
    for _ in range(2):
        month.top_up(0, 5_000_00)
        month.top_up(1, 1_234_56)
        month.move(days=3)
        month.settle()
    return month


def a_line_is_missing(month: Month) -> Month:
    rows = month.bank_rows()
    (first, _) = [row for row in rows if row.narration == "RAZORPAY SETTLEMENT"]
    month.close(without=first.utr)
    return month


def an_amount_is_altered(month: Month) -> Month:
    rows = month.bank_rows()
    rows[-1].paise -= 1
    month.close(rows)
    return month


def a_utr_is_unknown(month: Month) -> Month:
    rows = month.bank_rows()
    month.by_hand.append(type(rows[0])(month.now, "ZZ998877665544", 12_34, "WHO IS THIS"))
    month.close()
    return month


def the_bank_pays_twice(month: Month) -> Month:
    last = month.bank_rows()[-1]
    again = type(last)(last.at + timedelta(hours=1), last.utr, last.paise, last.narration)
    month.by_hand.append(again)
    month.close()
    return month


def a_fee_is_wrong(month: Month) -> Month:
    paid = month.top_up()
    month.cloud.order("alter", kind="pay", id=paid, facts={"_settle_fee": 119_00})
    month.settle()
    month.close()
    return month


def a_settled_amount_is_wrong(month: Month) -> Month:
    paid = month.top_up()
    month.cloud.order("alter", kind="pay", id=paid, facts={"_settle_amount": 4_999_00})
    month.settle()
    month.close()
    return month


def somebody_elses_payment_is_settled(month: Month) -> Month:
    foreign = month.account.create_order(amount_paise=500_00, receipt="elsewhere")
    month.cloud.order("pay", order_id=foreign.id)
    month.settle()
    month.close()
    return month


def somebody_elses_payment_waits(month: Month) -> Month:
    foreign = month.account.create_order(amount_paise=500_00, receipt="elsewhere")
    month.cloud.order("pay", order_id=foreign.id)
    month.close()
    return month


def a_credited_payment_is_refunded(month: Month) -> Month:
    paid = month.top_up()
    month.account.call("post", f"/v1/payments/{paid}/refund", json={"amount": 100_00})
    month.close()
    return month


def a_payment_is_forged_in_our_books(month: Month) -> Month:
    top_up = ordered(month.shops[0], month.account, amount_paise=900_00, now=month.now)
    facts = month.account.payment(payment_id=paid_at(month.cloud, top_up))
    forged = type(facts)("pay_Forged0000000", *(getattr(facts, n) for n in facts.__slots__[1:]))
    services.credit_payment(facts=forged, now=month.now)
    month.cloud.order("alter", kind="pay", id=facts.id, facts={"status": "failed"})
    month.close()
    return month


def the_captured_amount_changes(month: Month) -> Month:
    paid = month.payments[0]
    month.cloud.order(
        "alter", kind="pay", id=paid, facts={"amount": 5_001_00, "_settle_amount": 5_000_00}
    )
    month.close()
    return month


def a_payment_is_never_settled(month: Month) -> Month:
    month.top_up()
    month.move(days=8)
    month.close()
    return month


def an_adjustment_comes_out_of_nowhere(month: Month) -> Month:
    month.top_up(0, 9_000_00)
    paid = month.payments[0]
    disputed = month.cloud.order("dispute", payment_id=paid, phase="created", onset=True)
    # Razorpay's own answer about it fails for good.
    month.cloud.order("alter", kind="disp", id=disputed["id"], facts={"payment_id": "pay_Gone"})
    month.settle()
    month.close()
    return month


DEFECTS: list[tuple[Callable[[Month], Month], str]] = [
    (a_line_is_missing, "BANK_MISSING"),
    (an_amount_is_altered, "BANK_AMOUNT"),
    (a_utr_is_unknown, "BANK_UNKNOWN"),
    (the_bank_pays_twice, "BANK_UNKNOWN"),
    (a_fee_is_wrong, "SETTLED_FEE"),
    (a_settled_amount_is_wrong, "SETTLED_AMOUNT"),
    (somebody_elses_payment_is_settled, "SETTLED_UNKNOWN"),
    (somebody_elses_payment_waits, "PAYMENT_NOT_CREDITED"),
    (a_credited_payment_is_refunded, "PAYMENT_REFUNDED"),
    (a_payment_is_forged_in_our_books, "PAYMENT_UNKNOWN"),
    (the_captured_amount_changes, "PAYMENT_AMOUNT"),
    (a_payment_is_never_settled, "PAYMENT_NOT_SETTLED"),
    (an_adjustment_comes_out_of_nowhere, "DEDUCTION_UNKNOWN"),
]


@pytest.mark.parametrize(("spoil", "kind"), DEFECTS, ids=[spoil.__name__ for spoil, _ in DEFECTS])
def test_each_mistake_is_found_once_and_by_its_name(
    month: Month, spoil: Callable[[Month], Month], kind: str
) -> None:
    spoil(quiet(month))

    assert open_kinds() == [kind]
    first = ReconException.objects.get()
    month.move(days=0)
    again = month.reconcile()

    # Seen again, and nothing is added, posted or changed.
    assert (again.found_new, again.cleared, again.standing) == (0, 0, 1)
    assert ReconException.objects.get().first_seen_at == first.first_seen_at


def test_running_again_changes_nothing(month: Month) -> None:
    busy(month).close()
    posted = ledger.movements(account_kind="bank_nodal")
    settled = list(SettledLine.objects.order_by("pk").values())

    assert services.pull_settlements(gateway=month.account, now=month.now) == 0
    month.reconcile()
    month.reconcile()

    assert ledger.movements(account_kind="bank_nodal") == posted
    assert list(SettledLine.objects.order_by("pk").values()) == settled
    assert (ReconRun.objects.count(), ReconException.objects.count()) == (3, 0)


def test_a_line_that_comes_later_closes_what_missed_it(month: Month) -> None:
    a_line_is_missing(quiet(month))

    month.upload()
    run = month.reconcile()

    gone = ReconException.objects.get()
    assert (run.cleared, gone.standing, gone.state, gone.decided_by) == (1, False, "CLOSED", None)
    assert gone.reason == "Both sides agree by now."


def test_what_comes_back_is_open_again(month: Month) -> None:
    somebody_elses_payment_waits(quiet(month))
    (unpaid,) = ReconException.objects.all()
    month.cloud.order("alter", kind="pay", id=unpaid.subject, facts={"status": "failed"})
    month.reconcile()
    assert open_kinds() == []

    month.cloud.order("alter", kind="pay", id=unpaid.subject, facts={"status": "captured"})
    month.reconcile()

    assert open_kinds() == ["PAYMENT_NOT_CREDITED"]


def test_what_razorpay_was_not_asked_about_stays_as_it_was(month: Month) -> None:
    somebody_elses_payment_waits(quiet(month))

    month.move(days=60)
    month.reconcile()

    row = ReconException.objects.get(kind="PAYMENT_NOT_CREDITED")
    assert (row.state, row.standing) == ("OPEN", True)


def test_a_silent_razorpay_is_no_reason_to_compare(month: Month) -> None:
    quiet(month)
    month.cloud.order("weather", path="/v1/payments", times=1)

    with pytest.raises(GatewaySilent):
        month.reconcile()

    assert ReconRun.objects.count() == 0


def test_a_young_transfer_is_on_its_way_and_no_mistake(month: Month) -> None:
    rows = quiet(month).bank_rows()
    services.pull_settlements(gateway=month.account, now=month.now)
    month.upload(rows[:-1])

    run = month.reconcile()

    assert open_kinds() == []
    assert run.totals["bank"]["in_transit"] == -rows[-1].paise
    assert month.custody().whole


def test_a_payment_nobody_told_of_is_credited_by_the_comparison(month: Month) -> None:
    top_up = ordered(month.shops[0], month.account, now=month.now)
    paid = paid_at(month.cloud, top_up)

    month.reconcile()

    assert Payment.objects.filter(pk=paid).exists()
    assert open_kinds() == []


def decide(row: ReconException, *, close: bool = False, **changes: object) -> ReconException:
    facts: dict[str, object] = {
        "exception_id": row.pk,
        "close": close,
        "amount_paise": row.amount_paise,
        "actor_id": OPERATOR,
        "reason": "asked the bank, ticket 12",
        "now": row.last_seen_at,
    }
    return services.decide_exception(**facts | changes)  # type: ignore[arg-type]  # of many types


def test_an_operator_explains_and_closes_with_the_amount_and_a_reason(month: Month) -> None:
    a_utr_is_unknown(quiet(month))
    row = ReconException.objects.get()

    with pytest.raises(AmountNotEchoed):
        decide(row, amount_paise=row.amount_paise + 1)
    with pytest.raises(DeskReasonRequired):
        decide(row, reason=" ")
    with pytest.raises(ExceptionNotFound):
        decide(row, exception_id=uuid4())
    assert decide(row).state == "EXPLAINED"
    month.reconcile()
    row.refresh_from_db()
    assert (row.state, row.reason, row.decided_by) == (
        "EXPLAINED",
        "asked the bank, ticket 12",
        OPERATOR,
    )
    assert decide(row, close=True).state == "CLOSED"
    with pytest.raises(ExceptionClosed):
        decide(row, close=True)
    actions = AuditEvent.objects.filter(object_type="recon-exception").order_by("pk")
    assert [done.action for done in actions] == [
        "recon-exception.explained",
        "recon-exception.closed",
    ]


def test_a_fee_that_was_taken_is_accepted_by_an_operator_and_posted(month: Month) -> None:
    a_fee_is_wrong(quiet(month))
    line = SettledLine.objects.get(state="HELD")
    assert ledger.total_paise(account_kind="pg_clearing") == line.amount_paise

    services.accept_settled_fee(
        line_id=line.pk, actor_id=OPERATOR, reason="as in the new contract", now=month.now
    )

    assert ledger.total_paise(account_kind="pg_clearing") == 0
    assert month.reconcile().cleared == 1
    assert month.custody().whole
    with pytest.raises(LineNotHeldForItsFee):
        services.accept_settled_fee(
            line_id=line.pk, actor_id=OPERATOR, reason="again", now=month.now
        )


def test_a_settlement_is_posted_payment_by_payment(month: Month) -> None:
    paid = month.top_up(0, 5_000_00)
    month.settle()

    services.pull_settlements(gateway=month.account, now=month.now)

    line = SettledLine.objects.get(entity_id=paid)
    assert line.journal_id is not None
    moved = {
        row.debit.rpartition(":")[2]: row.amount_paise
        for row in ledger.journal_transfers(journal_id=line.journal_id)
    }
    assert moved == {"bank_nodal": 4_882_00, "pg_fees": 100_00, "gst_input": 18_00}
    assert Settlement.objects.get().utr == month.cloud.ask("setl")["items"][0]["utr"]
