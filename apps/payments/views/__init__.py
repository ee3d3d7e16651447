"""Money in and out over HTTP."""

from apps.payments.views.accounts import (
    MerchantStatementView,
    MerchantTransactionsView,
    MerchantWalletView,
    UserStatementView,
    UserTransactionsView,
)
from apps.payments.views.balances import BalanceRuleView
from apps.payments.views.dormancy import ClaimView
from apps.payments.views.fund_accounts import (
    FundAccountsView,
    FundAccountView,
    MerchantAccountsView,
    MerchantAccountView,
)
from apps.payments.views.invoices import InvoicePdfView, InvoicesView, InvoiceView, ReceiptView
from apps.payments.views.payouts import (
    RefundCancelView,
    RefundsView,
    RefundView,
    WithdrawalCancelView,
    WithdrawalsView,
    WithdrawalView,
)
from apps.payments.views.top_ups import AddFundsView, TopUpsView, TopUpView
from apps.payments.views.webhooks import RazorpayView, RazorpayXView

__all__ = [
    "AddFundsView",
    "BalanceRuleView",
    "ClaimView",
    "FundAccountView",
    "FundAccountsView",
    "InvoicePdfView",
    "InvoiceView",
    "InvoicesView",
    "MerchantAccountView",
    "MerchantAccountsView",
    "MerchantStatementView",
    "MerchantTransactionsView",
    "MerchantWalletView",
    "RazorpayView",
    "RazorpayXView",
    "ReceiptView",
    "RefundCancelView",
    "RefundView",
    "RefundsView",
    "TopUpView",
    "TopUpsView",
    "UserStatementView",
    "UserTransactionsView",
    "WithdrawalCancelView",
    "WithdrawalView",
    "WithdrawalsView",
]
