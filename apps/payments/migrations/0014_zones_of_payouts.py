"""
Payouts and dormant wallets of riders without a home zone get the zone in which their money was earned.

Such a row could be written and never be booked: what is paid leaves the float of a zone.
"""

from django.db import migrations

# What a row says of itself is kept by a trigger, which stands aside for this one sentence: nothing else changes,
# and only where nothing was said. Where there is no such row no lock is taken either.
MEND = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM public.{relation} WHERE zone_code = '') THEN
        ALTER TABLE public.{relation} DISABLE TRIGGER {guard};
        UPDATE public.{relation} AS mended SET zone_code = found.zone
          FROM (SELECT r.id, coalesce(nullif(u.zone_code, ''), (
                           SELECT j.zone_code
                             FROM public.wallet_account a
                             JOIN public.wallet_entry e ON e.account_id = a.id
                             JOIN public.wallet_journal j ON j.id = e.journal_id
                            WHERE a.code = 'rider:' || u.id || ':wallet' AND j.zone_code <> ''
                            ORDER BY e.version DESC LIMIT 1)) AS zone
                  FROM public.{relation} r JOIN public.accounts_user u ON u.id = r.person_id
                 WHERE r.zone_code = '' OFFSET 0) AS found
         WHERE mended.id = found.id AND found.zone IS NOT NULL;
        -- Foreign keys may wait for the commit, and a table that they wait for is not altered.
        SET CONSTRAINTS ALL IMMEDIATE;
        ALTER TABLE public.{relation} ENABLE TRIGGER {guard};
    END IF;
END $$
"""
KEPT = {
    "payments_payout": "pgtrigger_payments_payout_terms_frozen_b1eba",
    "payments_dormantwallet": "pgtrigger_payments_dormant_told_stays_56bc0",
}
MENDS = [MEND.format(relation=relation, guard=guard) for relation, guard in KEPT.items()]


class Migration(migrations.Migration):

    dependencies = [("payments", "0013_payouts_that_came_back"), ("wallet", "0013_dormant_and_late")]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in MENDS]
