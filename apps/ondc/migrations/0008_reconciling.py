"""What we ask others about money and what they see differently; where sellers are registered; signed headers."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.ids
from django.db import migrations, models
from django_migration_linter import IgnoreMigration


class Migration(migrations.Migration):

    dependencies = [
        ('ondc', '0007_plural'),
    ]

    operations = [
        # Its indexes are of tables that it creates itself; the new columns have defaults, and the one check
        # holds for each row by its default.
        IgnoreMigration(),
        migrations.CreateModel(
            name='Disagreement',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('AMOUNT', 'another amount'), ('UNKNOWN_ORDER', 'an order that we do not know'), ('NO_ANSWER', 'no answer'), ('NOT_SETTLED', 'could not be settled'), ('SETTLED_AMOUNT', 'settled as another amount'), ('REFUSED', 'the request was refused')], max_length=14)),
                ('zone_code', models.CharField(blank=True, max_length=8)),
                ('party', models.CharField(max_length=255)),
                ('number', models.CharField(blank=True, max_length=128)),
                ('ours_paise', models.BigIntegerField(null=True)),
                ('theirs_paise', models.BigIntegerField(null=True)),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('opened_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decision', models.CharField(blank=True, choices=[('AGREED', 'they agreed later'), ('TAKE_THEIRS', 'their amount is right'), ('ASK_AGAIN', 'ours is right: ask again'), ('CLOSE', 'cleared otherwise')], max_length=11)),
                ('decided_by', models.UUIDField(null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'permissions': [('decide_disagreement', 'May decide what counterparties see differently')],
            },
        ),
        migrations.CreateModel(
            name='SellerRegistration',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('bpp_id', models.CharField(max_length=255)),
                ('legal_name', models.CharField(max_length=160)),
                ('gstin', models.CharField(max_length=15)),
                ('effective_from', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'permissions': [('register_seller', 'May say where a seller app is registered for GST')],
            },
        ),
        migrations.CreateModel(
            name='SettlementLine',
            fields=[
                ('id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('action', models.CharField(choices=[('RECON', 'Recon'), ('SETTLE', 'Settle')], max_length=6)),
                ('amount_paise', models.BigIntegerField()),
                ('answer', models.CharField(blank=True, choices=[('', 'None'), ('AGREED', 'Agreed'), ('DIFFERS', 'Differs'), ('PENDING', 'Pending'), ('SETTLED', 'Settled'), ('NOT_SETTLED', 'Not Settled'), ('REFUSED', 'Refused'), ('EXPIRED', 'Expired')], max_length=11)),
                ('told_paise', models.BigIntegerField(null=True)),
                ('reference', models.CharField(blank=True, max_length=64)),
                ('error_code', models.CharField(blank=True, max_length=32)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SettlementRequest',
            fields=[
                ('dispatch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='settlement_request', serialize=False, to='ondc.dispatch')),
                ('transaction_id', models.UUIDField(default=uma.kernel.ids.new_id, editable=False, unique=True)),
                ('action', models.CharField(choices=[('RECON', 'Recon'), ('SETTLE', 'Settle')], max_length=6)),
                ('party', models.CharField(max_length=255)),
                ('seller', models.CharField(blank=True, max_length=255)),
                ('state', models.CharField(choices=[('OPEN', 'Open'), ('ANSWERED', 'Answered'), ('REFUSED', 'Refused'), ('EXPIRED', 'Expired')], default='OPEN', max_length=8)),
                ('error_code', models.CharField(blank=True, max_length=32)),
                ('made_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name='settlement',
            options={'permissions': [('settle_settlement', 'May book what a seller app paid'), ('export_settlement', 'May take settlements out as a table')]},
        ),
        migrations.AlterModelOptions(
            name='transaction',
            options={'permissions': [('take_journey_log', 'May take the log of a journey out')]},
        ),
        migrations.AddField(
            model_name='outboundmessage',
            name='header',
            field=models.CharField(blank=True, db_default='', default='', max_length=2048),
        ),
        migrations.AddField(
            model_name='settlement',
            name='fee_agreed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='settlement',
            name='intra_state',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='settlement',
            name='recon',
            field=models.CharField(blank=True, choices=[('', 'None'), ('ASKED', 'Asked'), ('AGREED', 'Agreed'), ('DIFFERS', 'Differs')], db_default='', default='', max_length=7),
        ),
        migrations.AddConstraint(
            model_name='settlement',
            constraint=models.CheckConstraint(condition=models.Q(('recon__in', ['', 'ASKED', 'AGREED', 'DIFFERS'])), name='ondc_settlement_recon_known'),
        ),
        migrations.AddField(
            model_name='disagreement',
            name='inbound',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ondc.inboundmessage'),
        ),
        migrations.AddField(
            model_name='disagreement',
            name='settlement',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='disagreements', to='ondc.settlement'),
        ),
        migrations.AddConstraint(
            model_name='sellerregistration',
            constraint=models.UniqueConstraint(fields=('bpp_id', 'effective_from'), name='ondc_seller_registration_once_from'),
        ),
        migrations.AddConstraint(
            model_name='sellerregistration',
            constraint=models.CheckConstraint(condition=models.Q(('gstin__regex', '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$'), models.Q(('legal_name', ''), _negated=True), models.Q(('bpp_id', ''), _negated=True)), name='ondc_seller_registration_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sellerregistration',
            trigger=pgtrigger.compiler.Trigger(name='ondc_seller_registration_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('ondc_seller_registration_append_only')", func='RETURN NEW;', hash='9ea9b6c05cd063706a99456a3f4fbabd02f9ee84', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_ondc_seller_registration_append_only_d57e5', table='ondc_sellerregistration', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='settlementline',
            name='settlement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ondc.settlement'),
        ),
        migrations.AddIndex(
            model_name='settlementrequest',
            index=models.Index(condition=models.Q(('state', 'OPEN')), fields=['until'], name='ondc_settlement_request_open'),
        ),
        migrations.AddIndex(
            model_name='settlementrequest',
            index=models.Index(fields=['action', '-made_at'], name='ondc_settlement_request_last'),
        ),
        migrations.AddConstraint(
            model_name='settlementrequest',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['RECON', 'SETTLE'])), name='ondc_settlement_request_action_known'),
        ),
        migrations.AddConstraint(
            model_name='settlementrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state', 'OPEN')), models.Q(('closed_at__isnull', False), ('state__in', ['ANSWERED', 'REFUSED', 'EXPIRED'])), _connector='OR'), name='ondc_settlement_request_closed_at'),
        ),
        migrations.AddConstraint(
            model_name='settlementrequest',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('made_at'))), name='ondc_settlement_request_lives'),
        ),
        migrations.AddField(
            model_name='settlementline',
            name='request',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='ondc.settlementrequest'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlementrequest',
            trigger=pgtrigger.compiler.Trigger(name='ondc_settlement_request_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('ondc_settlement_request_never_deleted')", func='RETURN NEW;', hash='7010074464e82cd6f4d63d82ff6393a9b7a46f56', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_ondc_settlement_request_never_deleted_24b7c', table='ondc_settlementrequest', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='disagreement',
            index=models.Index(fields=['-opened_at'], name='ondc_disagreement_newest'),
        ),
        migrations.AddConstraint(
            model_name='disagreement',
            constraint=models.UniqueConstraint(condition=models.Q(('decided_at__isnull', True)), fields=('party', 'number', 'kind'), name='ondc_disagreement_one_open'),
        ),
        migrations.AddConstraint(
            model_name='disagreement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decision', '')), models.Q(('decided_at__isnull', False), models.Q(('decision', ''), _negated=True)), _connector='OR'), name='ondc_disagreement_decided_whole'),
        ),
        migrations.AddConstraint(
            model_name='disagreement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('decision__in', ['', 'AGREED'])), models.Q(('decision__in', ['TAKE_THEIRS', 'ASK_AGAIN', 'CLOSE']), ('decided_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='ondc_disagreement_decided_by_somebody'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='disagreement',
            trigger=pgtrigger.compiler.Trigger(name='ondc_disagreement_decided_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.decided_at IS NOT NULL OR NEW.party <> OLD.party OR NEW.number <> OLD.number OR NEW.kind <> OLD.kind)', execute="public.uma_refuse('ondc_disagreement_decided_stays')", func='RETURN NEW;', hash='225e108a6e229cace1f8d49a27652c6e29ed23b6', operation='UPDATE', pgid='pgtrigger_ondc_disagreement_decided_stays_a4d60', table='ondc_disagreement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='disagreement',
            trigger=pgtrigger.compiler.Trigger(name='ondc_disagreement_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('ondc_disagreement_never_deleted')", func='RETURN NEW;', hash='995ff17a87201522fe2234081fc01d41bbe6fa5e', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_ondc_disagreement_never_deleted_b834a', table='ondc_disagreement', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='settlementline',
            constraint=models.UniqueConstraint(fields=('request', 'settlement'), name='ondc_settlement_line_once'),
        ),
        migrations.AddConstraint(
            model_name='settlementline',
            constraint=models.UniqueConstraint(condition=models.Q(('answer__in', ['', 'PENDING'])), fields=('settlement', 'action'), name='ondc_settlement_line_one_open'),
        ),
        migrations.AddConstraint(
            model_name='settlementline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_paise__gte', 1)), name='ondc_settlement_line_amount_sane'),
        ),
        migrations.AddConstraint(
            model_name='settlementline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='ondc_settlement_line_answered_at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlementline',
            trigger=pgtrigger.compiler.Trigger(name='ondc_settlement_line_said_stays', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.request_id <> OLD.request_id OR NEW.action <> OLD.action OR NEW.settlement_id <> OLD.settlement_id OR NEW.amount_paise <> OLD.amount_paise OR (OLD.answer = 'SETTLED' AND NEW.answer <> 'SETTLED'))", execute="public.uma_refuse('ondc_settlement_line_said_stays')", func='RETURN NEW;', hash='d549e0c64f99de43c2d2ee6cb582b6878f1913a1', operation='UPDATE', pgid='pgtrigger_ondc_settlement_line_said_stays_77036', table='ondc_settlementline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='settlementline',
            trigger=pgtrigger.compiler.Trigger(name='ondc_settlement_line_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('ondc_settlement_line_never_deleted')", func='RETURN NEW;', hash='99725decf7e883133f29eae9be616e115eb25c06', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_ondc_settlement_line_never_deleted_2c902', table='ondc_settlementline', when='BEFORE')),
        ),
    ]
