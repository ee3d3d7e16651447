"""What PostgreSQL refuses, the one writer, the chart of accounts and the posting rules."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [
        ('wallet', '0001_tables'),
    ]

    operations = [
        migrations.RunSQL(read_sql('0002_guards.sql')),
        migrations.RunSQL(read_sql('0002_post.sql')),
        migrations.RunSQL(read_sql('0002_chart.sql')),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='wallet_account_opens_empty', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_account_open()', func='RETURN NEW;', hash='fc8afa44af14ae2d6c04bffc962f15eb968d47da', operation='INSERT', pgid='pgtrigger_wallet_account_opens_empty_89bd1', table='wallet_account', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='wallet_account_moves_by_transfer', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', execute='public.wallet_account_edit()', func='RETURN NEW;', hash='8bb04c8136db8295c1a63ac3019ac4c5acf5122b', operation='UPDATE', pgid='pgtrigger_wallet_account_moves_by_transfer_5f7bf', table='wallet_account', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='wallet_account_stays', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_refuse()', func='RETURN NEW;', hash='7dd281103fefea88872ce09ce7f1ba6ed3c3591b', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_wallet_account_stays_5ff0b', table='wallet_account', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountkind',
            trigger=pgtrigger.compiler.Trigger(name='wallet_chart_changes_by_migration', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('uma.changes_chart', true) IS DISTINCT FROM 'on')", execute='public.wallet_refuse()', func='RETURN NEW;', hash='ebd8059a2264ec818c0caa4d9bfe6fa70390efd7', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_wallet_chart_changes_by_migration_204b2', table='wallet_account_kind', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='postingrule',
            trigger=pgtrigger.compiler.Trigger(name='wallet_rules_change_by_migration', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (current_setting('uma.changes_chart', true) IS DISTINCT FROM 'on')", execute='public.wallet_refuse()', func='RETURN NEW;', hash='40922608cb8ded6a9acd338e25757388772873a3', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_wallet_rules_change_by_migration_cae95', table='wallet_posting_rule', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transfer',
            trigger=pgtrigger.compiler.Trigger(name='wallet_transfer_moves', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_transfer_move()', func='RETURN NEW;', hash='e43578e5213921671abe78185225e3f0e437ef9c', operation='INSERT', pgid='pgtrigger_wallet_transfer_moves_f4159', table='wallet_transfer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transfer',
            trigger=pgtrigger.compiler.Trigger(name='wallet_transfer_settles', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_transfer_settle()', func='RETURN NEW;', hash='589c78564d61d7176d5347d0adcfca7c081d37ec', level='STATEMENT', operation='INSERT', pgid='pgtrigger_wallet_transfer_settles_c3549', referencing='REFERENCING NEW TABLE AS posted ', table='wallet_transfer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='transfer',
            trigger=pgtrigger.compiler.Trigger(name='wallet_transfer_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_refuse()', func='RETURN NEW;', hash='f96d9aeedccd479ea97f05d51c142e8185e2646a', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_wallet_transfer_append_only_b17d0', table='wallet_transfer', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journal',
            trigger=pgtrigger.compiler.Trigger(name='wallet_journal_stamp', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_journal_stamp()', func='RETURN NEW;', hash='4bb8504441793dbecbd0d89b2b4b59bc4819c2fc', operation='INSERT', pgid='pgtrigger_wallet_journal_stamp_88073', table='wallet_journal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journal',
            trigger=pgtrigger.compiler.Trigger(name='wallet_journal_not_empty', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', execute='public.wallet_journal_not_empty()', func='RETURN NEW;', hash='ef76f733b8055e4051169c35bf091ecb40df0140', operation='INSERT', pgid='pgtrigger_wallet_journal_not_empty_dc645', table='wallet_journal', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journal',
            trigger=pgtrigger.compiler.Trigger(name='wallet_journal_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_refuse()', func='RETURN NEW;', hash='0bd43783a93f2cd466b1e0ca1d3d662670d12f81', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_wallet_journal_append_only_23b02', table='wallet_journal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hold',
            trigger=pgtrigger.compiler.Trigger(name='wallet_hold_follows_transfers', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (pg_trigger_depth() = 0)', execute='public.wallet_refuse()', func='RETURN NEW;', hash='971a762b295b18a903802db89a26c1420292a615', level='STATEMENT', operation='INSERT OR UPDATE', pgid='pgtrigger_wallet_hold_follows_transfers_3995f', table='wallet_hold', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='hold',
            trigger=pgtrigger.compiler.Trigger(name='wallet_hold_stays', sql=pgtrigger.compiler.UpsertTriggerSql(execute='public.wallet_refuse()', func='RETURN NEW;', hash='d3f1845f9a854811586de451e8b46f7c14bb5faf', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_wallet_hold_stays_92fed', table='wallet_hold', when='BEFORE')),
        ),
    ]
