"""Every trigger runs its function directly: none obeys a session setting any more."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_refuse'),
        ('handshake', '0003_never_edited'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='handshake',
            name='handshake_never_edited',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='handshake',
            name='handshake_never_truncated',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dispute',
            trigger=pgtrigger.compiler.Trigger(name='handshake_dispute_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('handshake_dispute_never_edited')", func='RETURN NEW;', hash='782c3446b1eb5a2c3585b658a1a189e42b00b6a4', level='STATEMENT', operation='UPDATE OF "id", "handshake_id", "opened_by", "opened_as", "parked_paise", "opened_at", "due_at" OR DELETE OR TRUNCATE', pgid='pgtrigger_handshake_dispute_never_edited_42dfe', table='handshake_dispute', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='handshake',
            trigger=pgtrigger.compiler.Trigger(name='handshake_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('handshake_never_edited')", func='RETURN NEW;', hash='8008582511af4d81365bcc21ab56337c5361e938', level='STATEMENT', operation='UPDATE OF "id", "booking_id", "merchant_id", "outlet_id", "campaign_id", "rider_id", "actor_id", "zone_code", "is_new_customer", "review", "discount_bps", "reimbursement_paise", "cpt_fee_paise", "cpa_fee_paise", "gst_paise", "merchant_debit_paise", "released_paise", "bill_paise", "scan_distance_m", "request_key", "request_fingerprint", "created_at" OR DELETE OR TRUNCATE', pgid='pgtrigger_handshake_never_edited_0ccde', table='handshake_handshake', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reversal',
            trigger=pgtrigger.compiler.Trigger(name='handshake_reversal_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('handshake_reversal_append_only')", func='RETURN NEW;', hash='94128449fa4e21feb28311f2b0de72342ce6b032', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_handshake_reversal_append_only_befbb', table='handshake_reversal', when='BEFORE')),
        ),
    ]
