"""Every trigger runs its function directly: none obeys a session setting any more."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_refuse'),
        ('accounts', '0001_initial'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='auditevent',
            name='accounts_audit_append_only',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='auditevent',
            name='accounts_audit_no_truncate',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditevent',
            trigger=pgtrigger.compiler.Trigger(name='accounts_audit_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('accounts_audit_append_only')", func='RETURN NEW;', hash='d703d446a442dd0246feb997ac2a539f85132e89', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_accounts_audit_append_only_cd491', table='accounts_auditevent', when='BEFORE')),
        ),
    ]
