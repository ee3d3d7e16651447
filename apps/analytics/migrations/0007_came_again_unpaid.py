"""Who came again without a deal, of each cohort; for those that were counted before, from the visits as they stand."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

MEND = """
UPDATE public.analytics_cohort AS c SET organic = least(c.returned, (
    SELECT count(*)
      FROM public.handshake_handshake h
     WHERE h.merchant_id = c.merchant_id AND h.is_new_customer
       AND h.created_at >= c.day::timestamp AT TIME ZONE z.timezone
       AND h.created_at < (c.day + 1)::timestamp AT TIME ZONE z.timezone
       AND NOT EXISTS (SELECT FROM public.handshake_reversal r WHERE r.handshake_id = h.id AND r."full")
       AND NOT EXISTS (SELECT FROM public.handshake_dispute d
                        WHERE d.handshake_id = h.id AND d.state = 'FOR_MERCHANT')
       AND EXISTS (SELECT FROM public.handshake_checkin i
                    WHERE i.rider_id = h.rider_id AND i.merchant_id = h.merchant_id
                      AND i.created_at > h.created_at
                      AND i.created_at <= h.created_at + make_interval(days => c.within_days))))
  FROM public.merchants_merchant m JOIN public.merchants_zone z ON z.code = m.zone_id
 WHERE m.id = c.merchant_id AND c.returned > 0
"""


class Migration(migrations.Migration):

    dependencies = [
        ("analytics", "0006_hours_of_a_day"),
        ("handshake", "0006_check_ins"),
        ("merchants", "0001_zones_merchants_outlets_staff"),
    ]

    operations = [
        migrations.AddField(
            "cohort", "organic", models.PositiveIntegerField(default=0, db_default=0)
        ),
        AddConstraintNotValid(
            "cohort",
            models.CheckConstraint(
                condition=Q(organic__lte=F("returned")), name="analytics_cohort_organic_in_range"
            ),
        ),
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
    ]
