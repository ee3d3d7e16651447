-- What an operator gives to a wallet, or takes from it, and a second one agrees to (posting 13 of rule 2.6): a lakh
-- of rupees at once. Apart from `goodwill`, so that the books tell what people decided from what a rule pays.
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('adjustment', 'goodwill',        'rider_wallet',    10000000, false, NULL),
    ('adjustment', 'goodwill',        'merchant_wallet', 10000000, false, NULL),
    ('adjustment', 'rider_wallet',    'goodwill',        10000000, false, NULL),
    ('adjustment', 'merchant_wallet', 'goodwill',        10000000, false, NULL);
