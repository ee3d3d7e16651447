"""Writes about money that comes in and goes out."""

from apps.payments.services.adjusting import (
    approve_adjustment,
    expire_adjustments,
    propose_adjustment,
    refuse_adjustment,
)
from apps.payments.services.balances import order_automatic, set_balance_rule, watch_balances
from apps.payments.services.caps import keep_all_within_limits, keep_within_limits
from apps.payments.services.compensating import compensate_late_payout, compensate_late_payouts
from apps.payments.services.custody import check_custody
from apps.payments.services.disputes import record_dispute, settle_debts
from apps.payments.services.dormancy import (
    claim_dormant_money,
    return_dormant_money,
    tend_dormant_wallet,
    tend_dormant_wallets,
)
from apps.payments.services.events import (
    handle_due_events,
    handle_event,
    receive_event,
    replay_event,
)
from apps.payments.services.fund_accounts import (
    add_fund_account,
    remove_fund_account,
    verify_fund_account,
)
from apps.payments.services.halts import halt_payouts, note_downtime, resume_payouts
from apps.payments.services.invoicing import (
    Billed,
    bill_month,
    issue_credit_note,
    issue_credit_notes,
    issue_due_invoices,
    issue_invoices,
)
from apps.payments.services.limits import Limits, set_kyc_level, set_wallet_policy
from apps.payments.services.payout_answers import ask_again, look_at_payouts, record_answer
from apps.payments.services.payout_requests import (
    Asked,
    cancel_payout,
    request_refund,
    request_withdrawal,
)
from apps.payments.services.payout_screening import approve_payout, reject_payout
from apps.payments.services.payout_submitting import submit_next
from apps.payments.services.prepaying import (
    begin_prepayment,
    look_at_prepayment,
    look_at_razorpay,
    note_payment,
    order_prepayment,
    order_prepayment_at_razorpay,
    pledge_prepayment,
    take_prepayment,
    tend_prepayments,
    undo_prepayment,
)
from apps.payments.services.receipts import Receipt, issue_receipt
from apps.payments.services.reconciliation import decide_exception, match_bank_lines, reconcile
from apps.payments.services.refunding import send_refund_again, send_refunds, settle_refund
from apps.payments.services.sellers import set_seller
from apps.payments.services.settlements import accept_settled_fee, pull_day, pull_settlements
from apps.payments.services.statements import record_float, upload_statement
from apps.payments.services.top_ups import (
    LEAST_PAISE,
    MOST_PAISE,
    Begun,
    begin_top_up,
    credit_payment,
    expire_top_ups,
    look_for_payments,
    order_at_razorpay,
    order_top_up,
)
from apps.payments.services.validation_answers import record_validation
from apps.payments.services.validation_costs import book_costs
from apps.payments.services.validation_decisions import ask_bank, decide_validation
from apps.payments.services.validations import look_at_validations, validate_next

__all__ = [
    "LEAST_PAISE",
    "MOST_PAISE",
    "Asked",
    "Begun",
    "Billed",
    "Limits",
    "Receipt",
    "accept_settled_fee",
    "add_fund_account",
    "approve_adjustment",
    "approve_payout",
    "ask_again",
    "ask_bank",
    "begin_prepayment",
    "begin_top_up",
    "bill_month",
    "book_costs",
    "cancel_payout",
    "check_custody",
    "claim_dormant_money",
    "compensate_late_payout",
    "compensate_late_payouts",
    "credit_payment",
    "decide_exception",
    "decide_validation",
    "expire_adjustments",
    "expire_top_ups",
    "halt_payouts",
    "handle_due_events",
    "handle_event",
    "issue_credit_note",
    "issue_credit_notes",
    "issue_due_invoices",
    "issue_invoices",
    "issue_receipt",
    "keep_all_within_limits",
    "keep_within_limits",
    "look_at_payouts",
    "look_at_prepayment",
    "look_at_razorpay",
    "look_at_validations",
    "look_for_payments",
    "match_bank_lines",
    "note_downtime",
    "note_payment",
    "order_at_razorpay",
    "order_automatic",
    "order_prepayment",
    "order_prepayment_at_razorpay",
    "order_top_up",
    "pledge_prepayment",
    "propose_adjustment",
    "pull_day",
    "pull_settlements",
    "receive_event",
    "reconcile",
    "record_answer",
    "record_dispute",
    "record_float",
    "record_validation",
    "refuse_adjustment",
    "reject_payout",
    "remove_fund_account",
    "replay_event",
    "request_refund",
    "request_withdrawal",
    "resume_payouts",
    "return_dormant_money",
    "send_refund_again",
    "send_refunds",
    "set_balance_rule",
    "set_kyc_level",
    "set_seller",
    "set_wallet_policy",
    "settle_debts",
    "settle_refund",
    "submit_next",
    "take_prepayment",
    "tend_dormant_wallet",
    "tend_dormant_wallets",
    "tend_prepayments",
    "undo_prepayment",
    "upload_statement",
    "validate_next",
    "verify_fund_account",
    "watch_balances",
]
