"""What was thought about visits: tables, assessments, signals and cases."""

import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django_migration_linter import IgnoreMigration
from django.db import migrations, models
from django.utils import timezone


def _begin(apps, schema_editor):
    # The product's own numbers, as the row that an operator changes from.
    RiskTable = apps.get_model("analytics", "RiskTable")
    RiskTable.objects.create(
        id=uma.kernel.ids.new_id(), zone_code="", version=1, numbers={}, set_at=timezone.now()
    )


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0003_plural'),
        ('kernel', '0001_refuse'),
    ]

    operations = [
        # Indexes of tables that are made here: nobody waits for those locks.
        IgnoreMigration(),
        migrations.CreateModel(
            name='RiskCase',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('rider_id', models.UUIDField()),
                ('merchant_id', models.UUIDField()),
                ('score', models.PositiveIntegerField()),
                ('band', models.CharField(choices=[('REVIEW', 'Review'), ('DENY', 'Deny')], max_length=6)),
                ('opened_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('OPEN', 'Open'), ('CLEARED', 'nothing wrong'), ('CONFIRMED', 'fraud')], default='OPEN', max_length=9)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
            ],
            options={
                'permissions': [('decide_riskcase', 'May decide cases of suspected fraud')],
            },
        ),
        migrations.CreateModel(
            name='RiskSignal',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('handshake_id', models.UUIDField()),
                ('zone_code', models.CharField(max_length=8)),
                ('rider_id', models.UUIDField()),
                ('merchant_id', models.UUIDField()),
                ('rule', models.CharField(max_length=16)),
                ('points', models.PositiveIntegerField()),
                ('facts', models.JSONField()),
                ('by_table', models.CharField(max_length=24)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='RiskTable',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('zone_code', models.CharField(blank=True, max_length=8)),
                ('version', models.PositiveIntegerField()),
                ('numbers', models.JSONField()),
                ('set_at', models.DateTimeField()),
            ],
            options={
                'permissions': [('set_risktable', 'May set from where on a visit is looked at')],
            },
        ),
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('handshake_id', models.UUIDField(primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('rider_id', models.UUIDField()),
                ('merchant_id', models.UUIDField()),
                ('cashback_paise', models.BigIntegerField()),
                ('score', models.PositiveIntegerField()),
                ('band', models.CharField(choices=[('ALLOW', 'Allow'), ('REVIEW', 'Review'), ('DENY', 'Deny')], max_length=6)),
                ('by_table', models.CharField(max_length=24)),
                ('visited_at', models.DateTimeField()),
                ('assessed_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('band', 'ALLOW'), _negated=True), fields=['rider_id', 'merchant_id'], name='analytics_assessment_raised')],
                'constraints': [models.CheckConstraint(condition=models.Q(('band__in', ['ALLOW', 'REVIEW', 'DENY'])), name='analytics_assessment_band'), models.CheckConstraint(condition=models.Q(('assessed_at__gte', models.F('visited_at'))), name='analytics_assessment_after')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assessment',
            trigger=pgtrigger.compiler.Trigger(name='analytics_assessment_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('analytics_assessment_append_only')", func='RETURN NEW;', hash='89a7e16b28efc65254c9704d9b40e8e741aaaeea', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_analytics_assessment_append_only_4733d', table='analytics_assessment', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='riskcase',
            index=models.Index(condition=models.Q(('state', 'OPEN'), _negated=True), fields=['rider_id', 'merchant_id', '-decided_at'], name='analytics_risk_case_quiet'),
        ),
        migrations.AddConstraint(
            model_name='riskcase',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('rider_id', 'merchant_id'), name='analytics_risk_case_one_open'),
        ),
        migrations.AddConstraint(
            model_name='riskcase',
            constraint=models.CheckConstraint(condition=models.Q(('band__in', ['REVIEW', 'DENY'])), name='analytics_risk_case_band'),
        ),
        migrations.AddConstraint(
            model_name='riskcase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'OPEN')), models.Q(('decided_at__gte', models.F('opened_at')), ('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['CLEARED', 'CONFIRMED'])), _connector='OR'), name='analytics_risk_case_decided_by_somebody'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='riskcase',
            trigger=pgtrigger.compiler.Trigger(name='analytics_risk_case_facts', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('analytics_risk_case_facts')", func='RETURN NEW;', hash='a0b83a8fa600da36bfaafe37e53161fcb1b2da94', level='STATEMENT', operation='UPDATE OF "id", "zone_code", "rider_id", "merchant_id", "opened_at" OR DELETE OR TRUNCATE', pgid='pgtrigger_analytics_risk_case_facts_262bc', table='analytics_riskcase', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='riskcase',
            trigger=pgtrigger.compiler.Trigger(name='analytics_risk_case_decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'OPEN')", execute="public.uma_refuse('analytics_risk_case_decided_once')", func='RETURN NEW;', hash='664a7f02c1bfa4e2cc3b54100f1ea1f6d4381ffa', operation='UPDATE', pgid='pgtrigger_analytics_risk_case_decided_once_b836c', table='analytics_riskcase', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='risksignal',
            index=models.Index(fields=['rider_id', 'merchant_id', '-at'], name='analytics_risk_signal_of_pair'),
        ),
        migrations.AddConstraint(
            model_name='risksignal',
            constraint=models.UniqueConstraint(fields=('handshake_id', 'rule'), name='analytics_risk_signal_once'),
        ),
        migrations.AddConstraint(
            model_name='risksignal',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 1)), name='analytics_risk_signal_is_worth_something'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='risksignal',
            trigger=pgtrigger.compiler.Trigger(name='analytics_risk_signal_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('analytics_risk_signal_append_only')", func='RETURN NEW;', hash='ca75c419921f227294ba3a5c94a50753047ff733', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_analytics_risk_signal_append_only_e7563', table='analytics_risksignal', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='risktable',
            constraint=models.UniqueConstraint(fields=('zone_code', 'version'), name='analytics_risk_table_version_once'),
        ),
        migrations.AddConstraint(
            model_name='risktable',
            constraint=models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='analytics_risk_table_from_one'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='risktable',
            trigger=pgtrigger.compiler.Trigger(name='analytics_risk_table_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('analytics_risk_table_append_only')", func='RETURN NEW;', hash='ab9d51f0437b6eb772e580bef0f05d810fa32e60', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_analytics_risk_table_append_only_13c3f', table='analytics_risktable', when='BEFORE')),
        ),
        migrations.RunPython(_begin, migrations.RunPython.noop),
    ]
