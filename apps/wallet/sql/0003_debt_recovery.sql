SELECT set_config('uma.changes_chart', 'on', true);
-- What a rider owes after a reversal is paid from the rider's next cashback (posting 5c of rule 2.6).
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('debt_recovery', 'rider_wallet', 'receivable_rider', 10000000, true, NULL);
SELECT set_config('uma.changes_chart', 'off', true);
