"""Applications, and the only ways their reviews may go."""

import django.db.models.deletion
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_refuse'),
        ('merchants', '0002_record_first_visit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Application',
            fields=[
                ('merchant', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='application', serialize=False, to='merchants.merchant')),
                ('applicant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('state', models.CharField(choices=[('APPLIED', 'Applied'), ('SENT_BACK', 'Sent Back'), ('APPROVED', 'Approved'), ('REJECTED', 'Rejected')], default='APPLIED', max_length=9)),
                ('revision', models.PositiveIntegerField(default=1)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('request_key', models.CharField(blank=True, max_length=255)),
                ('request_fingerprint', models.BinaryField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'APPLIED')), fields=['submitted_at'], name='merchants_application_queue')],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'APPLIED')), models.Q(('decided_at__isnull', False), ('state', 'APPROVED')), models.Q(('decided_at__isnull', False), ('state__in', ['SENT_BACK', 'REJECTED']), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='merchants_application_decided'),
                    models.UniqueConstraint(condition=models.Q(('request_key__gt', '')), fields=('applicant', 'request_key'), name='merchants_application_request_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('request_fingerprint__isnull', True), ('request_key', '')), models.Q(models.Q(('request_key', ''), _negated=True), ('request_fingerprint__isnull', False), django.db.models.lookups.Exact(models.Func(models.F('request_fingerprint'), function='octet_length', output_field=models.IntegerField()), 32)), _connector='OR'), name='merchants_application_request_whole'),
                ],
                'permissions': [('review_merchant', 'May approve, send back and reject applications')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='application',
            trigger=pgtrigger.compiler.Trigger(name='merchants_application_born_applied', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state <> 'APPLIED')", execute="public.uma_refuse('merchants_application_born_applied')", func='RETURN NEW;', hash='5ea00269161caaba3dd3b84819c08f6c199ff480', operation='INSERT', pgid='pgtrigger_merchants_application_born_applied_8add9', table='merchants_application', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='application',
            trigger=pgtrigger.compiler.Trigger(name='merchants_application_arrows', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NOT (\n    (OLD.state, NEW.state) IN (\n        ('APPLIED', 'APPLIED'), ('APPLIED', 'SENT_BACK'), ('APPLIED', 'APPROVED'),\n        ('APPLIED', 'REJECTED'), ('SENT_BACK', 'APPLIED'), ('SENT_BACK', 'REJECTED')\n    )\n))", execute="public.uma_refuse('merchants_application_arrows')", func='RETURN NEW;', hash='1d07256c2c4b8f86cde5194e70e7285882ec0fa5', operation='UPDATE', pgid='pgtrigger_merchants_application_arrows_82f76', table='merchants_application', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='application',
            trigger=pgtrigger.compiler.Trigger(name='merchants_application_kept', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('merchants_application_kept')", func='RETURN NEW;', hash='46c446952be89eb40b6a2374388d0afb723d010e', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_merchants_application_kept_e1dd7', table='merchants_application', when='BEFORE')),
        ),
    ]
