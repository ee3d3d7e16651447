-- A rider's money beyond what the wallet may hold (product rule 2.8): still the rider's, and set apart until
-- there is room again. Ten lakh rupees at once: a limit that is lowered may touch a whole wallet.
INSERT INTO wallet_account_kind (kind, family, normal_side, keeps_balance, may_overdraw) VALUES
    ('rider_over_limit', 'rider', 'C', true, false);

INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('cap_hold',    'rider_wallet',     'rider_over_limit', 100000000, true, NULL),
    ('cap_release', 'rider_over_limit', 'rider_wallet',     100000000, true, NULL);
