"""What the database refuses about settlements, disputes, rules and the bank's word, whoever writes."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from apps.payments.models import (
    AutoTopUp,
    BalanceRule,
    BankLine,
    BankStatement,
    CustodyCheck,
    PaymentDispute,
    ReconException,
    ReconRun,
    SettledLine,
    Settlement,
)
from tests.factories import NOON, make_merchant
from tests.payments.test_constraints import payment, top_up

pytestmark = pytest.mark.django_db
Facts = dict[str, Any]  # Any: columns of many types


def settlement(**changes: Any) -> Settlement:
    facts: Facts = {"settlement_id": uuid4().hex, "utr": uuid4().hex, "settled_at": NOON}
    return Settlement.objects.create(**facts | {"pulled_at": NOON} | changes)


def line(**changes: Any) -> SettledLine:
    facts: Facts = {
        "kind": "PAYMENT", "entity_id": uuid4().hex, "amount_paise": 500_00, "fee_paise": 11_80,
        "tax_paise": 1_80, "credit_paise": 488_20, "debit_paise": 0, "held_for": "new",
    }  # fmt: skip
    if "settlement" not in changes:
        facts["settlement"] = settlement()
    return SettledLine.objects.create(**facts | changes)


def dispute(**changes: Any) -> PaymentDispute:
    facts: Facts = {
        "dispute_id": uuid4().hex, "phase": "chargeback", "status": "OPEN", "amount_paise": 500_00,
        "first_heard_at": NOON, "status_changed_at": NOON,
    }  # fmt: skip
    return PaymentDispute.objects.create(payment=payment(), **facts | changes)


def rule(**changes: Any) -> BalanceRule:
    return BalanceRule.objects.create(merchant=make_merchant(), **changes)


def statement(**changes: Any) -> BankStatement:
    facts: Facts = {
        "sha256": uuid4().hex, "filename": "x", "uploaded_by": uuid4(), "uploaded_at": NOON,
        "lines_new": 0, "lines_known": 0,
    }  # fmt: skip
    return BankStatement.objects.create(**facts | changes)


def bank_line(**changes: Any) -> BankLine:
    facts: Facts = {
        "line_number": 2, "booked_on": date(2026, 3, 2), "direction": "CREDIT", "narration": "x",
        "amount_paise": 5_00, "fingerprint": uuid4().hex,
    }  # fmt: skip
    return BankLine.objects.create(statement=statement(), **facts | changes)


def exception(**changes: Any) -> ReconException:
    facts: Facts = {
        "kind": "BANK_UNKNOWN", "subject": uuid4().hex, "amount_paise": 5_00, "detail": "x",
        "occurred_at": NOON, "first_seen_at": NOON, "last_seen_at": NOON,
    }  # fmt: skip
    return ReconException.objects.create(**facts | changes)


def check(**changes: Any) -> CustodyCheck:
    facts: Facts = {"checked_at": NOON, "ledger_paise": 0, "whole": True}
    return CustodyCheck.objects.create(**facts | changes)


def run() -> ReconRun:
    return ReconRun.objects.create(
        ran_at=NOON, since=NOON, totals={}, matched=0, found_new=0, cleared=0, standing=0
    )


EARLIER = NOON.replace(year=2025)
REFUSED: list[tuple[Any, str, Facts]] = [
    (line, "payments_settled_line_state", {"held_for": ""}),
    (line, "payments_settled_line_state", {"state": "POSTED", "held_for": ""}),
    (line, "payments_settled_line_state", {"state": "DEDUCTED"}),
    (line, "payments_settled_line_state", {"state": "SOMEHOW"}),
    (line, "payments_settled_line_amounts", {"amount_paise": -1}),
    (line, "payments_settled_line_amounts", {"fee_paise": 1, "tax_paise": 2}),
    (line, "payments_settled_line_amounts", {"withheld_paise": 488_21}),
    (line, "payments_settled_line_amounts", {"debit_paise": -1}),
    (dispute, "payments_dispute_amounts", {"amount_paise": 0}),
    (dispute, "payments_dispute_amounts", {"wallet_paise": 500_01, "journal_id": uuid4()}),
    (dispute, "payments_dispute_status_known", {"status": "SOMEHOW"}),
    (dispute, "payments_dispute_taken_by_journal", {"wallet_paise": 1}),
    (
        dispute,
        "payments_dispute_returned_when_taken",
        {"status": "WON", "returned_journal_id": uuid4()},
    ),
    (
        dispute,
        "payments_dispute_returned_when_taken",
        {"journal_id": uuid4(), "returned_journal_id": uuid4()},
    ),
    (rule, "payments_balance_rule_thresholds", {"alert_below_paise": -1}),
    (rule, "payments_balance_rule_thresholds", {"auto_below_paise": 0}),
    (rule, "payments_balance_rule_amounts", {"auto_amount_paise": 99_99}),
    (rule, "payments_balance_rule_amounts", {"auto_monthly_cap_paise": 4_999_99}),
    (statement, "payments_statement_closes_on_a_day", {"closing_paise": 5}),
    (bank_line, "payments_bank_line_amount", {"amount_paise": 0}),
    (bank_line, "payments_bank_line_amount", {"direction": "UP"}),
    (bank_line, "payments_bank_line_matched_at", {"matched_to": "topup:1"}),
    (bank_line, "payments_bank_line_matched_at", {"matched_at": NOON}),
    (exception, "payments_exception_decided", {"state": "EXPLAINED"}),
    (exception, "payments_exception_decided", {"state": "CLOSED", "decided_at": NOON}),
    (exception, "payments_exception_decided", {"reason": "because"}),
    (exception, "payments_exception_decided", {"state": "SOMEHOW"}),
    (exception, "payments_exception_seen_in_order", {"last_seen_at": EARLIER}),
    (check, "payments_custody_whole", {"difference_paise": 1}),
    (check, "payments_custody_whole", {"halted": True}),
    (check, "payments_custody_whole", {"whole": False}),
]


@pytest.mark.parametrize(("make", "name", "changes"), REFUSED)
def test_a_row_that_cannot_be_true_is_refused(make: Any, name: str, changes: Facts) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(**changes)


def test_what_is_once_is_once() -> None:
    batch = settlement(utr="U1")
    posted: Facts = {"state": "POSTED", "held_for": "", "journal_id": uuid4()}
    first = line(settlement=batch, entity_id="pay_1", **posted)
    one, two = bank_line(), bank_line(matched_to="settlement:1", matched_at=NOON)
    seen, auto_rule, order = exception(), rule(), top_up()
    AutoTopUp.objects.create(top_up=order, rule=auto_rule, below_since=NOON)
    twice: list[tuple[str, Any]] = [
        ("payments_settlement_utr_once", lambda: settlement(utr="U1")),
        ("payments_settled_line_once", lambda: line(settlement=batch, entity_id=first.entity_id)),
        ("payments_settled_line_posted_once", lambda: line(entity_id=first.entity_id, **posted)),
        ("payments_statement_file_once", lambda: statement(sha256=one.statement.sha256)),
        ("payments_bank_line_once", lambda: bank_line(fingerprint=one.fingerprint)),
        (
            "payments_bank_line_match_once",
            lambda: bank_line(matched_to=two.matched_to, matched_at=NOON),
        ),
        ("payments_exception_once", lambda: exception(kind=seen.kind, subject=seen.subject)),
        (
            "payments_auto_top_up_once_per_crossing",
            lambda: AutoTopUp.objects.create(top_up=top_up(), rule=auto_rule, below_since=NOON),
        ),
        ("paymentdispute_pkey", lambda: dispute(dispute_id=dispute().dispute_id)),
    ]

    for name, again in twice:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            again()


KEPT: list[tuple[Any, str, str]] = [
    (settlement, "payments_settlement_append_only", "utr = 'x'"),
    (line, "payments_settled_line_facts", "amount_paise = 1"),
    (dispute, "payments_dispute_facts", "amount_paise = 1"),
    (statement, "payments_statement_append_only", "lines_new = 9"),
    (bank_line, "payments_bank_line_facts", "amount_paise = 1"),
    (exception, "payments_exception_facts", "subject = 'x'"),
    (run, "payments_recon_run_append_only", "matched = 9"),
    (check, "payments_custody_append_only", "ledger_paise = 9"),
]


@pytest.mark.parametrize(("make", "name", "edit"), KEPT)
def test_what_was_told_is_neither_edited_nor_deleted(make: Any, name: str, edit: str) -> None:
    row: Model = make()
    table = row._meta.db_table

    with connection.cursor() as cursor:
        # Foreign keys that are still to be checked would stand in the way of TRUNCATE.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            cursor.execute(f"UPDATE {table} SET {edit}")
        kept = name.replace("_facts", "_kept")
        for statement_ in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(IntegrityError, match=kept), transaction.atomic():
                cursor.execute(statement_)
