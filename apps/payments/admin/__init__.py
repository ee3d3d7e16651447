"""Money in and out, as operators see it."""

from apps.payments.admin.adjustments import AdjustmentAdmin
from apps.payments.admin.balances import AutoTopUpAdmin, BalanceRuleAdmin
from apps.payments.admin.bank import BankLineAdmin, BankStatementAdmin
from apps.payments.admin.coming_in import GatewayEventAdmin, PaymentAdmin, TopUpAdmin
from apps.payments.admin.dormancy import DormantWalletAdmin
from apps.payments.admin.fund_accounts import FundAccountAdmin
from apps.payments.admin.invoices import DocumentAdmin, InvoiceRunAdmin, SeriesAdmin
from apps.payments.admin.limits import KycLevelAdmin, WalletPolicyAdmin
from apps.payments.admin.payouts import (
    PayoutAdmin,
    PayoutDowntimeAdmin,
    PayoutHaltAdmin,
    PayoutTransitionAdmin,
)
from apps.payments.admin.prepayments import PrepaymentAdmin, PrepaymentRefundAdmin
from apps.payments.admin.recon import CustodyCheckAdmin, ReconExceptionAdmin, ReconRunAdmin
from apps.payments.admin.sellers import SellerAdmin
from apps.payments.admin.settlements import PaymentDisputeAdmin, SettledLineAdmin, SettlementAdmin
from apps.payments.admin.validations import AccountValidationAdmin

__all__ = [
    "AccountValidationAdmin",
    "AdjustmentAdmin",
    "AutoTopUpAdmin",
    "BalanceRuleAdmin",
    "BankLineAdmin",
    "BankStatementAdmin",
    "CustodyCheckAdmin",
    "DocumentAdmin",
    "DormantWalletAdmin",
    "FundAccountAdmin",
    "GatewayEventAdmin",
    "InvoiceRunAdmin",
    "KycLevelAdmin",
    "PaymentAdmin",
    "PaymentDisputeAdmin",
    "PayoutAdmin",
    "PayoutDowntimeAdmin",
    "PayoutHaltAdmin",
    "PayoutTransitionAdmin",
    "PrepaymentAdmin",
    "PrepaymentRefundAdmin",
    "ReconExceptionAdmin",
    "ReconRunAdmin",
    "SellerAdmin",
    "SeriesAdmin",
    "SettledLineAdmin",
    "SettlementAdmin",
    "TopUpAdmin",
    "WalletPolicyAdmin",
]
