"""Every trigger runs its function directly: none obeys a session setting any more."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_refuse'),
        ('campaigns', '0003_search_the_map'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='revision',
            name='campaigns_revision_append_only',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revision',
            trigger=pgtrigger.compiler.Trigger(name='campaigns_revision_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('campaigns_revision_append_only')", func='RETURN NEW;', hash='39a440337b39f473f1caaef7a10d8dcf4b5a962e', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_campaigns_revision_append_only_334e5', table='campaigns_revision', when='BEFORE')),
        ),
    ]
