"""
What each role of an operator may do: the one table, in code, so that a role cannot drift by hand.

A permission is Django's `app.codename`. A role holds in one zone or in all; somebody who may
everything everywhere is a superuser and needs no role.
"""

SUPPORT, REVIEWER, FINANCE = "support", "reviewer", "finance"
CITY_MANAGER, ADMINISTRATOR, ANALYST = "city_manager", "administrator", "analyst"

# What is listed at the desk, by what it is about.
_CITY = frozenset(
    {
        "merchants.view_zone",
        "campaigns.view_feeschedule",
        "merchants.view_planfeature",
        "merchants.view_planprice",
    }
)
_BUSINESSES = frozenset(
    {
        "merchants.view_merchant",
        "merchants.view_application",
        "merchants.view_outlet",
        "merchants.view_staff",
        "merchants.view_invitation",
        "merchants.view_firstvisit",
        "merchants.view_apikey",
        "merchants.view_agreedprice",
        "merchants.view_subscription",
    }
)
_OFFERS = frozenset(
    {
        "campaigns.view_campaign",
        "campaigns.view_revision",
        "campaigns.view_deal",
        "campaigns.view_allotment",
        "campaigns.view_boost",
        "campaigns.view_boostslot",
        "campaigns.view_boosttile",
    }
)
_VISITS = frozenset(
    {
        "rides.view_booking",
        "rides.view_fare",
        "rides.view_spokencodetries",
        "rides.view_ridefailure",
        "rides.view_dropoff",
        "gamification.view_visit",
        "gamification.view_noshow",
        "gamification.view_reminder",
        "gamification.view_failedscan",
        "gamification.view_strike",
        "gamification.view_strikepolicy",
        "gamification.view_restriction",
        "gamification.view_appeal",
        "gamification.view_forcemajeure",
        "gamification.view_award",
        "gamification.view_mission",
        "gamification.view_missionrun",
        "gamification.view_provenorder",
        "gamification.view_leaderboardname",
        "gamification.view_projection",
        "handshake.view_handshake",
        "handshake.view_reversal",
        "handshake.view_dispute",
        "handshake.view_checkin",
    }
)
_RIDES = frozenset(
    {
        "ondc.view_transaction",
        "ondc.view_question",
        "ondc.view_searchanswer",
        "ondc.view_offer",
        "ondc.view_rideorder",
        "ondc.view_quote",
        "ondc.view_outboundmessage",
        "ondc.view_issue",
        "ondc.view_issueact",
        "ondc.view_cataloguerefresh",
        "ondc.view_catalogueanswer",
        "ondc.view_station",
        "ondc.view_tickettrip",
        "ondc.view_ticket",
    }
)
# What rules made of visits: who learns them learns how to pass them by.
_RISK = frozenset(
    {
        "analytics.view_riskcase",
        "analytics.view_risksignal",
        "analytics.view_assessment",
        "analytics.view_risktable",
        "rides.view_watch",
    }
)
_FIGURES = frozenset(
    {
        "analytics.view_hour",
        "analytics.view_cohort",
        "analytics.view_progress",
        "analytics.view_experiment",
        "rides.view_refusedbookings",
    }
)
# Files of what one may read anyway.
_EXPORTS = frozenset(
    {
        "exports.view_export",
        "exports.view_schedule",
        "exports.request_export",
        "exports.stop_schedule",
    }
)
_PEOPLE = frozenset(
    {
        "accounts.view_user",
        "accounts.view_session",
        "accounts.view_knowndevice",
        "accounts.view_payoutcooling",
        "payments.view_fundaccount",
        "payments.view_accountvalidation",
        "payments.view_kyclevel",
        "notifications.view_inboxmessage",
        "notifications.view_device",
        "notifications.view_preference",
    }
)
_LEDGER = frozenset(
    {
        "merchants.view_subscriptioncharge",
        "merchants.view_subscriptionrefund",
        "payments.view_topup",
        "payments.view_payment",
        "payments.view_paymentdispute",
        "payments.view_balancerule",
        "payments.view_autotopup",
        "payments.view_prepayment",
        "payments.view_prepaymentrefund",
        "payments.view_dormantwallet",
        "payments.view_adjustment",
        "payments.view_payout",
        "payments.view_payouttransition",
        "payments.view_payouthalt",
        "payments.view_payoutdowntime",
        "payments.view_walletpolicy",
        "payments.view_document",
        "payments.view_seller",
        "payments.view_series",
        "payments.view_invoicerun",
        "wallet.view_account",
        "wallet.view_journal",
        "wallet.view_transfer",
        "wallet.view_hold",
        "wallet.view_accountkind",
        "wallet.view_postingrule",
        "gamification.view_promopool",
        "gamification.view_reward",
        "ondc.view_settlement",
        "ondc.view_settlementline",
        "ondc.view_disagreement",
    }
)
# One account at Razorpay and one at the bank serve every zone.
_TREASURY = frozenset(
    {
        "payments.view_settlement",
        "payments.view_settledline",
        "payments.view_bankstatement",
        "payments.view_bankline",
        "payments.view_reconrun",
        "payments.view_reconexception",
        "payments.view_custodycheck",
        "handshake.view_bookslook",
    }
)
_PLUMBING = frozenset(
    {
        "accounts.view_auditevent",
        "jobs.view_jobrun",
        "jobs.view_backup",
        "payments.view_gatewayevent",
        "ondc.view_inboundmessage",
        "ondc.view_participant",
        "ondc.view_circuit",
        "ondc.view_dispatch",
        "ondc.view_settlementrequest",
        "ondc.view_sellerregistration",
        *_TREASURY,
        "accounts.view_operatorrole",
        "accounts.view_firebaseidentity",
        "accounts.view_refreshtoken",
        "accounts.view_exchangedtoken",
        "notifications.view_webhookendpoint",
        "notifications.view_webhookdelivery",
    }
)
_EVERYTHING_LISTED = (
    _CITY
    | _BUSINESSES
    | _OFFERS
    | _VISITS
    | _FIGURES
    | _RISK
    | _RIDES
    | _PEOPLE
    | _LEDGER
    | _PLUMBING
)

