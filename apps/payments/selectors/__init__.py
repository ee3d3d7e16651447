"""Reads about money that comes in and goes out, and the documents about it."""

from apps.payments.invariants import checks
from apps.payments.selectors.accounts import (
    AccountLine,
    AccountStatement,
    MerchantPurse,
    merchant_lines,
    merchant_purse,
    merchant_statement,
    rider_lines,
    rider_statement,
)
from apps.payments.selectors.allowance import (
    Allowance,
    Reason,
    clock_of,
    kyc_level,
    merchant_allowance,
    money_zone,
    rider_allowance,
    rider_policy,
    wallet_policy,
)
from apps.payments.selectors.balances import (
    RuleView,
    balance_rule,
    ordered_this_month_paise,
    waiting_top_ups,
)
from apps.payments.selectors.caps import (
    OverLimit,
    Standing,
    over_limit,
    riders_to_look_at,
    standing,
)
from apps.payments.selectors.custody import latest_check
from apps.payments.selectors.dormancy import Sleep, sleep_of, sleepers, unclaimed_paise
from apps.payments.selectors.fund_accounts import (
    Sharers,
    fund_accounts,
    is_shared,
    on_the_accounts_of,
    people_with,
)
from apps.payments.selectors.halts import banks_down, payouts_halted, waiting_for, waits_for
from apps.payments.selectors.invoices import (
    INCOME_KINDS,
    Difference,
    differences,
    document_of,
    documents_of,
    printed,
    reimbursed,
    seller_of,
    sold,
    zones_without_seller,
)
from apps.payments.selectors.lateness import (
    A_DAY_PAISE,
    compensated_paise,
    compensation_reference,
    late_days,
    returned_late,
)
from apps.payments.selectors.payouts import payout_of, payouts_of
from apps.payments.selectors.prepayments import (
    held_purposes,
    prepayment_of,
    prepayments_of,
)
from apps.payments.selectors.top_ups import top_up_of, top_ups_of

__all__ = [
    "A_DAY_PAISE",
    "INCOME_KINDS",
    "AccountLine",
    "AccountStatement",
    "Allowance",
    "Difference",
    "MerchantPurse",
    "OverLimit",
    "Reason",
    "RuleView",
    "Sharers",
    "Sleep",
    "Standing",
    "balance_rule",
    "banks_down",
    "checks",
    "clock_of",
    "compensated_paise",
    "compensation_reference",
    "differences",
    "document_of",
    "documents_of",
    "fund_accounts",
    "held_purposes",
    "is_shared",
    "kyc_level",
    "late_days",
    "latest_check",
    "merchant_allowance",
    "merchant_lines",
    "merchant_purse",
    "merchant_statement",
    "money_zone",
    "on_the_accounts_of",
    "ordered_this_month_paise",
    "over_limit",
    "payout_of",
    "payouts_halted",
    "payouts_of",
    "people_with",
    "prepayment_of",
    "prepayments_of",
    "printed",
    "reimbursed",
    "returned_late",
    "rider_allowance",
    "rider_lines",
    "rider_policy",
    "rider_statement",
    "riders_to_look_at",
    "seller_of",
    "sleep_of",
    "sleepers",
    "sold",
    "standing",
    "top_up_of",
    "top_ups_of",
    "unclaimed_paise",
    "waiting_for",
    "waiting_top_ups",
    "waits_for",
    "wallet_policy",
    "zones_without_seller",
]
