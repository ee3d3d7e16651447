"""Bookings, what the database refuses about them, and the wrong spoken codes."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.conf import settings
from django.db import migrations, models


# Every refusal by trigger: an integrity error under the name of the rule, as a CHECK gives.
REFUSE = """
CREATE FUNCTION public.rides_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'row of % violates %', TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME;
END $$;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('merchants', '0002_record_first_visit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(REFUSE, 'DROP FUNCTION public.rides_refuse();'),
        migrations.CreateModel(
            name='SpokenCodeTries',
            fields=[
                ('person_id', models.UUIDField(primary_key=True, serialize=False)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('counted_since', models.DateTimeField()),
                ('locked_until', models.DateTimeField(null=True)),
                ('last_ref', models.CharField(blank=True, max_length=13)),
            ],
            options={
                'verbose_name_plural': 'spoken code tries',
                'constraints': [models.CheckConstraint(condition=models.Q(('tries__lte', 5)), name='rides_tries_at_most_five')],
            },
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('ref', models.CharField(max_length=13)),
                ('qr_kid', models.CharField(max_length=2)),
                ('static_id', models.UUIDField(null=True)),
                ('rider', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('merchant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='merchants.merchant')),
                ('outlet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='merchants.outlet')),
                ('campaign_id', models.UUIDField()),
                ('revision', models.PositiveIntegerField()),
                ('zone_code', models.CharField(max_length=8)),
                ('timezone', models.CharField(max_length=40)),
                ('merchant_name', models.CharField(max_length=120)),
                ('title', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('discount_bps', models.PositiveIntegerField()),
                ('basis', models.CharField(max_length=16)),
                ('cap_paise', models.BigIntegerField()),
                ('deductible_paise', models.BigIntegerField()),
                ('cpt_fee_paise', models.BigIntegerField()),
                ('cpa_fee_paise', models.BigIntegerField()),
                ('gst_bps', models.PositiveIntegerField()),
                ('inter_state', models.BooleanField()),
                ('max_cost_paise', models.BigIntegerField()),
                ('static_qr', models.BooleanField()),
                ('geofence_policy', models.CharField(max_length=24)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), size=None)),
                ('live_slot', models.PositiveSmallIntegerField()),
                ('request_key', models.CharField(blank=True, max_length=255)),
                ('request_fingerprint', models.BinaryField(null=True)),
                ('booked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('void_reason', models.CharField(blank=True, max_length=500)),
                ('cancelled_late', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('BOOKED', 'Booked'), ('REDEEMED', 'Redeemed'), ('REVERSED', 'Reversed'), ('EXPIRED', 'Expired'), ('CANCELLED', 'Cancelled'), ('VOIDED', 'Voided'), ('DISPUTED', 'Disputed')], default='BOOKED', max_length=9)),
                ('status_changed_at', models.DateTimeField()),
                ('redeemed_at', models.DateTimeField(null=True)),
            ],
            options={
                'permissions': [('void_booking', 'May void live bookings')],
                'indexes': [models.Index(condition=models.Q(('state', 'BOOKED')), fields=['expires_at'], name='rides_booking_overdue'), models.Index(condition=models.Q(('state', 'BOOKED')), fields=['merchant', 'outlet'], name='rides_booking_at_outlet'), models.Index(fields=['rider', '-id'], name='rides_booking_of_rider'), models.Index(condition=models.Q(('cancelled_late', True)), fields=['rider', '-status_changed_at'], name='rides_booking_late_cancels')],
                'constraints': [models.UniqueConstraint(fields=('ref',), name='rides_booking_ref_once'), models.UniqueConstraint(condition=models.Q(('static_id__isnull', False)), fields=('static_id',), name='rides_booking_static_id_once'), models.UniqueConstraint(condition=models.Q(('state', 'BOOKED')), fields=('rider', 'live_slot'), name='rides_booking_live_slot_once'), models.UniqueConstraint(condition=models.Q(('state', 'BOOKED')), fields=('rider', 'outlet'), name='rides_booking_outlet_once'), models.UniqueConstraint(condition=models.Q(('request_key', ''), _negated=True), fields=('rider', 'request_key'), name='rides_booking_request_once'), models.CheckConstraint(condition=models.Q(('live_slot__in', [1, 2])), name='rides_booking_two_live_slots'), models.CheckConstraint(condition=models.Q(('ref__regex', '^[A-Z2-7]{13}$')), name='rides_booking_ref_base32'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('booked_at')), ('status_changed_at__gte', models.F('booked_at'))), name='rides_booking_times_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('redeemed_at__gte', models.F('booked_at')), ('redeemed_at__isnull', False), ('state__in', ['REDEEMED', 'DISPUTED', 'REVERSED'])), models.Q(('redeemed_at__isnull', True), ('state__in', ['BOOKED', 'EXPIRED', 'CANCELLED', 'VOIDED'])), _connector='OR'), name='rides_booking_redeemed_at'), models.CheckConstraint(condition=models.Q(('cancelled_late', False), ('state', 'CANCELLED'), _connector='OR'), name='rides_booking_late_is_cancelled'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'VOIDED'), models.Q(('void_reason', ''), _negated=True)), models.Q(models.Q(('state', 'VOIDED'), _negated=True), ('void_reason', '')), _connector='OR'), name='rides_booking_void_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('static_id__isnull', False), ('static_qr', True)), models.Q(('static_id__isnull', True), ('static_qr', False)), _connector='OR'), name='rides_booking_static_as_sold'), models.CheckConstraint(condition=models.Q(models.Q(('request_fingerprint__isnull', True), ('request_key', '')), models.Q(models.Q(('request_key', ''), _negated=True), ('request_fingerprint__isnull', False), django.db.models.lookups.Exact(models.Func(models.F('request_fingerprint'), function='octet_length', output_field=models.IntegerField()), 32)), _connector='OR'), name='rides_booking_request_whole'), models.CheckConstraint(condition=models.Q(('basis__in', ['flat', 'actual_capped', 'deductible'])), name='rides_booking_basis_known'), models.CheckConstraint(condition=models.Q(('cap_paise__gte', 0), ('cpa_fee_paise__gte', 0), ('cpt_fee_paise__gte', 0), ('deductible_paise__gte', 0), ('discount_bps__lte', 10000), ('gst_bps__lte', 10000), ('max_cost_paise__gt', 0), ('max_cost_paise__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('cap_paise'), '+', models.F('cpt_fee_paise')), '+', models.F('cpa_fee_paise')))), name='rides_booking_amounts_sane')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_born_booked', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state <> 'BOOKED')", execute="public.rides_refuse('rides_booking_born_booked')", func='RETURN NULL;', hash='506bf6de73364a544d1b6f16fbfd72e50b2582e2', operation='INSERT', pgid='pgtrigger_rides_booking_born_booked_6ddaa', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."cap_paise" IS DISTINCT FROM (NEW."cap_paise") OR OLD."cpa_fee_paise" IS DISTINCT FROM (NEW."cpa_fee_paise") OR OLD."cpt_fee_paise" IS DISTINCT FROM (NEW."cpt_fee_paise") OR OLD."deductible_paise" IS DISTINCT FROM (NEW."deductible_paise") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."discount_bps" IS DISTINCT FROM (NEW."discount_bps") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."geofence_policy" IS DISTINCT FROM (NEW."geofence_policy") OR OLD."gst_bps" IS DISTINCT FROM (NEW."gst_bps") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."inter_state" IS DISTINCT FROM (NEW."inter_state") OR OLD."live_slot" IS DISTINCT FROM (NEW."live_slot") OR OLD."max_cost_paise" IS DISTINCT FROM (NEW."max_cost_paise") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."merchant_name" IS DISTINCT FROM (NEW."merchant_name") OR OLD."outlet_id" IS DISTINCT FROM (NEW."outlet_id") OR OLD."qr_kid" IS DISTINCT FROM (NEW."qr_kid") OR OLD."ref" IS DISTINCT FROM (NEW."ref") OR OLD."request_fingerprint" IS DISTINCT FROM (NEW."request_fingerprint") OR OLD."request_key" IS DISTINCT FROM (NEW."request_key") OR OLD."revision" IS DISTINCT FROM (NEW."revision") OR OLD."rider_id" IS DISTINCT FROM (NEW."rider_id") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."static_id" IS DISTINCT FROM (NEW."static_id") OR OLD."static_qr" IS DISTINCT FROM (NEW."static_qr") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.rides_refuse('rides_booking_terms_frozen')", func='RETURN NULL;', hash='f15d6c5bac3dcce07d8ecf518497b2b79a41e32e', operation='UPDATE', pgid='pgtrigger_rides_booking_terms_frozen_761f6', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_arrows', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NOT (\n    (OLD.state, NEW.state) IN (\n        ('BOOKED', 'REDEEMED'), ('BOOKED', 'CANCELLED'), ('BOOKED', 'EXPIRED'),\n        ('BOOKED', 'VOIDED'), ('REDEEMED', 'REVERSED'), ('REDEEMED', 'DISPUTED'),\n        ('DISPUTED', 'REDEEMED'), ('DISPUTED', 'REVERSED')\n    )\n))", execute="public.rides_refuse('rides_booking_arrows')", func='RETURN NULL;', hash='e0a3d78d44a3e62cb10b0e63e20d7db58f40c680', operation='UPDATE', pgid='pgtrigger_rides_booking_arrows_0640e', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_time_forward', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.status_changed_at < OLD.status_changed_at OR (OLD.redeemed_at IS NOT NULL AND NEW.redeemed_at IS DISTINCT FROM OLD.redeemed_at))', execute="public.rides_refuse('rides_booking_time_forward')", func='RETURN NULL;', hash='befa4b889e4d84dc253aeca4ab457f9ab4385e9e', operation='UPDATE', pgid='pgtrigger_rides_booking_time_forward_b1e60', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.rides_refuse('rides_booking_never_deleted')", func='RETURN NULL;', hash='a30ea6a9245c864e6755eab6c09b05a3ebae327d', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_rides_booking_never_deleted_e0acb', table='rides_booking', when='BEFORE')),
        ),
    ]
