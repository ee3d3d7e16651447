-- What RazorpayX takes from the payout float for asking a bank about an account: the amount that went to it, the
-- fee, and the tax on the fee. Caps in paise: a hundred rupees are far more than one question costs.
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('validation', 'payout_fees', 'payout_float', 10000, false, NULL),
    ('validation', 'gst_input',   'payout_float', 10000, false, NULL);
