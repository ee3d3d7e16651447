-- The platform's own money in custody (decisions/0016). Its balance is kept, so that no more is taken out
-- than was put in; money comes here by hand and rarely, so the row is never hot.
INSERT INTO wallet_account_kind (kind, family, normal_side, keeps_balance, may_overdraw) VALUES
    ('reserve', 'zone', 'C', true, false);
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('reserve_funding', 'bank_nodal', 'reserve', 1000000000, false, NULL);
