"""The guards run as the owner, and the chart is the owner's alone to change."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [
        ('wallet', '0003_debt_recovery'),
    ]

    operations = [
        migrations.RunSQL(read_sql('0004_definers.sql')),
        pgtrigger.migrations.RemoveTrigger(
            model_name='accountkind',
            name='wallet_chart_changes_by_migration',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='postingrule',
            name='wallet_rules_change_by_migration',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountkind',
            trigger=pgtrigger.compiler.Trigger(name='wallet_chart_changes_by_migration', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_refuse_unless_owner()', func='RETURN NEW;', hash='bc365ce0f2da229cfb9651f549bcb01288fa0331', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_wallet_chart_changes_by_migration_204b2', table='wallet_account_kind', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='postingrule',
            trigger=pgtrigger.compiler.Trigger(name='wallet_rules_change_by_migration', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_refuse_unless_owner()', func='RETURN NEW;', hash='bc8a8d6e32cdbce0b3289a190e9485ff36506ad7', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_wallet_rules_change_by_migration_cae95', table='wallet_posting_rule', when='BEFORE')),
        ),
    ]
