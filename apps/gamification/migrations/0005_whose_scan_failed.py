"""A scan that failed says whose it was, so that a business reads its own without reading everybody's."""

from django.db import migrations, models

# Rows never change; the guard stands aside for this one sentence, which fills what was not said before.
MEND = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM public.gamification_failedscan) THEN
        ALTER TABLE public.gamification_failedscan
            DISABLE TRIGGER pgtrigger_gamification_failed_scan_append_only_e0ca8;
        UPDATE public.gamification_failedscan f
           SET merchant_id = b.merchant_id, outlet_id = b.outlet_id
          FROM public.rides_booking b WHERE b.id = f.booking_id;
        ALTER TABLE public.gamification_failedscan
            ENABLE TRIGGER pgtrigger_gamification_failed_scan_append_only_e0ca8;
    END IF;
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("gamification", "0004_orders_to_settle"), ("rides", "0001_bookings")]

    operations = [
        migrations.AddField("failedscan", "merchant_id", models.UUIDField(null=True)),
        migrations.AddField("failedscan", "outlet_id", models.UUIDField(null=True)),
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
    ]
