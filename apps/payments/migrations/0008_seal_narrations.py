"""What the bank says about a line names payers and payees, so it is sealed."""

import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.crypto.fields
from django.db import migrations
from django_migration_linter.operations import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0007_invoices'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='bankline',
            name='payments_bank_line_facts',
        ),
        # The table came with the migration before this one: no row of it exists anywhere yet.
        IgnoreMigration(),
        migrations.RemoveField('bankline', 'narration'),
        migrations.AddField(
            model_name='bankline',
            name='narration',
            field=uma.kernel.crypto.fields.SealedTextField(blank=True, db_column='narration_sealed', db_default='', max_length=300),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bankline',
            trigger=pgtrigger.compiler.Trigger(name='payments_bank_line_facts', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_bank_line_facts')", func='RETURN NEW;', hash='38e926f59e28680c8c759d7e60398394dc21fa1f', level='STATEMENT', operation='UPDATE OF "id", "statement_id", "line_number", "booked_on", "direction", "amount_paise", "utr", "balance_paise", "fingerprint"', pgid='pgtrigger_payments_bank_line_facts_dda95', table='payments_bankline', when='BEFORE')),
        ),
        migrations.AlterModelOptions(
            name='reconexception',
            options={'permissions': [('decide_recon_exception', 'May explain and close exceptions')], 'verbose_name': 'reconciliation exception'},
        ),
        migrations.AlterModelOptions(
            name='reconrun',
            options={'verbose_name': 'reconciliation run'},
        ),
    ]
