"""What plans unlock and cost, what merchants pay for them, and the founding rows of both."""

from datetime import UTC, datetime

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.db import migrations, models
from django_migration_linter import IgnoreMigration


# Plan, then how much of each feature; None is without a limit.
FEATURES = ('outlets', 'live_campaigns', 'api_keys', 'staff', 'experiments', 'webhooks', 'analytics_days', 'boost_discount')
UNLOCKS = {
    'BASIC': (3, 3, 2, 10, 0, 1, 90, 0),
    'PRO': (25, 25, 10, 100, None, 5, 730, 10),
    'ENTERPRISE': (None, None, 20, None, None, 20, None, 20),
}
# A month before GST, in paise. Enterprise is priced for each merchant.
PRICES = {'BASIC': 0, 'PRO': 999_00}


def write_plans(apps, schema_editor):
    feature = apps.get_model('merchants', 'PlanFeature')
    for plan, row in UNLOCKS.items():
        for name, most in zip(FEATURES, row, strict=True):
            feature.objects.create(plan=plan, feature=name, most=most)
    price = apps.get_model('merchants', 'PlanPrice')
    for plan, paise in PRICES.items():
        price.objects.create(
            plan=plan,
            effective_from=datetime(2020, 1, 1, tzinfo=UTC),
            price_paise=paise,
            reason='The founding price',
        )


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0010_invitations'),
    ]

    operations = [
        # Its indexes are of tables that it creates itself: nobody waits for those locks.
        IgnoreMigration(),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('plan', models.CharField(choices=[('BASIC', 'Basic'), ('PRO', 'Pro'), ('ENTERPRISE', 'Enterprise')], max_length=10)),
                ('state', models.CharField(choices=[('ACTIVE', 'Active'), ('GRACE', 'Grace'), ('ENDED', 'Ended')], default='ACTIVE', max_length=6)),
                ('renews_as', models.CharField(choices=[('BASIC', 'Basic'), ('PRO', 'Pro'), ('ENTERPRISE', 'Enterprise')], max_length=10)),
                ('anchor_at', models.DateTimeField()),
                ('months', models.PositiveIntegerField(default=1)),
                ('period_start', models.DateTimeField()),
                ('period_end', models.DateTimeField()),
                ('grace_until', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ending', models.CharField(blank=True, choices=[('CANCELLED', 'cancelled by the merchant'), ('UNPAID', 'not paid within the grace'), ('UNDONE', 'undone within a day'), ('NOT_ACTIVE', 'the merchant may not sell'), ('DESK', 'ended by an operator')], max_length=10)),
            ],
            options={
                'permissions': [('end_subscription', "May end a merchant's subscription at once")],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionCharge',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('plan', models.CharField(choices=[('BASIC', 'Basic'), ('PRO', 'Pro'), ('ENTERPRISE', 'Enterprise')], max_length=10)),
                ('period_start', models.DateTimeField()),
                ('period_end', models.DateTimeField()),
                ('price_paise', models.BigIntegerField()),
                ('gst_bps', models.PositiveIntegerField()),
                ('cgst_paise', models.BigIntegerField()),
                ('sgst_paise', models.BigIntegerField()),
                ('igst_paise', models.BigIntegerField()),
                ('journal_id', models.UUIDField(unique=True)),
                ('charged_at', models.DateTimeField()),
                ('charged_by', models.UUIDField(null=True)),
                ('request_key', models.CharField(max_length=255, null=True)),
                ('request_fingerprint', models.BinaryField(null=True)),
            ],
            options={
                'permissions': [('refund_subscription', 'May return what a merchant paid for a plan')],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionRefund',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('why', models.CharField(choices=[('UNDONE', 'undone within a day'), ('UPGRADED', 'unused days of the smaller plan'), ('DESK', "an operator's decision")], max_length=8)),
                ('amount_paise', models.BigIntegerField()),
                ('cgst_paise', models.BigIntegerField()),
                ('sgst_paise', models.BigIntegerField()),
                ('igst_paise', models.BigIntegerField()),
                ('journal_id', models.UUIDField(unique=True)),
                ('refunded_at', models.DateTimeField()),
                ('refunded_by', models.UUIDField()),
                ('reason', models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='AgreedPrice',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('effective_from', models.DateTimeField()),
                ('price_paise', models.BigIntegerField()),
                ('gst_bps', models.PositiveIntegerField(default=1800)),
                ('set_by', models.UUIDField()),
                ('reason', models.CharField(max_length=500)),
                ('merchant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agreed_prices', to='merchants.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='PlanFeature',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('plan', models.CharField(choices=[('BASIC', 'Basic'), ('PRO', 'Pro'), ('ENTERPRISE', 'Enterprise')], max_length=10)),
                ('feature', models.CharField(choices=[('outlets', 'outlets that are not closed'), ('live_campaigns', 'campaigns on sale'), ('api_keys', 'live API keys'), ('staff', 'people on the staff'), ('experiments', 'holdout experiments'), ('webhooks', 'webhook endpoints'), ('analytics_days', 'days of analytics'), ('boost_discount', 'percent off a boost')], max_length=20)),
                ('most', models.PositiveIntegerField(null=True)),
            ],
            options={
                'permissions': [('set_plan', 'May set what plans cost and unlock')],
                'constraints': [models.UniqueConstraint(fields=('plan', 'feature'), name='merchants_plan_feature_once'), models.CheckConstraint(condition=models.Q(('feature__in', ['outlets', 'live_campaigns', 'api_keys', 'staff', 'experiments', 'webhooks', 'analytics_days', 'boost_discount']), ('plan__in', ['BASIC', 'PRO', 'ENTERPRISE'])), name='merchants_plan_feature_known'), models.CheckConstraint(condition=models.Q(models.Q(('feature', 'boost_discount'), _negated=True), models.Q(('most__isnull', False), ('most__lte', 100)), _connector='OR'), name='merchants_plan_feature_percent')],
            },
        ),
        migrations.CreateModel(
            name='PlanPrice',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('plan', models.CharField(choices=[('BASIC', 'Basic'), ('PRO', 'Pro'), ('ENTERPRISE', 'Enterprise')], max_length=10)),
                ('effective_from', models.DateTimeField()),
                ('price_paise', models.BigIntegerField()),
                ('gst_bps', models.PositiveIntegerField(default=1800)),
                ('set_by', models.UUIDField(null=True)),
                ('reason', models.CharField(max_length=500)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'effective_from'), name='merchants_plan_price_once_for_an_instant'), models.CheckConstraint(condition=models.Q(models.Q(('plan', 'BASIC'), ('price_paise', 0)), models.Q(('plan', 'PRO'), ('price_paise__gte', 100)), _connector='OR'), name='merchants_plan_price_listed'), models.CheckConstraint(condition=models.Q(('gst_bps__lte', 10000), ('price_paise__lte', 100000000)), name='merchants_plan_price_in_range')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='planprice',
            trigger=pgtrigger.compiler.Trigger(name='merchants_plan_price_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('merchants_plan_price_append_only')", func='RETURN NEW;', hash='44d0c5d1d7daeb17d0be33a15a9ed7e4c6530850', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_merchants_plan_price_append_only_84412', table='merchants_planprice', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='subscription',
            name='merchant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='subscriptioncharge',
            name='subscription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charges', to='merchants.subscription'),
        ),
        migrations.AddField(
            model_name='subscriptionrefund',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='merchants.subscriptioncharge'),
        ),
        migrations.AddConstraint(
            model_name='agreedprice',
            constraint=models.UniqueConstraint(fields=('merchant', 'effective_from'), name='merchants_agreed_price_once_for_an_instant'),
        ),
        migrations.AddConstraint(
            model_name='agreedprice',
            constraint=models.CheckConstraint(condition=models.Q(('price_paise__gte', 100), ('gst_bps__lte', 10000), ('price_paise__lte', 100000000)), name='merchants_agreed_price_in_range'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='agreedprice',
            trigger=pgtrigger.compiler.Trigger(name='merchants_agreed_price_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('merchants_agreed_price_append_only')", func='RETURN NEW;', hash='75d278e5e3cf25fbc5d4c6562de7abbe9d02aafa', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_merchants_agreed_price_append_only_c75ac', table='merchants_agreedprice', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(condition=models.Q(('state__in', ('ACTIVE', 'GRACE'))), fields=['period_end'], name='merchants_subscription_due'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('ACTIVE', 'GRACE'))), fields=('merchant',), name='merchants_subscription_live_once'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('plan__in', ['PRO', 'ENTERPRISE']), ('renews_as__in', ['BASIC', 'PRO', 'ENTERPRISE'])), name='merchants_subscription_plan_known'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('months__gte', 1), ('period_end__gt', models.F('period_start'))), name='merchants_subscription_period_in_order'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ending', ''), ('grace_until', None), ('state', 'ACTIVE')), models.Q(('ended_at', None), ('ending', ''), ('grace_until__gt', models.F('period_end')), ('grace_until__isnull', False), ('state', 'GRACE')), models.Q(('ended_at__isnull', False), ('state', 'ENDED'), models.Q(('ending', ''), _negated=True)), _connector='OR'), name='merchants_subscription_state_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='subscription',
            trigger=pgtrigger.compiler.Trigger(name='merchants_subscription_over_is_over', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state = 'ENDED')", execute="public.uma_refuse('merchants_subscription_over_is_over')", func='RETURN NEW;', hash='bf054dd99809aa468a9b32b940112a09dcf89661', operation='UPDATE', pgid='pgtrigger_merchants_subscription_over_is_over_1a011', table='merchants_subscription', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='subscription',
            trigger=pgtrigger.compiler.Trigger(name='merchants_subscription_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('merchants_subscription_never_deleted')", func='RETURN NEW;', hash='8b757b711e900f97e2615565265079c004a4d462', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_merchants_subscription_never_deleted_53bc3', table='merchants_subscription', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='subscriptioncharge',
            constraint=models.UniqueConstraint(fields=('subscription', 'plan', 'period_start'), name='merchants_charge_once_a_period'),
        ),
        migrations.AddConstraint(
            model_name='subscriptioncharge',
            constraint=models.UniqueConstraint(fields=('charged_by', 'request_key'), name='merchants_charge_request_once'),
        ),
        migrations.AddConstraint(
            model_name='subscriptioncharge',
            constraint=models.CheckConstraint(condition=models.Q(('period_end__gt', models.F('period_start')), ('plan__in', ['PRO', 'ENTERPRISE']), ('price_paise__gte', 1)), name='merchants_charge_in_range'),
        ),
        migrations.AddConstraint(
            model_name='subscriptioncharge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('cgst_paise', models.F('sgst_paise')), ('igst_paise', 0)), models.Q(('cgst_paise', 0), ('sgst_paise', 0)), _connector='OR'), ('cgst_paise__gte', 0), ('igst_paise__gte', 0), ('sgst_paise__gte', 0)), name='merchants_charge_tax'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='subscriptioncharge',
            trigger=pgtrigger.compiler.Trigger(name='merchants_charge_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('merchants_charge_append_only')", func='RETURN NEW;', hash='e85bd130853d33fcfd0bfd37e823d74747a0f064', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_merchants_charge_append_only_da4fc', table='merchants_subscriptioncharge', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='subscriptionrefund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_paise__gte', 1)), name='merchants_refund_positive'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('cgst_paise', models.F('sgst_paise')), ('igst_paise', 0)), models.Q(('cgst_paise', 0), ('sgst_paise', 0)), _connector='OR'), ('cgst_paise__gte', 0), ('igst_paise__gte', 0), ('sgst_paise__gte', 0)), name='merchants_refund_tax'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('why', 'DESK'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='merchants_refund_desk_says_why'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='subscriptionrefund',
            trigger=pgtrigger.compiler.Trigger(name='merchants_refund_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('merchants_refund_append_only')", func='RETURN NEW;', hash='e9af50132151e1097d0370864acc0a07b723bac0', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_merchants_refund_append_only_12cb0', table='merchants_subscriptionrefund', when='BEFORE')),
        ),
        migrations.RunPython(write_plans, migrations.RunPython.noop),
    ]
