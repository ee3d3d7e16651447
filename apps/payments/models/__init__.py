"""Money that comes in and goes out, where to, under which limits, and what Razorpay told about it."""

from apps.payments.models.adjustments import ALONE_PAISE, MOST_PAISE, Adjustment
from apps.payments.models.balances import ALERT_BELOW_PAISE, AutoTopUp, BalanceRule
from apps.payments.models.disputes import PaymentDispute
from apps.payments.models.dormancy import DormantWallet
from apps.payments.models.events import GatewayEvent
from apps.payments.models.fund_accounts import FundAccount, Verification, account_index
from apps.payments.models.invoices import Document, DocumentKind, InvoiceRun, Seller, Series
from apps.payments.models.limits import KycLevel, WalletPolicy
from apps.payments.models.payouts import Payout, PayoutDowntime, PayoutHalt, PayoutTransition
from apps.payments.models.prepayments import Prepayment, PrepaymentRefund
from apps.payments.models.recon import (
    BankLine,
    BankStatement,
    CustodyCheck,
    ReconException,
    ReconRun,
)
from apps.payments.models.settlements import SettledLine, Settlement
from apps.payments.models.top_ups import Payment, TopUp
from apps.payments.models.validations import AccountValidation

__all__ = [
    "ALERT_BELOW_PAISE",
    "ALONE_PAISE",
    "MOST_PAISE",
    "AccountValidation",
    "Adjustment",
    "AutoTopUp",
    "BalanceRule",
    "BankLine",
    "BankStatement",
    "CustodyCheck",
    "Document",
    "DocumentKind",
    "DormantWallet",
    "FundAccount",
    "GatewayEvent",
    "InvoiceRun",
    "KycLevel",
    "Payment",
    "PaymentDispute",
    "Payout",
    "PayoutDowntime",
    "PayoutHalt",
    "PayoutTransition",
    "Prepayment",
    "PrepaymentRefund",
    "ReconException",
    "ReconRun",
    "Seller",
    "Series",
    "SettledLine",
    "Settlement",
    "TopUp",
    "Verification",
    "WalletPolicy",
    "account_index",
]
