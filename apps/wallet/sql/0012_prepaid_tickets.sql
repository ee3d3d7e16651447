-- Tickets that riders pay for in advance (decisions/0045): the money is here from its capture on, owed to the apps
-- that sold them, less our share; what of it goes back to its payer waits apart until it went. Ten lakh
-- rupees for a transfer to a seller, one lakh for what one order may move.
INSERT INTO wallet_account_kind (kind, family, normal_side, keeps_balance, may_overdraw) VALUES
    ('tickets_owed',   'zone', 'C', false, true),
    ('ticket_refunds', 'zone', 'C', false, true);

INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('ticket_payment',    'pg_clearing',    'tickets_owed',   10000000,  false, NULL),
    -- Captured, and nothing was bought by it.
    ('ticket_payment',    'pg_clearing',    'ticket_refunds', 10000000,  false, NULL),
    ('ticket_cancelled',  'tickets_owed',   'ticket_refunds', 10000000,  false, NULL),
    ('ticket_refund',     'ticket_refunds', 'pg_clearing',    10000000,  false, NULL),
    -- By a transfer of the bank, when Razorpay cannot.
    ('ticket_refund',     'ticket_refunds', 'bank_nodal',     10000000,  false, NULL),
    ('ticket_fee',        'tickets_owed',   'finder_fee',     10000000,  false, NULL),
    ('ticket_fee',        'tickets_owed',   'gst_cgst',       10000000,  false, NULL),
    ('ticket_fee',        'tickets_owed',   'gst_sgst',       10000000,  false, NULL),
    ('ticket_fee',        'tickets_owed',   'gst_igst',       10000000,  false, NULL),
    ('ticket_settlement', 'tickets_owed',   'bank_nodal',     100000000, false, NULL);
