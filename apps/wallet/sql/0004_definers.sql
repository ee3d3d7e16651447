-- The guards run as the owner of the tables and find their operators and functions in pg_catalog alone: the
-- role that serves may insert a journal and its transfers, and what follows from them is written for it.
-- DEFINER are those that write or lock for it, and only trigger functions: nobody calls those by hand, and
-- what they call runs as they do.
ALTER FUNCTION public.wallet_account_open() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_account_edit() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_journal_stamp() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_journal_not_empty() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_transfer_move() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_transfer_settle() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.wallet_refuse() SET search_path = pg_catalog, pg_temp;

-- The chart and the rules: no setting opens them, only being their owner does. Not DEFINER, because it
-- asks who sent the statement.
CREATE FUNCTION public.wallet_refuse_unless_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
        PERFORM public.wallet_refusal('UM005', format('%s of %s is refused.', TG_OP, TG_TABLE_NAME),
            jsonb_build_object('table', TG_TABLE_NAME, 'operation', TG_OP));
    END IF;
    RETURN NULL;
END $$;
