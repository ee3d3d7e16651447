-- A dormant balance is a whole wallet: ten lakh rupees, as `cap_hold` may move.
UPDATE wallet_posting_rule SET max_paise = 100000000 WHERE journal_kind IN ('dormancy', 'dormancy_back');

-- What a rider gets for a withdrawal that failed and came back late: a hundred rupees for each day beyond the day
-- after it was sent (RBI/2019-20/67 of 20 September 2019, on turn around time). One posting is one day.
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('tat_compensation', 'goodwill', 'rider_wallet', 10000, false, NULL);
