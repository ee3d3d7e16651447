"""Merchants have payout accounts too, and an account is paid to once somebody made sure whose it is."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0010_invitations'),
        ('payments', '0002_top_ups_and_events'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='fundaccount',
            options={'permissions': [('verify_fund_account', "May say that a payout account is the payee's own")]},
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fundaccount',
            name='payments_fund_account_facts',
        ),
        migrations.AddField(
            model_name='fundaccount',
            name='contact_id',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AddField(
            model_name='fundaccount',
            name='merchant',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='fundaccount',
            name='razorpay_id',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AddField(
            model_name='fundaccount',
            name='verified_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='fundaccount',
            name='verified_by',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='fundaccount',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fundaccount',
            trigger=pgtrigger.compiler.Trigger(name='payments_fund_account_facts', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_fund_account_facts')", func='RETURN NEW;', hash='cbc1f8d3f4243e1ae003e4af5c2b6def7a0b6ebd', level='STATEMENT', operation='UPDATE OF "person_id", "merchant_id", "kind", "created_at", "payable_from"', pgid='pgtrigger_payments_fund_account_facts_ac5fd', table='payments_fundaccount', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='fundaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merchant__isnull', True), ('person__isnull', False)), models.Q(('kind', 'bank_account'), ('merchant__isnull', False), ('person__isnull', True)), _connector='OR'), name='payments_fund_account_has_one_payee'),
        ),
        AddConstraintNotValid(
            model_name='fundaccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('verified_at__isnull', True), ('verified_by__isnull', True)), models.Q(('verified_at__isnull', False), ('verified_by__isnull', False)), _connector='OR'), name='payments_fund_account_verified_by'),
        ),
    ]