PERMISSIONS: dict[str, frozenset[str]] = {
    SUPPORT: _CITY
    | _BUSINESSES
    | _OFFERS
    | _VISITS
    | _RIDES
    | _PEOPLE
    | {
        "accounts.reveal_phone",
        "accounts.view_as",
        "accounts.sign_out",
        "rides.void_booking",
        "gamification.overturn_strike",
        "notifications.push_again",
    },
    REVIEWER: _CITY
    | _BUSINESSES
    | _OFFERS
    | {
        "campaigns.review_campaign",
        "merchants.review_merchant",
        "merchants.change_merchant_status",
    },
    # Figures and pseudonyms; no person, no act.
    ANALYST: _CITY
    | _BUSINESSES
    | _OFFERS
    | _VISITS
    | _FIGURES
    | _LEDGER
    | _EXPORTS
    | {"ondc.view_rideorder"},
    FINANCE: _CITY
    | _BUSINESSES
    | _VISITS
    | _LEDGER
    | _TREASURY
    | _EXPORTS
    | {
        "merchants.top_up_merchant",
        "merchants.freeze_merchant_wallet",
        "merchants.refund_subscription",
        "handshake.reverse_handshake",
        "gamification.fund_promo_pool",
        "gamification.pay_reward",
        "payments.view_gatewayevent",
        "payments.replay_gateway_event",
        "payments.view_fundaccount",
        "payments.view_accountvalidation",
        "payments.view_kyclevel",
        "payments.verify_fund_account",
        "payments.set_kyc_level",
        "payments.screen_payout",
        "payments.ask_about_payout",
        "payments.halt_payouts",
        "payments.upload_bank_statement",
        "payments.record_float_funding",
        "payments.decide_recon_exception",
        "payments.add_seller",
        "payments.settle_prepayment_refund",
        "payments.return_dormant_money",
        "payments.propose_adjustment",
        "payments.decide_adjustment",
        "ondc.settle_settlement",
        "ondc.export_settlement",
        "ondc.register_seller",
        "ondc.decide_disagreement",
        "ondc.view_settlementrequest",
        "ondc.view_sellerregistration",
    },
    CITY_MANAGER: (_EVERYTHING_LISTED - {"accounts.view_operatorrole"})
    | _EXPORTS
    | {
        "accounts.reveal_phone",
        "accounts.view_as",
        "accounts.sign_out",
        "analytics.decide_riskcase",
        "merchants.pause_zone",
        "merchants.change_merchant_status",
        "merchants.change_outlet_status",
        "merchants.freeze_merchant_wallet",
        "payments.verify_fund_account",
        "payments.set_kyc_level",
        "payments.halt_payouts",
        "payments.propose_adjustment",
        "payments.decide_adjustment",
        "merchants.end_subscription",
        "merchants.refund_subscription",
        "campaigns.stop_boost",
        "merchants.revoke_api_key",
        "merchants.review_merchant",
        "campaigns.review_campaign",
        "campaigns.suspend_campaign",
        "rides.void_booking",
        "gamification.overturn_strike",
        "gamification.review_restriction",
        "gamification.declare_force_majeure",
        "handshake.reverse_handshake",
        "notifications.push_again",
        "notifications.replay_webhook_delivery",
        "ondc.replay_inbound_message",
        "ondc.refresh_catalogue",
        "ondc.take_journey_log",
    },
    # Not the money: who gives roles does not top wallets up as well.
    ADMINISTRATOR: _EVERYTHING_LISTED
    | _EXPORTS
    | {
        "accounts.grant_operator_role",
        "accounts.reveal_phone",
        "accounts.view_as",
        "accounts.sign_out",
        "analytics.decide_riskcase",
        "analytics.set_risktable",
        "merchants.pause_zone",
        "merchants.change_merchant_status",
        "merchants.change_outlet_status",
        "merchants.revoke_api_key",
        "merchants.review_merchant",
        "campaigns.review_campaign",
        "campaigns.suspend_campaign",
        "campaigns.set_fees",
        "payments.set_wallet_policy",
        "payments.add_seller",
        "payments.halt_payouts",
        "merchants.set_plan",
        "rides.void_booking",
        "gamification.overturn_strike",
        "gamification.review_restriction",
        "gamification.declare_force_majeure",
        "gamification.set_strike_policy",
        "notifications.push_again",
        "notifications.replay_webhook_delivery",
        "ondc.replay_inbound_message",
        "ondc.refresh_catalogue",
        "ondc.take_journey_log",
    },
}
