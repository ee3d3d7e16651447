"""Payouts and each of their steps, what stops them all, and the limits of wallets from a day on."""

from datetime import UTC, datetime

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.conf import settings
from django.db import migrations, models

# Product rule 2.8; paise. Who, balance, credit a month, payout at least, at most, a day, a month, how many
# a day, hours that a credit stays, above which a person looks.
LIMITS = (
    ('TIER_0', 10_000_00, 10_000_00, 100_00, 0, 0, 0, 3, 24, None),
    ('TIER_1', 10_000_00, 10_000_00, 100_00, 2_000_00, 2_000_00, 10_000_00, 3, 24, None),
    ('TIER_2', 2_00_000_00, 1_00_000_00, 100_00, 25_000_00, 25_000_00, None, 3, 24, 10_000_00),
    ('MERCHANT', None, None, 100_00, 1_00_00_000_00, None, None, 3, 0, 50_000_00),
)
FIELDS = (
    'who', 'max_balance_paise', 'max_credit_month_paise', 'payout_min_paise', 'payout_max_paise',
    'payout_day_paise', 'payout_month_paise', 'payouts_a_day', 'credit_age_hours', 'screen_above_paise',
)


def write_limits(apps, schema_editor):
    policy = apps.get_model('payments', 'WalletPolicy')
    for row in LIMITS:
        policy.objects.create(
            **dict(zip(FIELDS, row, strict=True)),
            effective_from=datetime(2020, 1, 1, tzinfo=UTC),
            reason='The founding limits',
        )


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0010_invitations'),
        ('payments', '0004_check_fund_accounts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PayoutDowntime',
            fields=[
                ('mode', models.CharField(choices=[('UPI', 'Upi'), ('IMPS', 'Imps'), ('RTGS', 'Rtgs')], max_length=4, primary_key=True, serialize=False)),
                ('told_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='KycLevel',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('effective_from', models.DateTimeField()),
                ('set_by', models.UUIDField()),
                ('reason', models.CharField(max_length=500)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'KYC level',
                'permissions': [('set_kyc_level', 'May say how well a person is known')],
            },
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('WITHDRAWAL', 'Withdrawal'), ('REFUND', 'Refund')], max_length=10)),
                ('zone_code', models.CharField(max_length=8)),
                ('amount_paise', models.BigIntegerField()),
                ('mode', models.CharField(choices=[('UPI', 'Upi'), ('IMPS', 'Imps'), ('RTGS', 'Rtgs')], max_length=4)),
                ('held_journal_id', models.UUIDField()),
                ('requested_by', models.UUIDField()),
                ('request_key', models.CharField(max_length=255, null=True)),
                ('request_fingerprint', models.BinaryField(null=True)),
                ('created_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('REQUESTED', 'requested'), ('SCREENING', 'screening'), ('APPROVED', 'approved'), ('SUBMITTING', 'submitting'), ('PENDING_APPROVAL', 'pending approval'), ('QUEUED', 'queued'), ('PROCESSING', 'processing'), ('PROCESSED', 'processed'), ('FAILED', 'failed'), ('CANCELLED', 'cancelled'), ('REJECTED', 'rejected'), ('REVERSED', 'reversed')], default='REQUESTED', max_length=16)),
                ('status_changed_at', models.DateTimeField()),
                ('screened_for', models.CharField(blank=True, max_length=40)),
                ('next_look_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('razorpay_id', models.CharField(max_length=40, null=True)),
                ('fee_paise', models.BigIntegerField(null=True)),
                ('tax_paise', models.BigIntegerField(null=True)),
                ('utr', models.CharField(blank=True, max_length=40)),
                ('failure_reason', models.CharField(blank=True, max_length=64)),
                ('paid_journal_id', models.UUIDField(null=True)),
                ('returned_journal_id', models.UUIDField(null=True)),
                ('processed_at', models.DateTimeField(null=True)),
                ('fund_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.fundaccount')),
                ('merchant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'permissions': [('screen_payout', 'May approve and reject payouts that a person has to look at'), ('ask_about_payout', 'May have Razorpay asked about a payout again'), ('halt_payouts', 'May stop all payouts and let them go on')],
            },
        ),
        migrations.CreateModel(
            name='PayoutHalt',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=200)),
                ('halted_by', models.UUIDField(null=True)),
                ('halted_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.UUIDField(null=True)),
                ('lifted_because', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('reason',), name='payments_halt_stands_once'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_because', '')), models.Q(('lifted_at__gte', models.F('halted_at')), ('lifted_at__isnull', False), models.Q(('lifted_because', ''), _negated=True)), _connector='OR'), name='payments_halt_lifted_with_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='PayoutTransition',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('before', models.CharField(blank=True, max_length=16)),
                ('after', models.CharField(max_length=16)),
                ('source', models.CharField(choices=[('PAYEE', 'the payee'), ('DESK', 'an operator'), ('RULE', "the platform's rules"), ('ANSWER', "Razorpay's answer to us"), ('EVENT', 'Razorpay, after its event')], max_length=6)),
                ('actor_id', models.UUIDField(null=True)),
                ('note', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField()),
                ('payout', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transitions', to='payments.payout')),
            ],
        ),
        migrations.CreateModel(
            name='WalletPolicy',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('who', models.CharField(choices=[('TIER_0', 'rider, phone known'), ('TIER_1', 'rider, name matched to an account'), ('TIER_2', 'rider, full KYC'), ('MERCHANT', 'merchant')], max_length=8)),
                ('effective_from', models.DateTimeField()),
                ('max_balance_paise', models.BigIntegerField(null=True)),
                ('max_credit_month_paise', models.BigIntegerField(null=True)),
                ('payout_min_paise', models.BigIntegerField()),
                ('payout_max_paise', models.BigIntegerField()),
                ('payout_day_paise', models.BigIntegerField(null=True)),
                ('payout_month_paise', models.BigIntegerField(null=True)),
                ('payouts_a_day', models.PositiveSmallIntegerField()),
                ('credit_age_hours', models.PositiveSmallIntegerField()),
                ('screen_above_paise', models.BigIntegerField(null=True)),
                ('set_by', models.UUIDField(null=True)),
                ('reason', models.CharField(max_length=500)),
            ],
            options={
                'verbose_name_plural': 'wallet policies',
                'permissions': [('set_wallet_policy', 'May set the limits of wallets and payouts')],
                'constraints': [models.UniqueConstraint(fields=('who', 'effective_from'), name='payments_policy_once_for_an_instant'), models.CheckConstraint(condition=models.Q(('who__in', ['TIER_0', 'TIER_1', 'TIER_2', 'MERCHANT'])), name='payments_policy_who_known'), models.CheckConstraint(condition=models.Q(('payout_min_paise__gte', 100), ('payout_max_paise__gte', 0), models.Q(('payout_day_paise', None), ('payout_day_paise__gte', 0), _connector='OR'), models.Q(('payout_month_paise', None), ('payout_month_paise__gte', 0), _connector='OR'), models.Q(('max_balance_paise', None), ('max_balance_paise__gte', 0), _connector='OR'), models.Q(('max_credit_month_paise', None), ('max_credit_month_paise__gte', 0), _connector='OR'), models.Q(('screen_above_paise', None), ('screen_above_paise__gte', 0), _connector='OR')), name='payments_policy_in_range')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='walletpolicy',
            trigger=pgtrigger.compiler.Trigger(name='payments_policy_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_policy_append_only')", func='RETURN NEW;', hash='5f713ff605eb09926bee4cfb857b850431519f75', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_payments_policy_append_only_d6a1d', table='payments_walletpolicy', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='kyclevel',
            index=models.Index(fields=['person', '-effective_from'], name='payments_kyc_of_person'),
        ),
        migrations.AddConstraint(
            model_name='kyclevel',
            constraint=models.CheckConstraint(condition=models.Q(('level__lte', 2)), name='payments_kyc_level_known'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='kyclevel',
            trigger=pgtrigger.compiler.Trigger(name='payments_kyc_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_kyc_append_only')", func='RETURN NEW;', hash='15bf439794bc01133136e8aa74fb9e8c201a685b', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_payments_kyc_append_only_0ab8f', table='payments_kyclevel', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='payout',
            index=models.Index(condition=models.Q(('next_look_at__isnull', False)), fields=['next_look_at'], name='payments_payout_due'),
        ),
        migrations.AddIndex(
            model_name='payout',
            index=models.Index(fields=['person', '-id'], name='payments_payout_of_person'),
        ),
        migrations.AddIndex(
            model_name='payout',
            index=models.Index(fields=['merchant', '-id'], name='payments_payout_of_merchant'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'WITHDRAWAL'), ('merchant__isnull', True), ('person__isnull', False)), models.Q(('kind', 'REFUND'), ('merchant__isnull', False), ('person__isnull', True)), _connector='OR'), name='payments_payout_has_one_payee'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(('amount_paise__gte', 1)), name='payments_payout_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.UniqueConstraint(fields=('razorpay_id',), name='payments_payout_sent_once'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.UniqueConstraint(fields=('requested_by', 'request_key'), name='payments_payout_request_once'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attempts', 0), ('razorpay_id__isnull', True), ('state__in', ['REQUESTED', 'SCREENING', 'APPROVED']), ('submitted_at__isnull', True)), models.Q(('razorpay_id__isnull', True), ('state', 'SUBMITTING'), ('submitted_at__isnull', False)), models.Q(('razorpay_id__isnull', False), ('state__in', ['PENDING_APPROVAL', 'QUEUED', 'PROCESSING', 'PROCESSED', 'REVERSED']), ('submitted_at__isnull', False)), ('state__in', ['FAILED', 'CANCELLED', 'REJECTED']), _connector='OR'), name='payments_payout_submitted_when'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('fee_paise__isnull', False), ('paid_journal_id__isnull', False), ('processed_at__isnull', False), ('state__in', ['PROCESSED', 'REVERSED'])), models.Q(models.Q(('state', 'PROCESSED'), _negated=True), ('fee_paise__isnull', True), ('paid_journal_id__isnull', True), ('processed_at__isnull', True)), _connector='OR'), name='payments_payout_paid_when_processed'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('fee_paise__isnull', True), ('tax_paise__isnull', True)), models.Q(('fee_paise__isnull', False), ('tax_paise__isnull', False), ('fee_paise__gte', models.F('tax_paise')), ('tax_paise__gte', 0)), _connector='OR'), name='payments_payout_fee_includes_tax'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('returned_journal_id__isnull', False), ('state__in', ['FAILED', 'CANCELLED', 'REJECTED', 'REVERSED'])), models.Q(models.Q(('state__in', ['FAILED', 'CANCELLED', 'REJECTED', 'REVERSED']), _negated=True), ('returned_journal_id__isnull', True)), _connector='OR'), name='payments_payout_returned_when_over'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['APPROVED', 'SUBMITTING', 'PENDING_APPROVAL', 'QUEUED', 'PROCESSING']), _negated=True), ('next_look_at__isnull', False), _connector='OR'), name='payments_payout_is_looked_at'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(('status_changed_at__gte', models.F('created_at'))), name='payments_payout_times_in_order'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_born_requested', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state <> 'REQUESTED')", execute="public.uma_refuse('payments_payout_born_requested')", func='RETURN NEW;', hash='d2c9c0dc254a058bb8e9a06037420bd88fc81120', operation='INSERT', pgid='pgtrigger_payments_payout_born_requested_c1fa6', table='payments_payout', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."amount_paise" IS DISTINCT FROM (NEW."amount_paise") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."fund_account_id" IS DISTINCT FROM (NEW."fund_account_id") OR OLD."held_journal_id" IS DISTINCT FROM (NEW."held_journal_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."mode" IS DISTINCT FROM (NEW."mode") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."request_fingerprint" IS DISTINCT FROM (NEW."request_fingerprint") OR OLD."request_key" IS DISTINCT FROM (NEW."request_key") OR OLD."requested_by" IS DISTINCT FROM (NEW."requested_by") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('payments_payout_terms_frozen')", func='RETURN NEW;', hash='4a2a5901f37bfb69a9d26d4846538d76e5136fb1', operation='UPDATE', pgid='pgtrigger_payments_payout_terms_frozen_b1eba', table='payments_payout', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_arrows', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('REQUESTED', 'APPROVED'), ('REQUESTED', 'SCREENING'), ('SCREENING', 'APPROVED'), ('SCREENING', 'CANCELLED'), ('SCREENING', 'REJECTED'), ('APPROVED', 'CANCELLED'), ('APPROVED', 'SUBMITTING'), ('SUBMITTING', 'CANCELLED'), ('SUBMITTING', 'FAILED'), ('SUBMITTING', 'PENDING_APPROVAL'), ('SUBMITTING', 'PROCESSED'), ('SUBMITTING', 'PROCESSING'), ('SUBMITTING', 'QUEUED'), ('SUBMITTING', 'REJECTED'), ('SUBMITTING', 'REVERSED'), ('PENDING_APPROVAL', 'CANCELLED'), ('PENDING_APPROVAL', 'FAILED'), ('PENDING_APPROVAL', 'PROCESSED'), ('PENDING_APPROVAL', 'PROCESSING'), ('PENDING_APPROVAL', 'QUEUED'), ('PENDING_APPROVAL', 'REJECTED'), ('PENDING_APPROVAL', 'REVERSED'), ('QUEUED', 'CANCELLED'), ('QUEUED', 'FAILED'), ('QUEUED', 'PROCESSED'), ('QUEUED', 'PROCESSING'), ('QUEUED', 'REJECTED'), ('QUEUED', 'REVERSED'), ('PROCESSING', 'CANCELLED'), ('PROCESSING', 'FAILED'), ('PROCESSING', 'PROCESSED'), ('PROCESSING', 'QUEUED'), ('PROCESSING', 'REJECTED'), ('PROCESSING', 'REVERSED'), ('PROCESSED', 'REVERSED'), ('FAILED', 'REVERSED')))", execute="public.uma_refuse('payments_payout_arrows')", func='RETURN NEW;', hash='9ecc8b29859b567a761131d13f85d3688ebc8dce', operation='UPDATE', pgid='pgtrigger_payments_payout_arrows_b318d', table='payments_payout', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_written_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS DISTINCT FROM OLD.submitted_at) OR (OLD.razorpay_id IS NOT NULL AND NEW.razorpay_id IS DISTINCT FROM OLD.razorpay_id) OR (OLD.paid_journal_id IS NOT NULL AND NEW.paid_journal_id IS DISTINCT FROM OLD.paid_journal_id) OR (OLD.returned_journal_id IS NOT NULL AND NEW.returned_journal_id IS DISTINCT FROM OLD.returned_journal_id) OR (OLD.processed_at IS NOT NULL AND NEW.processed_at IS DISTINCT FROM OLD.processed_at))', execute="public.uma_refuse('payments_payout_written_once')", func='RETURN NEW;', hash='07e117a9d6589761ef84119a396444cc31d78b7b', operation='UPDATE', pgid='pgtrigger_payments_payout_written_once_ed125', table='payments_payout', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payout',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_payout_never_deleted')", func='RETURN NEW;', hash='738cff8bf45d402239277dedd60c5b275d841efa', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_payments_payout_never_deleted_60795', table='payments_payout', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='payouttransition',
            trigger=pgtrigger.compiler.Trigger(name='payments_payout_transition_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('payments_payout_transition_append_only')", func='RETURN NEW;', hash='d190006fff3d07baa00e78b15d1d2e8da42b8b83', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_payments_payout_transition_append_only_71c30', table='payments_payouttransition', when='BEFORE')),
        ),
        migrations.RunPython(write_limits, migrations.RunPython.noop),
    ]
