"""A rider's complaints with what both sides did, and what leaves us beside the journeys."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.crypto.fields
import uma.kernel.ids
from django.db import migrations, models
from django_migration_linter import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('ondc', '0003_settlements_and_longer_ways'),
    ]

    operations = [
        # Its indexes are of tables that it creates itself: nobody waits for those locks.
        IgnoreMigration(),
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=8)),
                ('category', models.CharField(max_length=16)),
                ('code', models.CharField(max_length=8)),
                ('short_text', uma.kernel.crypto.fields.SealedTextField(blank=True, max_length=200)),
                ('long_text', uma.kernel.crypto.fields.SealedTextField(blank=True, max_length=1000)),
                ('status', models.CharField(choices=[('OPEN', 'Open'), ('PROCESSING', 'Processing'), ('RESOLVED', 'Resolved'), ('CLOSED', 'Closed')], default='OPEN', max_length=10)),
                ('level', models.CharField(choices=[('ISSUE', 'Issue'), ('GRIEVANCE', 'Grievance'), ('DISPUTE', 'Dispute')], default='ISSUE', max_length=9)),
                ('rating', models.CharField(blank=True, max_length=11)),
                ('sellers_part', uma.kernel.crypto.fields.SealedTextField(blank=True)),
                ('respond_by', models.DateTimeField()),
                ('resolve_by', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='issues', to='ondc.rideorder')),
            ],
        ),
        migrations.CreateModel(
            name='IssueAct',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=128)),
                ('by', models.CharField(choices=[('RIDER', 'Rider'), ('SELLER', 'Seller')], max_length=6)),
                ('code', models.CharField(max_length=24)),
                ('text', uma.kernel.crypto.fields.SealedTextField(blank=True, max_length=500)),
                ('ref', models.CharField(blank=True, max_length=128)),
                ('resolution', models.CharField(blank=True, max_length=24)),
                ('refund_paise', models.BigIntegerField(null=True)),
                ('told', uma.kernel.crypto.fields.SealedTextField(blank=True)),
                ('at', models.DateTimeField()),
                ('issue', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='ondc.issue')),
            ],
        ),
        migrations.CreateModel(
            name='Dispatch',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('MESSAGE', 'Message'), ('ANSWER', 'Answer'), ('SETTLEMENT', 'Settlement')], max_length=10)),
                ('party', models.CharField(blank=True, max_length=255)),
                ('url', models.CharField(max_length=600)),
                ('body', models.TextField()),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('SENT', 'Sent'), ('GIVEN_UP', 'Given Up')], default='WAITING', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('http_status', models.PositiveSmallIntegerField(null=True)),
                ('error_code', models.CharField(blank=True, max_length=32)),
                ('inbound', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='ondc.inboundmessage')),
                ('outbound', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='ondc.outboundmessage')),
            ],
            options={
                'verbose_name_plural': 'dispatches',
                'indexes': [models.Index(condition=models.Q(('state', 'WAITING')), fields=['next_attempt_at'], name='ondc_dispatch_due'), models.Index(fields=['made_at'], name='ondc_dispatch_oldest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('inbound__isnull', False)), fields=('inbound', 'kind'), name='ondc_dispatch_of_theirs_once'), models.UniqueConstraint(condition=models.Q(('outbound__isnull', False)), fields=('outbound', 'kind'), name='ondc_dispatch_of_ours_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['MESSAGE', 'ANSWER', 'SETTLEMENT'])), name='ondc_dispatch_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'WAITING')), models.Q(('settled_at__isnull', False), ('state__in', ['SENT', 'GIVEN_UP'])), _connector='OR'), name='ondc_dispatch_settled_at')],
            },
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(condition=models.Q(('status', 'CLOSED'), _negated=True), fields=['resolve_by'], name='ondc_issue_waiting'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'CLOSED'), _negated=True), fields=('order',), name='ondc_issue_one_open'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['OPEN', 'PROCESSING', 'RESOLVED', 'CLOSED']), ('level__in', ['ISSUE', 'GRIEVANCE', 'DISPUTE']), ('version__in', ['1.0.0', '2.0.0'])), name='ondc_issue_known'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(('rating', ''), models.Q(('rating__in', ['THUMBS_UP', 'THUMBS_DOWN']), ('status', 'CLOSED')), _connector='OR'), name='ondc_issue_rated_when_closed'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='issue',
            trigger=pgtrigger.compiler.Trigger(name='ondc_issue_closed_is_closed', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.status = 'CLOSED' AND NEW.status <> 'CLOSED' OR NEW.order_id <> OLD.order_id OR NEW.code <> OLD.code OR (OLD.level <> 'ISSUE' AND NEW.level = 'ISSUE'))", execute="public.uma_refuse('ondc_issue_closed_is_closed')", func='RETURN NEW;', hash='080a4db2eba3a3fba7b5a0dc79e0bb8560d93c58', operation='UPDATE', pgid='pgtrigger_ondc_issue_closed_is_closed_1f3cb', table='ondc_issue', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='issue',
            trigger=pgtrigger.compiler.Trigger(name='ondc_issue_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('ondc_issue_never_deleted')", func='RETURN NEW;', hash='14c9c56eea6efe2ad3528d7edff4f4fcd8353e5b', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_ondc_issue_never_deleted_6364c', table='ondc_issue', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='issueact',
            constraint=models.UniqueConstraint(fields=('issue', 'by', 'key'), name='ondc_issue_act_once'),
        ),
        migrations.AddConstraint(
            model_name='issueact',
            constraint=models.CheckConstraint(condition=models.Q(('by__in', ['RIDER', 'SELLER'])), name='ondc_issue_act_by_known'),
        ),
    ]
