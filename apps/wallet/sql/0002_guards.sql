-- The guards of the ledger. Every table is named with its schema: a temporary table called
-- wallet_account must not catch a movement. Refusals carry SQLSTATE UM001…UM005 and JSON in DETAIL
-- (apps/wallet/errors.py).

CREATE FUNCTION wallet_refusal(p_state text, p_message text, p_detail jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_state, MESSAGE = p_message, DETAIL = p_detail::text;
END $$;

CREATE FUNCTION wallet_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.wallet_refusal('UM005', format('%s of %s is refused.', TG_OP, TG_TABLE_NAME),
        jsonb_build_object('table', TG_TABLE_NAME, 'operation', TG_OP));
END $$;

-- An account is what its code and the chart of accounts say, and is empty when it opens.
CREATE FUNCTION wallet_account_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parts text[] := string_to_array(NEW.code, ':');
    first text := parts[1];
    wanted text;
    facts public.wallet_account_kind;
BEGIN
    CASE
        WHEN first IN ('merchant', 'rider') AND array_length(parts, 1) = 3 THEN
            wanted := first || '_' || parts[3];
            NEW.party := first || ':' || parts[2];
        WHEN first = 'receivable' AND array_length(parts, 1) = 3 THEN
            wanted := 'receivable_' || parts[2];
            NEW.party := parts[2] || ':' || parts[3];
        WHEN first = 'zone' AND array_length(parts, 1) = 3 AND parts[2] ~ '^[A-Z0-9]{2,8}$' THEN
            wanted := parts[3];
            NEW.party := NEW.code;
            NEW.zone_code := parts[2];
        WHEN first = 'promo_pool' AND array_length(parts, 1) = 2 AND parts[2] ~ '^[a-z0-9_-]{1,40}$' THEN
            wanted := 'promo_pool';
            NEW.party := NEW.code;
        ELSE NULL;
    END CASE;
    SELECT * INTO facts FROM public.wallet_account_kind k
     WHERE k.kind = wanted AND k.family = first;
    IF facts.kind IS NULL
       OR (first = 'zone') IS DISTINCT FROM (NEW.zone_code IS NOT NULL)
       OR (first IN ('merchant', 'rider', 'receivable')
           AND split_part(NEW.party, ':', 2) !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') THEN
        PERFORM public.wallet_refusal('UM004', format('%s is not in the chart of accounts.', NEW.code),
            jsonb_build_object('account', NEW.code));
    END IF;
    IF NEW.balance_paise <> 0 OR NEW.version <> 0 OR NEW.frozen_at IS NOT NULL
       OR NEW.kind <> facts.kind OR NEW.normal_side <> facts.normal_side
       OR NEW.keeps_balance <> facts.keeps_balance OR NEW.may_overdraw <> facts.may_overdraw THEN
        PERFORM public.wallet_refusal('UM005', format('%s must open empty and as the chart says.', NEW.code),
            jsonb_build_object('account', NEW.code));
    END IF;
    NEW.kind := facts.kind;
    NEW.normal_side := facts.normal_side;
    NEW.keeps_balance := facts.keeps_balance;
    NEW.may_overdraw := facts.may_overdraw;
    RETURN NEW;
END $$;

-- A statement that somebody sends may freeze an account and thaw it; all else is moved by transfers.
CREATE FUNCTION wallet_account_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'frozen_at' <> to_jsonb(OLD) - 'frozen_at' THEN
        PERFORM public.wallet_refusal('UM005', format('%s of %s is refused.', TG_OP, TG_TABLE_NAME),
            jsonb_build_object('table', TG_TABLE_NAME, 'operation', TG_OP, 'account', OLD.code));
    END IF;
    RETURN NEW;
END $$;

-- A journal belongs to the transaction that makes it. Two reversals of one original queue here, so that
-- the second counts the first.
CREATE FUNCTION wallet_journal_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.created_xid := pg_current_xact_id();
    NEW.created_at := clock_timestamp();
    IF NEW.reverses_id IS NOT NULL THEN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            -- An older snapshot would not see the reversal that was waited for.
            PERFORM public.wallet_refusal('UM005', 'A reversal needs READ COMMITTED.', '{}');
        END IF;
        PERFORM 1 FROM public.wallet_journal WHERE id = NEW.reverses_id FOR NO KEY UPDATE;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION wallet_journal_not_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.wallet_transfer WHERE journal_id = NEW.id) THEN
        PERFORM public.wallet_refusal('UM005', format('Journal %s moves nothing.', NEW.reference),
            jsonb_build_object('journal', NEW.id));
    END IF;
    RETURN NULL;
END $$;

-- Move one side's kept balance, relatively, and return what it became; or say why not.
CREATE FUNCTION wallet_account_move(p_account bigint, p_delta bigint, p_is_debit boolean,
                                    OUT after_paise bigint, OUT version bigint)
LANGUAGE plpgsql AS $$
DECLARE
    account public.wallet_account;
BEGIN
    UPDATE public.wallet_account a
       SET balance_paise = a.balance_paise + p_delta, version = a.version + 1
     WHERE a.id = p_account AND a.balance_paise + p_delta >= 0
       AND (a.frozen_at IS NULL OR NOT p_is_debit)
    RETURNING a.balance_paise, a.version INTO after_paise, version;
    IF NOT FOUND THEN
        SELECT * INTO account FROM public.wallet_account WHERE id = p_account;
        IF p_is_debit AND account.frozen_at IS NOT NULL THEN
            PERFORM public.wallet_refusal('UM002', format('%s is frozen.', account.code),
                jsonb_build_object('account', account.code));
        END IF;
        PERFORM public.wallet_refusal('UM001',
            format('%s is %s paise short.', account.code, -(account.balance_paise + p_delta)),
            jsonb_build_object('account', account.code,
                               'short_paise', -(account.balance_paise + p_delta)));
    END IF;
END $$;

-- Every transfer passes here: known journal of this transaction, a posting rule, one zone, an unfrozen
-- debit, an open hold; then the kept balances move and the row records what they became. Four look-ups by
-- key, one after the other: as one join they cost nearly twice as much, six times in each scan.
CREATE FUNCTION wallet_transfer_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    j public.wallet_journal;
    d public.wallet_account;
    c public.wallet_account;
    r public.wallet_posting_rule;
    original_kind text;
    refusal text;
    moved record;
BEGIN
    SELECT * INTO j FROM public.wallet_journal WHERE id = NEW.journal_id;
    SELECT * INTO d FROM public.wallet_account WHERE id = NEW.debit_account_id;
    SELECT * INTO c FROM public.wallet_account WHERE id = NEW.credit_account_id;
    IF j.id IS NULL OR d.id IS NULL OR c.id IS NULL THEN
        PERFORM public.wallet_refusal('UM004', 'The journal or an account of this transfer is unknown.',
            jsonb_build_object('account', NULL));
    END IF;
    SELECT * INTO r FROM public.wallet_posting_rule
     WHERE journal_kind = j.kind AND debit_kind = d.kind AND credit_kind = c.kind;
    IF j.reverses_id IS NOT NULL THEN
        SELECT kind INTO original_kind FROM public.wallet_journal WHERE id = j.reverses_id;
    END IF;
    refusal := CASE
        WHEN j.created_xid <> pg_current_xact_id() THEN 'its journal is already written'
        WHEN r.max_paise IS NULL THEN 'no posting rule'
        WHEN NEW.amount_paise > r.max_paise THEN 'above the cap of its posting rule'
        WHEN d.zone_code <> j.zone_code OR c.zone_code <> j.zone_code THEN 'another zone'
        WHEN r.same_party AND d.party <> c.party THEN 'another party'
        WHEN original_kind IS DISTINCT FROM r.reverses_kind THEN 'not a reversal of the right kind'
    END;
    IF refusal IS NOT NULL THEN
        PERFORM public.wallet_refusal('UM005',
            format('%s: %s → %s: %s.', j.kind, d.code, c.code, refusal),
            jsonb_build_object('kind', j.kind, 'debit', d.code, 'credit', c.code, 'rule', refusal));
    END IF;

    NEW.debit_after_paise := NULL; NEW.debit_version := NULL;
    NEW.credit_after_paise := NULL; NEW.credit_version := NULL;
    IF d.keeps_balance THEN
        moved := public.wallet_account_move(d.id,
            CASE d.normal_side WHEN 'D' THEN NEW.amount_paise ELSE -NEW.amount_paise END, true);
        NEW.debit_after_paise := moved.after_paise;
        NEW.debit_version := moved.version;
    -- A release leaves the money with its frozen owner; refusing it would keep a rider's booking for ever.
    ELSIF d.frozen_at IS NOT NULL AND j.kind <> 'release' THEN
        PERFORM public.wallet_refusal('UM002', format('%s is frozen.', d.code),
            jsonb_build_object('account', d.code));
    END IF;
    IF c.keeps_balance THEN
        moved := public.wallet_account_move(c.id,
            CASE c.normal_side WHEN 'C' THEN NEW.amount_paise ELSE -NEW.amount_paise END, false);
        NEW.credit_after_paise := moved.after_paise;
        NEW.credit_version := moved.version;
    END IF;

    IF d.kind = 'merchant_held' THEN
        PERFORM public.wallet_hold_check(j.hold_id, d.id);
    ELSIF d.kind = 'merchant_released' THEN
        PERFORM public.wallet_hold_sweep(j.swept_hold_ids, NEW);
    END IF;
    IF c.kind = 'merchant_held' THEN
        PERFORM public.wallet_hold_open(j.hold_id, c.party, NEW);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION wallet_hold_check(p_hold uuid, p_held_account bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.wallet_hold h
                    WHERE h.id = p_hold AND h.held_account_id = p_held_account AND h.state = 'OPEN') THEN
        PERFORM public.wallet_refusal('UM003', format('Hold %s is not open for this money.', p_hold),
            jsonb_build_object('hold', p_hold));
    END IF;
END $$;

-- A hold is opened by the transfer that moves its amount into `held`, and by nothing else.
CREATE FUNCTION wallet_hold_open(p_hold uuid, p_party text, p_transfer public.wallet_transfer)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_hold IS NULL THEN
        PERFORM public.wallet_refusal('UM005', 'Money is held for a hold.', '{}');
    END IF;
    INSERT INTO public.wallet_hold (id, wallet_account_id, held_account_id, released_account_id,
                                    amount_paise, captured_paise, released_paise, state, opened_journal_id)
    VALUES (p_hold, p_transfer.debit_account_id, p_transfer.credit_account_id,
            (SELECT id FROM public.wallet_account WHERE code = p_party || ':released'),
            p_transfer.amount_paise, 0, 0, 'OPEN', p_transfer.journal_id);
END $$;

-- A sweep gives back what its named holds left unused, to the paisa, each hold once.
CREATE FUNCTION wallet_hold_sweep(p_holds uuid[], p_transfer public.wallet_transfer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    swept_holds bigint;
    swept_paise bigint;
BEGIN
    WITH swept AS (
        UPDATE public.wallet_hold h SET swept_journal_id = p_transfer.journal_id
         WHERE h.id = ANY (p_holds) AND h.released_account_id = p_transfer.debit_account_id
           AND h.state = 'CAPTURED' AND h.released_paise > 0 AND h.swept_journal_id IS NULL
        RETURNING h.released_paise)
    SELECT count(*), sum(released_paise) INTO swept_holds, swept_paise FROM swept;
    IF swept_holds IS DISTINCT FROM cardinality(p_holds)
       OR swept_paise IS DISTINCT FROM p_transfer.amount_paise THEN
        PERFORM public.wallet_refusal('UM005', 'A sweep moves exactly what its holds left unused.',
            jsonb_build_object('swept_paise', swept_paise, 'amount_paise', p_transfer.amount_paise));
    END IF;
END $$;

-- After each INSERT: the transfers out of `held` use up their hold exactly, in this one statement; and
-- what a journal reverses is never more than was posted.
CREATE FUNCTION wallet_transfer_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT j.id, j.reverses_id, j.hold_id, h.amount_paise,
               sum(t.amount_paise) FILTER (WHERE t.debit_account_id = h.held_account_id) AS used,
               coalesce(sum(t.amount_paise) FILTER (WHERE t.debit_account_id = h.held_account_id
                   AND t.credit_account_id = h.wallet_account_id), 0) AS returned,
               coalesce(sum(t.amount_paise) FILTER (WHERE t.debit_account_id = h.held_account_id
                   AND t.credit_account_id = h.released_account_id), 0) AS released
          FROM posted t
          JOIN public.wallet_journal j ON j.id = t.journal_id
          LEFT JOIN public.wallet_hold h ON h.id = j.hold_id
         WHERE j.hold_id IS NOT NULL OR j.reverses_id IS NOT NULL
         GROUP BY j.id, h.id
    LOOP
        IF f.used IS NOT NULL THEN
            IF f.used <> f.amount_paise THEN
                PERFORM public.wallet_refusal('UM005',
                    format('Hold %s is used up exactly, at once.', f.hold_id),
                    jsonb_build_object('hold', f.hold_id, 'amount_paise', f.amount_paise,
                                       'used_paise', f.used));
            END IF;
            UPDATE public.wallet_hold h
               SET state = CASE f.returned WHEN f.used THEN 'RELEASED' ELSE 'CAPTURED' END,
                   captured_paise = f.used - f.returned - f.released,
                   released_paise = f.returned + f.released,
                   resolved_journal_id = f.id
             WHERE h.id = f.hold_id AND h.state = 'OPEN';
            IF NOT FOUND THEN
                PERFORM public.wallet_refusal('UM003', format('Hold %s is not open.', f.hold_id),
                    jsonb_build_object('hold', f.hold_id));
            END IF;
        END IF;
        IF f.reverses_id IS NOT NULL THEN
            PERFORM public.wallet_check_reversals(f.reverses_id);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- What each party got (or gave) in the original goes back at most once: net, because a debt sweep or the
-- unused part of a hold moves money inside one party.
CREATE FUNCTION wallet_reversal_excess(p_original uuid)
RETURNS TABLE (party text, original_paise numeric, reversed_paise numeric) LANGUAGE sql STABLE AS $$
    WITH moved AS (
        SELECT j.id = p_original AS is_original, side.account_id, side.paise
          FROM public.wallet_journal j
          JOIN public.wallet_transfer t ON t.journal_id = j.id
          CROSS JOIN LATERAL (VALUES (t.credit_account_id, t.amount_paise),
                                     (t.debit_account_id, -t.amount_paise)) AS side (account_id, paise)
         WHERE j.id = p_original OR j.reverses_id = p_original
    ), net AS (
        SELECT a.party,
               coalesce(sum(m.paise) FILTER (WHERE m.is_original), 0) AS original_paise,
               coalesce(sum(m.paise) FILTER (WHERE NOT m.is_original), 0) AS reversed_paise
          FROM moved m JOIN public.wallet_account a ON a.id = m.account_id
         GROUP BY a.party
    )
    SELECT * FROM net n
     WHERE n.reversed_paise <> 0
       AND (sign(n.reversed_paise) = sign(n.original_paise) OR abs(n.reversed_paise) > abs(n.original_paise));
$$;

CREATE FUNCTION wallet_check_reversals(p_original uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    excess record;
BEGIN
    SELECT * INTO excess FROM public.wallet_reversal_excess(p_original) ORDER BY party LIMIT 1;
    IF FOUND THEN
        PERFORM public.wallet_refusal('UM005',
            format('%s: a reversal takes back at most what was posted.', excess.party),
            jsonb_build_object('original', p_original, 'party', excess.party,
                               'original_paise', excess.original_paise,
                               'reversed_paise', excess.reversed_paise));
    END IF;
END $$;
