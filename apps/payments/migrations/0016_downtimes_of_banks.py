"""Downtimes are of banks, each by Razorpay's own name of it; a payout says which bank it goes to."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django_migration_linter.operations import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0015_check_zones'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='payout',
            name='payments_payout_terms_frozen',
        ),
        # The column becomes wider, which rewrites nothing, and keeps its name: the code of before goes on beside it.
        IgnoreMigration(),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE payments_payoutdowntime ALTER COLUMN mode TYPE varchar(40)",
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.RenameField('payoutdowntime', 'mode', 'id'),
                migrations.AlterField(
                    model_name='payoutdowntime',
                    name='id',
                    field=models.CharField(db_column='mode', max_length=40, primary_key=True, serialize=False),
                ),
            ],
        ),
        migrations.AddField(
            model_name='payout',
            name='bank',
            field=models.CharField(blank=True, db_default='', max_length=4),
        ),
        migrations.AddField(
            model_name='payoutdowntime',
            name='bank',
            field=models.CharField(blank=True, db_default='', max_length=16),
        ),
        migrations.AddField(
            model_name='payoutdowntime',
            name='is_over',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='payoutdowntime',
            name='modes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), db_default=[], size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount_paise" IS DISTINCT FROM (NEW."amount_paise") OR OLD."bank" IS DISTINCT FROM (NEW."bank") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."fund_account_id" IS DISTINCT FROM (NEW."fund_account_id") OR OLD."held_journal_id" IS DISTINCT FROM (NEW."held_journal_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."mode" IS DISTINCT FROM (NEW."mode") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."request_fingerprint" IS DISTINCT FROM (NEW."request_fingerprint") OR OLD."request_key" IS DISTINCT FROM (NEW."request_key") OR OLD."requested_by" IS DISTINCT FROM (NEW."requested_by") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('payments_payout_terms_frozen')", func='RETURN NEW;', hash='dee16f477c5c36bc6bcbfdb534b67e39bd3527c7', operation='UPDATE', pgid='pgtrigger_payments_payout_terms_frozen_b1eba', table='payments_payout', when='BEFORE')),
        ),
    ]
