"""Riders who are watched, and what they book meanwhile."""

import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rides', '0008_refused_bookings'),
    ]

    operations = [
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('rider_id', models.UUIDField()),
                ('merchant_id', models.UUIDField(null=True)),
                ('zone_code', models.CharField(max_length=8)),
                ('since', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name_plural': 'watches',
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_terms_frozen',
        ),
        migrations.AddField(
            model_name='booking',
            name='watched',
            field=models.BooleanField(db_default=False, default=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."cap_paise" IS DISTINCT FROM (NEW."cap_paise") OR OLD."cpa_fee_paise" IS DISTINCT FROM (NEW."cpa_fee_paise") OR OLD."cpt_fee_paise" IS DISTINCT FROM (NEW."cpt_fee_paise") OR OLD."deductible_paise" IS DISTINCT FROM (NEW."deductible_paise") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."discount_bps" IS DISTINCT FROM (NEW."discount_bps") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."geofence_policy" IS DISTINCT FROM (NEW."geofence_policy") OR OLD."gst_bps" IS DISTINCT FROM (NEW."gst_bps") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."inter_state" IS DISTINCT FROM (NEW."inter_state") OR OLD."live_slot" IS DISTINCT FROM (NEW."live_slot") OR OLD."max_cost_paise" IS DISTINCT FROM (NEW."max_cost_paise") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."merchant_name" IS DISTINCT FROM (NEW."merchant_name") OR OLD."outlet_id" IS DISTINCT FROM (NEW."outlet_id") OR OLD."qr_kid" IS DISTINCT FROM (NEW."qr_kid") OR OLD."ref" IS DISTINCT FROM (NEW."ref") OR OLD."request_fingerprint" IS DISTINCT FROM (NEW."request_fingerprint") OR OLD."request_key" IS DISTINCT FROM (NEW."request_key") OR OLD."revision" IS DISTINCT FROM (NEW."revision") OR OLD."rider_id" IS DISTINCT FROM (NEW."rider_id") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."static_id" IS DISTINCT FROM (NEW."static_id") OR OLD."static_qr" IS DISTINCT FROM (NEW."static_qr") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."watched" IS DISTINCT FROM (NEW."watched") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('rides_booking_terms_frozen')", func='RETURN NEW;', hash='3ff211ef40da039db0be1390a99b446d9a4b2288', operation='UPDATE', pgid='pgtrigger_rides_booking_terms_frozen_761f6', table='rides_booking', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('rider_id', 'merchant_id'), name='rides_watch_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('since')), _connector='OR'), name='rides_watch_ends_after_it_began'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='watch',
            trigger=pgtrigger.compiler.Trigger(name='rides_watch_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('rides_watch_never_edited')", func='RETURN NEW;', hash='a0013765a82f12b915e125b158b35ca7e36cb7c1', level='STATEMENT', operation='UPDATE OF "id", "rider_id", "merchant_id", "zone_code", "since" OR DELETE OR TRUNCATE', pgid='pgtrigger_rides_watch_never_edited_e6742', table='rides_watch', when='BEFORE')),
        ),
    ]
