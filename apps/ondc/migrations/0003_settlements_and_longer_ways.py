"""What an order leaves to settle; ways with stops between, bids, and our share as agreed."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.crypto.fields
import uma.kernel.ids
from django.db import migrations, models
from django_migration_linter import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('ondc', '0002_requests_of_ours'),
    ]

    operations = [
        # Its indexes are of a table that it creates itself; the new columns are nullable or have defaults.
        IgnoreMigration(),
        migrations.AddField(
            model_name='rideorder',
            name='bid_paise',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='rideorder',
            name='finder_fee_bps',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='is_rental',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='transaction',
            name='via',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_default='', max_length=640),
        ),
        migrations.CreateModel(
            name='Settlement',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('domain', models.CharField(max_length=16)),
                ('bpp_id', models.CharField(max_length=255)),
                ('number', models.CharField(max_length=128)),
                ('payment_id', models.CharField(blank=True, max_length=128)),
                ('collected_by', models.CharField(choices=[('BPP', 'Bpp'), ('BAP', 'Bap')], max_length=3)),
                ('fare_paise', models.BigIntegerField()),
                ('fee_bps', models.PositiveSmallIntegerField()),
                ('fee_paise', models.BigIntegerField()),
                ('booked_paise', models.BigIntegerField(default=0)),
                ('journal_id', models.UUIDField(null=True)),
                ('bookings', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('told_status', models.CharField(blank=True, max_length=24)),
                ('told_reference', models.CharField(blank=True, max_length=64)),
                ('told_at', models.DateTimeField(null=True)),
                ('reference', models.CharField(blank=True, max_length=64)),
                ('settled_at', models.DateTimeField(null=True)),
                ('order', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settlement', to='ondc.rideorder')),
            ],
            options={
                'permissions': [('settle_settlement', 'May book what a seller app paid')],
                'indexes': [models.Index(condition=models.Q(('fee_paise', models.F('booked_paise')), _negated=True), fields=['id'], name='ondc_settlement_unbooked'), models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['bpp_id', 'due_at'], name='ondc_settlement_open')],
                'constraints': [models.UniqueConstraint(fields=('bpp_id', 'number'), name='ondc_settlement_once'), models.CheckConstraint(condition=models.Q(('collected_by__in', ['BPP', 'BAP'])), name='ondc_settlement_collector_known'), models.CheckConstraint(condition=models.Q(('booked_paise__gte', 0), ('fare_paise__gte', 0), ('fee_bps__lte', 10000), ('fee_paise__gte', 0)), name='ondc_settlement_amounts_sane'), models.CheckConstraint(condition=models.Q(('booked_paise', 0), ('journal_id__isnull', False), _connector='OR'), name='ondc_settlement_booked_by_a_journal'), models.CheckConstraint(condition=models.Q(models.Q(('reference', ''), ('settled_at__isnull', True)), models.Q(('settled_at__isnull', False), models.Q(('reference', ''), _negated=True)), _connector='OR'), name='ondc_settlement_settled_whole')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlement',
            trigger=pgtrigger.compiler.Trigger(name='ondc_settlement_settled_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.bpp_id <> OLD.bpp_id OR NEW.number <> OLD.number OR (OLD.settled_at IS NOT NULL AND (NEW.settled_at IS DISTINCT FROM OLD.settled_at OR NEW.fee_paise <> OLD.fee_paise OR NEW.booked_paise <> OLD.booked_paise)))', execute="public.uma_refuse('ondc_settlement_settled_stays')", func='RETURN NEW;', hash='ca6b5cbe0dbfc9771da5ac0c6605b999de17002d', operation='UPDATE', pgid='pgtrigger_ondc_settlement_settled_stays_fc00b', table='ondc_settlement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlement',
            trigger=pgtrigger.compiler.Trigger(name='ondc_settlement_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('ondc_settlement_never_deleted')", func='RETURN NEW;', hash='0330cea3f96a366fbfce81357a79752a4eadd0b1', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_ondc_settlement_never_deleted_4a26e', table='ondc_settlement', when='BEFORE')),
        ),
    ]
