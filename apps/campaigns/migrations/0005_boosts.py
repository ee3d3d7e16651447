"""Boosts and their slots, what a week of one costs, and a pause because of the plan."""

from django.contrib.postgres.operations import AddConstraintNotValid
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.db import migrations, models
from django_migration_linter import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0004_guards_obey_no_setting'),
        ('merchants', '0011_plans_and_subscriptions'),
    ]

    operations = [
        # Its indexes are of tables that it creates itself: nobody waits for those locks.
        IgnoreMigration(),
        migrations.CreateModel(
            name='Boost',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('LIVE', 'Live'), ('OVER', 'Over'), ('STOPPED', 'Stopped')], default='LIVE', max_length=7)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('tiles', models.PositiveIntegerField()),
                ('slot_paise', models.BigIntegerField(help_text="What a slot cost, after the plan's discount.")),
                ('price_paise', models.BigIntegerField()),
                ('gst_bps', models.PositiveIntegerField()),
                ('cgst_paise', models.BigIntegerField()),
                ('sgst_paise', models.BigIntegerField()),
                ('igst_paise', models.BigIntegerField()),
                ('journal_id', models.UUIDField(unique=True)),
                ('bought_by', models.UUIDField()),
                ('request_key', models.CharField(max_length=255, null=True)),
                ('request_fingerprint', models.BinaryField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('stopped_because', models.CharField(blank=True, choices=[('MERCHANT', 'the merchant stopped it'), ('CAMPAIGN', 'the campaign ended'), ('DESK', 'an operator stopped it')], max_length=8)),
                ('unused_days', models.PositiveSmallIntegerField(default=0)),
                ('refund_paise', models.BigIntegerField(default=0)),
                ('refund_cgst_paise', models.BigIntegerField(default=0)),
                ('refund_sgst_paise', models.BigIntegerField(default=0)),
                ('refund_igst_paise', models.BigIntegerField(default=0)),
                ('refund_journal_id', models.UUIDField(null=True, unique=True)),
            ],
            options={
                'permissions': [('stop_boost', 'May stop a boost and return what was not used')],
            },
        ),
        migrations.CreateModel(
            name='BoostSlot',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('tile', models.CharField(max_length=12)),
                ('number', models.PositiveSmallIntegerField()),
                ('slots_limit', models.PositiveSmallIntegerField()),
                ('ends_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='BoostTile',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('tile', models.CharField(max_length=12)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='campaign',
            name='campaigns_campaign_pause_has_reason',
        ),
        migrations.AddField(
            model_name='deal',
            name='boosted_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='feeschedule',
            name='boost_slots',
            field=models.PositiveSmallIntegerField(db_default=3, default=3),
        ),
        migrations.AddField(
            model_name='feeschedule',
            name='boost_week_paise',
            field=models.BigIntegerField(db_default=50000, default=50000),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='pause_reason',
            field=models.CharField(blank=True, choices=[('merchant', 'merchant'), ('low_balance', 'low_balance'), ('daily_cap', 'daily_cap'), ('operator', 'operator'), ('plan', 'plan')], max_length=12),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('pause_reason__in', ['merchant', 'low_balance', 'daily_cap', 'operator', 'plan']), ('state', 'PAUSED')), models.Q(models.Q(('state', 'PAUSED'), _negated=True), ('pause_reason', '')), _connector='OR'), name='campaigns_campaign_pause_has_reason'),
        ),
        AddConstraintNotValid(
            model_name='feeschedule',
            constraint=models.CheckConstraint(condition=models.Q(('boost_slots__lte', 20), ('boost_week_paise__gte', 100)), name='campaigns_fees_boost_in_range'),
        ),
        migrations.AddField(
            model_name='boost',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='boosts', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='boostslot',
            name='boost',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='slots', to='campaigns.boost'),
        ),
        migrations.AddConstraint(
            model_name='boosttile',
            constraint=models.UniqueConstraint(fields=('zone_code', 'tile'), name='campaigns_boost_tile_once'),
        ),
        migrations.AddIndex(
            model_name='boost',
            index=models.Index(condition=models.Q(('state', 'LIVE')), fields=['ends_at'], name='campaigns_boost_due'),
        ),
        migrations.AddConstraint(
            model_name='boost',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'LIVE')), fields=('campaign',), name='campaigns_boost_live_once'),
        ),
        migrations.AddConstraint(
            model_name='boost',
            constraint=models.UniqueConstraint(fields=('bought_by', 'request_key'), name='campaigns_boost_request_once'),
        ),
        migrations.AddConstraint(
            model_name='boost',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at')), ('slot_paise__gte', 1), ('tiles__gte', 1), ('price_paise', django.db.models.expressions.CombinedExpression(models.F('slot_paise'), '*', models.F('tiles')))), name='campaigns_boost_in_range'),
        ),
        migrations.AddConstraint(
            model_name='boost',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cgst_paise__gte', 0), ('igst_paise', 0), ('sgst_paise', models.F('cgst_paise'))), models.Q(('cgst_paise', 0), ('igst_paise__gte', 0), ('sgst_paise', 0)), _connector='OR'), name='campaigns_boost_tax'),
        ),
        migrations.AddConstraint(
            model_name='boost',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'LIVE'), ('stopped_because', '')), models.Q(('closed_at__isnull', False), ('state', 'OVER'), ('stopped_because', '')), models.Q(('closed_at__isnull', False), ('state', 'STOPPED'), ('stopped_because__in', ['MERCHANT', 'CAMPAIGN', 'DESK'])), _connector='OR'), name='campaigns_boost_state_whole'),
        ),
        migrations.AddConstraint(
            model_name='boost',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('refund_cgst_paise', 0), ('refund_igst_paise', 0), ('refund_journal_id', None), ('refund_paise', 0), ('refund_sgst_paise', 0), ('unused_days', 0)), models.Q(('refund_cgst_paise__range', (0, models.F('cgst_paise'))), ('refund_igst_paise__range', (0, models.F('igst_paise'))), ('refund_journal_id__isnull', False), ('refund_paise__gte', 1), ('refund_paise__lte', models.F('price_paise')), ('refund_sgst_paise__range', (0, models.F('sgst_paise'))), ('state', 'STOPPED'), ('unused_days__gte', 1)), _connector='OR'), name='campaigns_boost_refund_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='boost',
            trigger=pgtrigger.compiler.Trigger(name='campaigns_boost_over_is_over', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'LIVE')", execute="public.uma_refuse('campaigns_boost_over_is_over')", func='RETURN NEW;', hash='268f1086a899434fbba43c641e29f647d034ab9b', operation='UPDATE', pgid='pgtrigger_campaigns_boost_over_is_over_56cdf', table='campaigns_boost', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='boost',
            trigger=pgtrigger.compiler.Trigger(name='campaigns_boost_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('campaigns_boost_never_deleted')", func='RETURN NEW;', hash='d5202bf70cc5c91e0d9ed69cbe8b1a63e0ac0985', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_campaigns_boost_never_deleted_c906e', table='campaigns_boost', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='boostslot',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at', None)), fields=('zone_code', 'tile', 'number'), name='campaigns_boost_slot_taken_once'),
        ),
        migrations.AddConstraint(
            model_name='boostslot',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', models.F('slots_limit'))), name='campaigns_boost_slot_within_limit'),
        ),
    ]
