-- A fee that was booked and is not owed after all, or another than was booked: the fare was corrected, or the
-- seller says that the order was cancelled. The whole is taken back, and what is owed is booked anew.
INSERT INTO wallet_posting_rule (journal_kind, debit_kind, credit_kind, max_paise, same_party, reverses_kind) VALUES
    ('finder_fee_back', 'finder_fee', 'receivable_bpp', 10000000, false, 'finder_fee'),
    ('finder_fee_back', 'gst_cgst',   'receivable_bpp', 10000000, false, 'finder_fee'),
    ('finder_fee_back', 'gst_sgst',   'receivable_bpp', 10000000, false, 'finder_fee'),
    ('finder_fee_back', 'gst_igst',   'receivable_bpp', 10000000, false, 'finder_fee');
