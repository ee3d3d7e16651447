"""What banks are asked about payout accounts; an account is verified by an operator or by such an answer."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.crypto.fields
import uma.kernel.ids
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

# A row may be verified through a validation only when it is a validation of that very row, and it matched.
MATCHED = """
CREATE FUNCTION public.payments_matched_by_its_own_bank() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.payments_accountvalidation v
                    WHERE v.id = NEW.verified_through_id AND v.fund_account_id = NEW.id
                      AND v.state = 'MATCHED') THEN
        RAISE EXCEPTION 'payments_fund_account_verified_through: no match of this account''s own verifies it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_fund_account_verified_through',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0011_plans_and_subscriptions'),
        ('payments', '0008_seal_narrations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountValidation',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('zone_code', models.CharField(max_length=8)),
                ('told_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('WAITING', 'waits to be asked'), ('ASKED', 'perhaps asked'), ('CREATED', 'at the bank'), ('MATCHED', 'the name fits'), ('CLOSE', 'the name nearly fits'), ('MISMATCHED', "another's name"), ('INVALID', 'no such account'), ('FAILED', 'nothing found out'), ('DROPPED', 'not needed')], default='WAITING', max_length=10)),
                ('next_look_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('asked_at', models.DateTimeField(null=True)),
                ('razorpay_id', models.CharField(max_length=40, null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('registered_name', uma.kernel.crypto.fields.SealedTextField(blank=True, db_default='', max_length=255)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('cost_paise', models.BigIntegerField(null=True)),
                ('cost_tax_paise', models.BigIntegerField(null=True)),
                ('cost_journal_id', models.UUIDField(null=True)),
                ('accepted', models.BooleanField(null=True)),
                ('decided_by', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='fundaccount',
            name='payments_fund_account_verified_by',
        ),
        migrations.AddField(
            model_name='accountvalidation',
            name='fund_account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='validations', to='payments.fundaccount'),
        ),
        migrations.AddField(
            model_name='fundaccount',
            name='verified_through',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.accountvalidation'),
        ),
        AddConstraintNotValid(
            model_name='fundaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verified_at__isnull', True), ('verified_by__isnull', True), ('verified_through__isnull', True)), models.Q(('verified_at__isnull', False), ('verified_by__isnull', False), ('verified_through__isnull', True)), models.Q(('verified_at__isnull', False), ('verified_by__isnull', True), ('verified_through__isnull', False)), _connector='OR'), name='payments_fund_account_verified_by'),
        ),
        migrations.RunSQL(MATCHED, 'DROP FUNCTION public.payments_matched_by_its_own_bank();'),
        pgtrigger.migrations.AddTrigger(
            model_name='fundaccount',
            trigger=pgtrigger.compiler.Trigger(name='payments_fund_account_verified_through', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.verified_through_id IS NOT NULL)', execute='public.payments_matched_by_its_own_bank()', func='RETURN NEW;', hash='8458c3959a4123f71c151aeacaa48fb5e5d4238e', operation='INSERT OR UPDATE OF "verified_through_id"', pgid='pgtrigger_payments_fund_account_verified_through_67db6', table='payments_fundaccount', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='accountvalidation',
            index=models.Index(condition=models.Q(('next_look_at__isnull', False)), fields=['next_look_at'], name='payments_validation_due'),
        ),
        migrations.AddIndex(
            model_name='accountvalidation',
            index=models.Index(fields=['fund_account', '-id'], name='payments_validation_of_account'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['ASKED', 'CREATED', 'WAITING'])), fields=('fund_account',), name='payments_validation_one_open'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.UniqueConstraint(fields=('razorpay_id',), name='payments_validation_made_once'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_at__isnull', True), ('razorpay_id__isnull', True), ('state', 'WAITING')), models.Q(('asked_at__isnull', False), ('razorpay_id__isnull', True), ('state', 'ASKED')), models.Q(('asked_at__isnull', False), ('razorpay_id__isnull', False), ('state__in', ['CREATED', 'MATCHED', 'CLOSE', 'MISMATCHED'])), ('state__in', ['INVALID', 'FAILED']), models.Q(('asked_at__isnull', True), ('razorpay_id__isnull', True), ('state', 'DROPPED')), _connector='OR'), name='payments_validation_asked_when'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('next_look_at__isnull', False), ('state__in', ['ASKED', 'CREATED', 'WAITING'])), models.Q(('ended_at__isnull', False), ('next_look_at__isnull', True), ('state__in', ['CLOSE', 'DROPPED', 'FAILED', 'INVALID', 'MATCHED', 'MISMATCHED'])), _connector='OR'), name='payments_validation_looked_at_or_over'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.CheckConstraint(condition=models.Q(('registered_name__blank', True), ('state__in', ['CLOSE', 'INVALID', 'MATCHED', 'MISMATCHED']), _connector='OR'), name='payments_validation_named_by_the_bank'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted', None), ('decided_at', None), ('decided_by', None)), models.Q(('accepted__isnull', False), ('decided_at__isnull', False), ('decided_by__isnull', False), ('state', 'CLOSE')), _connector='OR'), name='payments_validation_decided_when_close'),
        ),
        migrations.AddConstraint(
            model_name='accountvalidation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cost_journal_id', None), ('cost_paise', None), ('cost_tax_paise', None)), models.Q(('cost_journal_id__isnull', False), ('cost_paise__isnull', False), ('cost_tax_paise__isnull', False), ('razorpay_id__isnull', False), ('cost_paise__gte', models.F('cost_tax_paise')), ('cost_tax_paise__gte', 0)), _connector='OR'), name='payments_validation_cost_is_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountvalidation',
            trigger=pgtrigger.compiler.Trigger(name='payments_validation_born_waiting', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state <> 'WAITING')", execute="public.uma_refuse('payments_validation_born_waiting')", func='RETURN NEW;', hash='092933fb9df40aa1c73f595e7f8ff8c7656450a7', operation='INSERT', pgid='pgtrigger_payments_validation_born_waiting_f1f87', table='payments_accountvalidation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountvalidation',
            trigger=pgtrigger.compiler.Trigger(name='payments_validation_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."fund_account_id" IS DISTINCT FROM (NEW."fund_account_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."told_id" IS DISTINCT FROM (NEW."told_id") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('payments_validation_terms_frozen')", func='RETURN NEW;', hash='2cb4e4682b2b72ba995dcadf7848e20c1b20d573', operation='UPDATE', pgid='pgtrigger_payments_validation_terms_frozen_e5ee8', table='payments_accountvalidation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountvalidation',
            trigger=pgtrigger.compiler.Trigger(name='payments_validation_arrows', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('WAITING', 'ASKED'), ('WAITING', 'DROPPED'), ('WAITING', 'FAILED'), ('WAITING', 'INVALID'), ('ASKED', 'CLOSE'), ('ASKED', 'CREATED'), ('ASKED', 'FAILED'), ('ASKED', 'INVALID'), ('ASKED', 'MATCHED'), ('ASKED', 'MISMATCHED'), ('CREATED', 'CLOSE'), ('CREATED', 'FAILED'), ('CREATED', 'INVALID'), ('CREATED', 'MATCHED'), ('CREATED', 'MISMATCHED')))", execute="public.uma_refuse('payments_validation_arrows')", func='RETURN NEW;', hash='e394df93fc359fda21628d9abbd7b7e6a85f3893', operation='UPDATE', pgid='pgtrigger_payments_validation_arrows_ce6e5', table='payments_accountvalidation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountvalidation',
            trigger=pgtrigger.compiler.Trigger(name='payments_validation_written_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD.asked_at IS NOT NULL AND NEW.asked_at IS DISTINCT FROM OLD.asked_at) OR (OLD.razorpay_id IS NOT NULL AND NEW.razorpay_id IS DISTINCT FROM OLD.razorpay_id) OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at) OR (OLD.cost_journal_id IS NOT NULL AND NEW.cost_journal_id IS DISTINCT FROM OLD.cost_journal_id) OR (OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at))', execute="public.uma_refuse('payments_validation_written_once')", func='RETURN NEW;', hash='16aed7df8043e52f674d5f4db3ceff13f8e27253', operation='UPDATE', pgid='pgtrigger_payments_validation_written_once_7406f', table='payments_accountvalidation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='accountvalidation',
            trigger=pgtrigger.compiler.Trigger(name='payments_validation_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_validation_never_deleted')", func='RETURN NEW;', hash='4df21e43ba5f62a544365aeb4f0f289e3bfe4fbd', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_payments_validation_never_deleted_75127', table='payments_accountvalidation', when='BEFORE')),
        ),
    ]
