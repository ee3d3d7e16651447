-- Postings that are dated far from when they were written: few, and found without reading a whole account.
-- A statement trusts the order of writing for all others, so the condition is the same as in statements.py.
CREATE INDEX CONCURRENTLY IF NOT EXISTS wallet_journal_odd_dates ON wallet_journal (created_at, event_at)
 WHERE created_at - event_at < interval '-1 hour' OR created_at - event_at > interval '1 day';
