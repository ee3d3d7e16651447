-- The one writer of the ledger. p_legs is [[transfer_id, debit_code, credit_code, amount_paise], …], in
-- the order in which the movements happen. Locks: the hold, then the kept balances by id; so two postings
-- that cross each other queue and never deadlock.
CREATE FUNCTION wallet_post(p_journal uuid, p_kind text, p_reference text, p_zone text,
                            p_event_at timestamptz, p_actor uuid, p_hold uuid, p_reverses uuid,
                            p_memo text, p_legs jsonb, p_sweeps uuid[] DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_hold IS NOT NULL THEN
        PERFORM 1 FROM public.wallet_hold WHERE id = p_hold FOR NO KEY UPDATE;
    END IF;
    PERFORM public.wallet_lock(p_legs);
    INSERT INTO public.wallet_journal (id, kind, reference, zone_code, event_at, actor_id, hold_id,
                                       reverses_id, swept_hold_ids, memo)
    VALUES (p_journal, p_kind, p_reference, p_zone, p_event_at, p_actor, p_hold,
            p_reverses, p_sweeps, coalesce(p_memo, ''));
    -- One index look-up for each code. A join would be planned for the hundred legs that PostgreSQL expects
    -- of any JSON array, and would read the whole table of accounts for six.
    INSERT INTO public.wallet_transfer (id, journal_id, debit_account_id, credit_account_id, amount_paise)
    SELECT (leg.facts ->> 0)::uuid, p_journal,
           coalesce((SELECT a.id FROM public.wallet_account a WHERE a.code = leg.facts ->> 1),
                    public.wallet_unknown_account(leg.facts ->> 1)),
           coalesce((SELECT a.id FROM public.wallet_account a WHERE a.code = leg.facts ->> 2),
                    public.wallet_unknown_account(leg.facts ->> 2)),
           (leg.facts ->> 3)::bigint
      FROM jsonb_array_elements(p_legs) WITH ORDINALITY AS leg (facts, position)
     ORDER BY leg.position;
END $$;

CREATE FUNCTION wallet_unknown_account(p_code text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.wallet_refusal('UM004', format('There is no account %s.', p_code),
        jsonb_build_object('account', p_code));
    RETURN NULL;
END $$;

-- Lock the kept balances that the legs touch, by id whatever the order of the legs.
CREATE FUNCTION wallet_lock(p_legs jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM public.wallet_account a
      WHERE a.keeps_balance AND a.code = ANY (ARRAY(
          SELECT code FROM jsonb_array_elements(p_legs) AS leg (facts),
                 unnest(ARRAY[leg.facts ->> 1, leg.facts ->> 2]) AS code))
      ORDER BY a.id
        FOR NO KEY UPDATE;
END $$;

-- wallet_post for callers that must go on after a refusal: returns null, or what was refused. The
-- sub-transaction lives in the server, so a refusal costs no extra round trip and poisons nothing.
CREATE FUNCTION wallet_try_post(p_journal uuid, p_kind text, p_reference text, p_zone text,
                                p_event_at timestamptz, p_actor uuid, p_hold uuid, p_reverses uuid,
                                p_memo text, p_legs jsonb, p_sweeps uuid[] DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
    detail text;
    violated text;
BEGIN
    PERFORM public.wallet_post(p_journal, p_kind, p_reference, p_zone, p_event_at, p_actor, p_hold,
                               p_reverses, p_memo, p_legs, p_sweeps);
    RETURN NULL;
EXCEPTION
    WHEN SQLSTATE 'UM001' OR SQLSTATE 'UM002' OR SQLSTATE 'UM003' OR SQLSTATE 'UM004'
      OR SQLSTATE 'UM005' OR unique_violation THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                                detail = PG_EXCEPTION_DETAIL, violated = CONSTRAINT_NAME;
        RETURN jsonb_build_object('state', state, 'message', message, 'detail', detail,
                                  'constraint', violated);
END $$;

-- Each transfer as its two accounts see it.
CREATE VIEW wallet_entry AS
    SELECT t.id AS transfer_id, t.journal_id, t.debit_account_id AS account_id,
           t.credit_account_id AS counter_account_id, 'D'::text AS side, t.amount_paise,
           t.debit_after_paise AS after_paise, t.debit_version AS version
      FROM wallet_transfer t
    UNION ALL
    SELECT t.id, t.journal_id, t.credit_account_id, t.debit_account_id, 'C', t.amount_paise,
           t.credit_after_paise, t.credit_version
      FROM wallet_transfer t;
