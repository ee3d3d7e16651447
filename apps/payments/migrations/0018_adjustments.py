"""What operators give to wallets and take from them, and whether a second one agreed."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0011_plans_and_subscriptions'),
        ('payments', '0017_what_is_under_way'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('direction', models.CharField(choices=[('GIVE', 'to the wallet'), ('TAKE', 'from the wallet')], max_length=4)),
                ('amount_paise', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('proposed_by', models.UUIDField()),
                ('proposed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('PROPOSED', 'waits for a second operator'), ('BOOKED', 'booked'), ('REFUSED', 'refused'), ('EXPIRED', 'nobody decided')], default='PROPOSED', max_length=8)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_because', models.CharField(blank=True, max_length=500)),
                ('journal_id', models.UUIDField(null=True)),
                ('merchant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'permissions': [('propose_adjustment', 'May propose to give money to a wallet or take it'), ('decide_adjustment', 'May agree to what another operator proposed')],
                'indexes': [models.Index(condition=models.Q(('state', 'PROPOSED')), fields=['expires_at'], name='payments_adjustment_open'), models.Index(fields=['person', '-id'], name='payments_adjustment_of_person'), models.Index(fields=['merchant', '-id'], name='payments_adjustment_of_shop')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('merchant__isnull', True), ('person__isnull', False)), models.Q(('merchant__isnull', False), ('person__isnull', True)), _connector='OR'), name='payments_adjustment_of_one_party'), models.CheckConstraint(condition=models.Q(('amount_paise__gte', 1), ('amount_paise__lte', 10000000), ('direction__in', ['GIVE', 'TAKE']), models.Q(('zone_code', ''), _negated=True), models.Q(('reason', ''), _negated=True), ('expires_at__gt', models.F('proposed_at'))), name='payments_adjustment_sane'), models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('state', 'EXPIRED')), models.Q(('decided_by__isnull', True), ('state', 'PROPOSED')), models.Q(('decided_by__isnull', False), ('state__in', ['BOOKED', 'REFUSED']), models.Q(models.Q(('decided_by', models.F('proposed_by')), _negated=True), models.Q(('amount_paise__lte', 50000), ('direction', 'GIVE'), ('state', 'BOOKED')), _connector='OR')), _connector='OR'), name='payments_adjustment_second_operator'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_because', ''), ('journal_id__isnull', True), ('state', 'PROPOSED')), models.Q(('decided_at__gte', models.F('proposed_at')), ('decided_at__isnull', False), ('journal_id__isnull', False), ('state', 'BOOKED'), models.Q(('decided_because', ''), _negated=True)), models.Q(('decided_at__gte', models.F('proposed_at')), ('decided_at__isnull', False), ('journal_id__isnull', True), ('state', 'REFUSED'), models.Q(('decided_because', ''), _negated=True)), models.Q(('decided_at__gte', models.F('expires_at')), ('decided_at__isnull', False), ('decided_because', ''), ('journal_id__isnull', True), ('state', 'EXPIRED')), _connector='OR'), name='payments_adjustment_decided_whole'), models.UniqueConstraint(fields=('journal_id',), name='payments_adjustment_booked_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adjustment',
            trigger=pgtrigger.compiler.Trigger(name='payments_adjustment_decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> 'PROPOSED')", execute="public.uma_refuse('payments_adjustment_decided_once')", func='RETURN NEW;', hash='5b18566497ab7761f05d8f64b0530c7f88d406ef', operation='UPDATE', pgid='pgtrigger_payments_adjustment_decided_once_6f23f', table='payments_adjustment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adjustment',
            trigger=pgtrigger.compiler.Trigger(name='payments_adjustment_proposal_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount_paise" IS DISTINCT FROM (NEW."amount_paise") OR OLD."direction" IS DISTINCT FROM (NEW."direction") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at") OR OLD."proposed_by" IS DISTINCT FROM (NEW."proposed_by") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('payments_adjustment_proposal_stays')", func='RETURN NEW;', hash='098dfb4e4bb782b051dcb6750f555a559a9c119e', operation='UPDATE', pgid='pgtrigger_payments_adjustment_proposal_stays_c728d', table='payments_adjustment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adjustment',
            trigger=pgtrigger.compiler.Trigger(name='payments_adjustment_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_adjustment_never_deleted')", func='RETURN NEW;', hash='ffa6f79f569feee0a1fcbf2c5bf7b8826cb3a66b', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_payments_adjustment_never_deleted_7a973', table='payments_adjustment', when='BEFORE')),
        ),
    ]
