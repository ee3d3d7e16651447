"""Settlements, disputes, alerts and exceptions told by many at once; each lock with its control."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.accounts import services as accounts
from apps.merchants import services as merchants
from apps.merchants.models import Merchant
from apps.notifications.models import InboxMessage
from apps.payments import services
from apps.payments.models import (
    BalanceRule,
    BankLine,
    Payment,
    PaymentDispute,
    ReconException,
    SettledLine,
    Settlement,
)
from apps.payments.reconciling.findings import Finding, Kind
from apps.payments.reports import DisputeFacts, ReportedLine
from apps.payments.services import balances, disputes, reconciliation, settlements, statements
from apps.wallet import codes
from apps.wallet import selectors as ledger
from apps.wallet import services as wallet
from tests.concurrency.meeting import at_once, beside, paused
from tests.concurrency.test_payments import captured, open_top_up
from tests.factories import NOON, balance, fund, make_booking, make_merchant, make_shop
from tests.payments.making import AMOUNT_PAISE, purse

pytestmark = pytest.mark.django_db(transaction=True)
ALREADY = "AlreadyPosted"


@pytest.fixture
def paid() -> Payment:
    merchant = make_merchant()
    top_up = open_top_up(merchant)
    assert services.credit_payment(facts=captured(top_up), now=NOON) == "credited"
    return Payment.objects.select_related("top_up__merchant").get()


def told(
    dispute_id: str = "disp_1", paise: int = 3_000_00, status: str = "OPEN"
) -> Callable[[], str]:
    facts = DisputeFacts(dispute_id, "pay_1", paise, 0, "INR", "chargeback", status, "fraud", None)
    return lambda: services.record_dispute(facts=facts, now=NOON)


def unlocked_payment(payment_id: str) -> Payment | None:
    rows = Payment.objects.select_related("top_up__merchant__zone")
    return rows.filter(pk=payment_id).first()


def test_a_dispute_that_many_tell_of_at_once_takes_the_money_once(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "_take", paused(disputes._take))

    outcomes = at_once(*[told()] * 8)

    assert sorted(map(str, outcomes)) == ["taken"] + ["unchanged"] * 7
    assert purse(paid.top_up.merchant) == AMOUNT_PAISE - 3_000_00


def test_without_the_payments_lock_the_ledger_still_takes_it_once(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "_take", paused(disputes._take))
    monkeypatch.setattr(disputes, "_lock_payment", unlocked_payment)

    outcomes = at_once(*[told()] * 4)

    assert ALREADY in outcomes
    assert outcomes.count("taken") == 1
    assert purse(paid.top_up.merchant) == AMOUNT_PAISE - 3_000_00


def test_two_disputes_of_one_payment_take_no_more_than_it(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "_take", paused(disputes._take))

    outcomes = at_once(told("disp_1"), told("disp_2"))

    assert sorted(map(str, outcomes)) == ["exceeds_payment", "taken"]
    assert purse(paid.top_up.merchant) == AMOUNT_PAISE - 3_000_00


def test_without_the_payments_lock_two_disputes_would_take_more_than_it(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disputes, "_take", paused(disputes._take))
    monkeypatch.setattr(disputes, "_lock_payment", unlocked_payment)

    outcomes = at_once(told("disp_1"), told("disp_2"))

    assert outcomes == ["taken", "taken"]
    assert sum(PaymentDispute.objects.values_list("amount_paise", flat=True)) > paid.amount_paise


def test_a_debt_is_recovered_once_by_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = indebted()
    key, actor = merchant.pk, uuid4()
    # Money comes while the wallet is frozen, so that the debt still stands when it thaws.
    merchants.freeze_wallet(merchant_id=key, actor_id=actor, reason="x", now=NOON)
    fund(key, 4_000_00)
    merchants.unfreeze_wallet(merchant_id=key, actor_id=actor, reason="x", now=NOON)
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    def recover() -> int:
        return disputes.recover(merchant_id=key, reference=f"recovery:{uuid4()}", now=NOON)

    assert sorted(map(str, at_once(recover, recover))) == ["0", "300000"]
    assert balance(codes.merchant_receivable(key)) == 0
    assert purse(merchant) == 4_000_00 - 3_000_00


def test_a_debt_that_is_paid_while_its_dispute_is_won_is_forgiven_or_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    merchant = indebted()
    key, actor = merchant.pk, uuid4()
    merchants.freeze_wallet(merchant_id=key, actor_id=actor, reason="x", now=NOON)
    fund(key, 4_000_00)
    merchants.unfreeze_wallet(merchant_id=key, actor_id=actor, reason="x", now=NOON)
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    won, _ = at_once(
        told(status="WON"),
        lambda: disputes.recover(merchant_id=key, reference="recovery:1", now=NOON),
    )

    assert won == "returned"
    assert (purse(merchant), balance(codes.merchant_receivable(key))) == (4_000_00, 0)


def indebted() -> Merchant:
    """A merchant without money that owes ₹3,000."""
    merchant = make_merchant()
    services.credit_payment(facts=captured(open_top_up(merchant)), now=NOON)
    purse_ = codes.merchant_wallet(merchant.pk)
    leg = wallet.Leg(purse_, codes.merchant_refunding(merchant.pk), AMOUNT_PAISE)
    wallet.post(
        kind="refund",
        reference="refund:1",
        legs=[leg],
        zone_code="MNP",
        event_at=NOON,
        actor_id=None,
    )
    assert told()() == "taken"
    assert balance(codes.merchant_receivable(merchant.pk)) == 3_000_00
    return merchant


def settled() -> list[ReportedLine]:
    return [
        ReportedLine(
            "PAYMENT", "pay_1", "pay_1", "", "", AMOUNT_PAISE, 118_00, 18_00, AMOUNT_PAISE - 118_00,
            0, "setl_1", "UTR1", NOON,
        )
    ]  # fmt: skip


def test_a_settlement_that_two_read_at_once_is_posted_once(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert paid.pk
    monkeypatch.setattr(settlements, "_post_line", paused(settlements._post_line))

    outcomes = at_once(*[lambda: settlements._take_in(settled(), now=NOON)] * 2)

    assert sorted(map(str, outcomes)) == ["0", "1"]
    assert ledger.total_paise(account_kind="bank_nodal") == AMOUNT_PAISE - 118_00
    assert SettledLine.objects.get().state == "POSTED"


def held_line(paid: Payment) -> SettledLine:
    """A line that waits, as if its payment had come after it."""
    (line,) = settled()
    batch = Settlement.objects.create(
        settlement_id=line.settlement_id, utr=line.utr, settled_at=NOON, pulled_at=NOON
    )
    return SettledLine.objects.create(
        settlement=batch, kind="PAYMENT", entity_id=paid.pk, payment_id=paid.pk, held_for="new",
        amount_paise=line.amount_paise, fee_paise=line.fee_paise, tax_paise=line.tax_paise,
        credit_paise=line.credit_paise, debit_paise=0,
    )  # fmt: skip


def post_again(line: SettledLine) -> Callable[[], object]:
    def job() -> object:
        with transaction.atomic(durable=True):
            settlements._post_batch(line.settlement_id, now=NOON)
        return "done"

    return job


def test_a_line_that_waited_is_posted_once_by_two_that_look_again(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = held_line(paid)
    monkeypatch.setattr(settlements, "_post_line", paused(settlements._post_line))

    assert at_once(*[post_again(line)] * 2) == ["done", "done"]

    assert ledger.total_paise(account_kind="bank_nodal") == AMOUNT_PAISE - 118_00


def test_without_the_lines_lock_the_ledger_refuses_the_second_posting(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = held_line(paid)
    monkeypatch.setattr(settlements, "_post_line", paused(settlements._post_line))
    monkeypatch.setattr(settlements, "_lock_held", unlocked_lines)

    outcomes = at_once(*[post_again(line)] * 2)

    assert sorted(map(str, outcomes)) == ["AlreadyPosted", "done"]
    assert ledger.total_paise(account_kind="bank_nodal") == AMOUNT_PAISE - 118_00


def unlocked_lines(settlement_id: str) -> list[SettledLine]:
    return list(SettledLine.objects.filter(settlement_id=settlement_id, state="HELD"))


def test_two_watchers_tell_of_one_crossing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(funds_paise=1_100_00)
    services.watch_balances(now=NOON, limit=10)
    make_booking(shop)
    monkeypatch.setattr(balances, "_alert", paused(balances._alert))

    outcomes = at_once(*[lambda: services.watch_balances(now=NOON, limit=10)] * 2)

    assert sorted(map(str, outcomes)) == ["0", "1"]
    assert InboxMessage.objects.filter(kind="money.low_balance").count() == 1
    assert BalanceRule.objects.get().crossings == 1


def test_without_the_rules_lock_both_watchers_would_act(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(funds_paise=1_100_00)
    services.watch_balances(now=NOON, limit=10)
    make_booking(shop)
    monkeypatch.setattr(balances, "_alert", paused(balances._alert))
    monkeypatch.setattr(balances, "_lock_rule", lambda key: BalanceRule.objects.get(pk=key))

    outcomes = at_once(*[lambda: services.watch_balances(now=NOON, limit=10)] * 2)

    assert outcomes == [1, 1]


def test_two_operators_at_one_exception_decide_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "record", paused(accounts.record))
    finding = Finding(Kind.BANK_UNKNOWN, "line:1", 5_00, "x", NOON)
    reconciliation._create(finding, now=NOON)
    row = ReconException.objects.get()

    def close() -> Any:
        return services.decide_exception(
            exception_id=row.pk,
            close=True,
            amount_paise=5_00,
            actor_id=uuid4(),
            reason="x",
            now=NOON,
        ).state

    assert sorted(map(str, at_once(close, close))) == ["CLOSED", "ExceptionClosed"]


def test_a_run_that_sees_it_again_overwrites_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding(Kind.BANK_UNKNOWN, "line:1", 5_00, "x", NOON)
    reconciliation._create(finding, now=NOON)
    row = ReconException.objects.get()

    def run() -> None:
        with transaction.atomic():
            reconciliation._keep([finding], since=NOON, now=NOON)

    def explain() -> None:
        services.decide_exception(
            exception_id=row.pk, close=False, amount_paise=5_00, actor_id=uuid4(), reason="a gift",
            now=NOON,
        )  # fmt: skip

    assert beside(run, explain, at=(reconciliation, "_see_again"), monkeypatch=monkeypatch) == [
        None,
        None,
    ]
    row.refresh_from_db()
    assert (row.state, row.reason) == ("EXPLAINED", "a gift")


def test_a_fee_that_two_operators_accept_is_posted_once(
    paid: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = held_line(paid)
    SettledLine.objects.filter(pk=line.pk).update(held_for="settled_fee")
    monkeypatch.setattr(settlements, "_post_line", paused(settlements._post_line))

    def accept() -> None:
        services.accept_settled_fee(line_id=line.pk, actor_id=uuid4(), reason="told", now=NOON)

    assert sorted(map(str, at_once(accept, accept))) == ["LineNotHeldForItsFee", "None"]


def test_the_same_statement_twice_at_once_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"Date,Narration,UTR,Debit,Credit\n01/03/2026,A,U0,,5.00"
    monkeypatch.setattr(statements, "_take_in", paused(statements._take_in))

    def upload() -> Any:
        return services.upload_statement(
            raw=raw, filename="x", actor_id=uuid4(), now=NOON
        ).lines_new

    assert sorted(map(str, at_once(upload, upload))) == ["1", "StatementKnown"]


def test_a_bank_line_is_booked_to_the_float_once_by_two_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_merchant()
    raw = b"Date,Narration,UTR,Debit,Credit\n01/03/2026,A,U0,9.00,"
    services.upload_statement(raw=raw, filename="x", actor_id=uuid4(), now=NOON)
    line = BankLine.objects.get()
    monkeypatch.setattr(wallet, "post", paused(wallet.post))

    def book() -> object:
        services.record_float(
            line_id=line.pk,
            zone_code="MNP",
            amount_paise=9_00,
            actor_id=uuid4(),
            reason="x",
            now=NOON,
        )
        return "booked"

    assert sorted(map(str, at_once(book, book))) == ["BankLineTaken", "booked"]
    assert ledger.total_paise(account_kind="payout_float") == 9_00
