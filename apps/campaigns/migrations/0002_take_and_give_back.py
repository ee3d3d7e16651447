"""Seats and money move between a campaign and its bookings through two functions."""

from django.db import migrations

# One lock for all caps of a campaign: the row of scope `all`, which exists from the campaign's first
# moment. Whoever has it may read the other rows and write them in one statement; rows that nobody bought
# in yet are inserted without a race. Editors take it too, so `version` cannot change under a booking.
# A campaign that sells has a row for each rider: each scope is looked up by itself, and no plan that was
# made while the table was small may read it from end to end.
TAKE = """
CREATE FUNCTION campaigns_take(
    p_campaign uuid, p_version bigint, p_scopes text[], p_seats bigint[], p_budgets bigint[],
    p_cost bigint
) RETURNS text[] LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    broken text[];
BEGIN
    PERFORM FROM campaigns_allotment
      WHERE campaign_id = p_campaign AND scope = 'all' FOR NO KEY UPDATE;
    -- A new statement sees what committed while this one waited for the lock.
    PERFORM FROM campaigns_campaign WHERE id = p_campaign AND version = p_version;
    IF NOT FOUND THEN
        RETURN ARRAY['stale'];
    END IF;

    SELECT array_agg(b.name) INTO broken
      FROM unnest(p_scopes, p_seats, p_budgets) AS w (scope, seats, budget)
      LEFT JOIN LATERAL (
             SELECT x.seats_taken, x.committed_paise FROM campaigns_allotment x
              WHERE x.campaign_id = p_campaign AND x.scope = w.scope OFFSET 0
           ) a ON true
     CROSS JOIN LATERAL (VALUES
           ('seats|' || w.scope, coalesce(a.seats_taken, 0) + 1 > w.seats),
           ('budget|' || w.scope, coalesce(a.committed_paise, 0) + p_cost > w.budget)
         ) AS b (name, is_broken)
     WHERE b.is_broken;
    IF broken IS NOT NULL THEN
        RETURN broken;
    END IF;

    INSERT INTO campaigns_allotment AS a
           (campaign_id, scope, seats_limit, budget_paise, seats_taken, committed_paise,
            spent_paise, visits)
    SELECT p_campaign, w.scope, w.seats, w.budget, 1, p_cost, 0, 0
      FROM unnest(p_scopes, p_seats, p_budgets) AS w (scope, seats, budget)
     ORDER BY w.scope
    ON CONFLICT (campaign_id, scope) DO UPDATE
       SET seats_limit = excluded.seats_limit,
           budget_paise = excluded.budget_paise,
           seats_taken = a.seats_taken + 1,
           committed_paise = a.committed_paise + p_cost;
    RETURN ARRAY[]::text[];
END
$$
"""
GIVE_BACK = """
CREATE FUNCTION campaigns_give_back(
    p_campaign uuid, p_scopes text[], p_seats integer, p_paise bigint, p_spent bigint,
    p_visits integer
) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    changed integer;
BEGIN
    PERFORM FROM campaigns_allotment
      WHERE campaign_id = p_campaign AND scope = 'all' FOR NO KEY UPDATE;
    UPDATE campaigns_allotment
       SET seats_taken = seats_taken - p_seats,
           committed_paise = committed_paise - p_paise,
           spent_paise = spent_paise + p_spent,
           visits = visits + p_visits
     WHERE campaign_id = p_campaign AND scope = ANY (p_scopes);
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> cardinality(p_scopes) THEN
        RAISE EXCEPTION 'campaign % has % of the % allotments to give back to',
            p_campaign, changed, cardinality(p_scopes)
            USING ERRCODE = 'foreign_key_violation';
    END IF;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_campaigns_and_allotments")]

    operations = [
        migrations.RunSQL(
            TAKE,
            "DROP FUNCTION campaigns_take(uuid, bigint, text[], bigint[], bigint[], bigint)",
        ),
        migrations.RunSQL(
            GIVE_BACK,
            "DROP FUNCTION campaigns_give_back(uuid, text[], integer, bigint, bigint, integer)",
        ),
        # The rows of a popular campaign are updated at every booking: room on the page keeps the new
        # version beside the old one, and the indexes untouched.
        migrations.RunSQL(
            "ALTER TABLE campaigns_allotment SET (fillfactor = 70)",
            "ALTER TABLE campaigns_allotment RESET (fillfactor)",
        ),
    ]
