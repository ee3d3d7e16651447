"""The paths of the payments app under /api/."""

from django.urls import path

from apps.payments import views

urlpatterns = [
    path("user/fund-accounts", views.FundAccountsView.as_view(), name="payments-fund-accounts"),
    path(
        "user/fund-accounts/<uuid:fund_account_id>",
        views.FundAccountView.as_view(),
        name="payments-fund-account",
    ),
    path("user/withdrawals", views.WithdrawalsView.as_view(), name="payments-withdrawals"),
    path(
        "user/withdrawals/<uuid:payout_id>",
        views.WithdrawalView.as_view(),
        name="payments-withdrawal",
    ),
    path(
        "user/withdrawals/<uuid:payout_id>/cancel",
        views.WithdrawalCancelView.as_view(),
        name="payments-withdrawal-cancel",
    ),
    path(
        "merchant/fund-accounts",
        views.MerchantAccountsView.as_view(),
        name="payments-merchant-accounts",
    ),
    path(
        "merchant/fund-accounts/<uuid:fund_account_id>",
        views.MerchantAccountView.as_view(),
        name="payments-merchant-account",
    ),
    path("merchant/refunds", views.RefundsView.as_view(), name="payments-refunds"),
    path("merchant/refunds/<uuid:payout_id>", views.RefundView.as_view(), name="payments-refund"),
    path(
        "merchant/refunds/<uuid:payout_id>/cancel",
        views.RefundCancelView.as_view(),
        name="payments-refund-cancel",
    ),
    path(
        "user/transactions", views.UserTransactionsView.as_view(), name="payments-user-transactions"
    ),
    path("user/wallet/claim", views.ClaimView.as_view(), name="payments-claim"),
    path("user/statement", views.UserStatementView.as_view(), name="payments-user-statement"),
    path("merchant/wallet", views.MerchantWalletView.as_view(), name="payments-wallet"),
    path(
        "merchant/transactions",
        views.MerchantTransactionsView.as_view(),
        name="payments-transactions",
    ),
    path("merchant/statement", views.MerchantStatementView.as_view(), name="payments-statement"),
    path("merchant/add-funds", views.AddFundsView.as_view(), name="payments-add-funds"),
    path("merchant/balance-rule", views.BalanceRuleView.as_view(), name="payments-balance-rule"),
    path("merchant/top-ups", views.TopUpsView.as_view(), name="payments-top-ups"),
    path("merchant/top-ups/<uuid:top_up_id>", views.TopUpView.as_view(), name="payments-top-up"),
    path(
        "merchant/top-ups/<uuid:top_up_id>/receipt",
        views.ReceiptView.as_view(),
        name="payments-receipt",
    ),
    path("merchant/invoices", views.InvoicesView.as_view(), name="payments-invoices"),
    path(
        "merchant/invoices/<uuid:document_id>",
        views.InvoiceView.as_view(),
        name="payments-invoice",
    ),
    path(
        "merchant/invoices/<uuid:document_id>/pdf",
        views.InvoicePdfView.as_view(),
        name="payments-invoice-pdf",
    ),
]
webhooks = [
    path("razorpay", views.RazorpayView.as_view(), name="payments-razorpay"),
    path("razorpayx", views.RazorpayXView.as_view(), name="payments-razorpayx"),
]
