"""Every trigger runs its function directly: none obeys a session setting any more."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_refuse'),
        ('rides', '0003_fare'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_born_booked',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_terms_frozen',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_arrows',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_time_forward',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_never_deleted',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='fare',
            name='rides_fare_told_once',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_born_booked', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.state <> 'BOOKED')", execute="public.uma_refuse('rides_booking_born_booked')", func='RETURN NEW;', hash='d2ae7a0bafef496b7f17b941e9df5c2a72fd7fa6', operation='INSERT', pgid='pgtrigger_rides_booking_born_booked_6ddaa', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."cap_paise" IS DISTINCT FROM (NEW."cap_paise") OR OLD."cpa_fee_paise" IS DISTINCT FROM (NEW."cpa_fee_paise") OR OLD."cpt_fee_paise" IS DISTINCT FROM (NEW."cpt_fee_paise") OR OLD."deductible_paise" IS DISTINCT FROM (NEW."deductible_paise") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."discount_bps" IS DISTINCT FROM (NEW."discount_bps") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."geofence_policy" IS DISTINCT FROM (NEW."geofence_policy") OR OLD."gst_bps" IS DISTINCT FROM (NEW."gst_bps") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."inter_state" IS DISTINCT FROM (NEW."inter_state") OR OLD."live_slot" IS DISTINCT FROM (NEW."live_slot") OR OLD."max_cost_paise" IS DISTINCT FROM (NEW."max_cost_paise") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."merchant_name" IS DISTINCT FROM (NEW."merchant_name") OR OLD."outlet_id" IS DISTINCT FROM (NEW."outlet_id") OR OLD."qr_kid" IS DISTINCT FROM (NEW."qr_kid") OR OLD."ref" IS DISTINCT FROM (NEW."ref") OR OLD."request_fingerprint" IS DISTINCT FROM (NEW."request_fingerprint") OR OLD."request_key" IS DISTINCT FROM (NEW."request_key") OR OLD."revision" IS DISTINCT FROM (NEW."revision") OR OLD."rider_id" IS DISTINCT FROM (NEW."rider_id") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."static_id" IS DISTINCT FROM (NEW."static_id") OR OLD."static_qr" IS DISTINCT FROM (NEW."static_qr") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('rides_booking_terms_frozen')", func='RETURN NEW;', hash='1d5195cca313eb110774c53149bf07ceb8a50826', operation='UPDATE', pgid='pgtrigger_rides_booking_terms_frozen_761f6', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_arrows', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NOT (\n    (OLD.state, NEW.state) IN (\n        ('BOOKED', 'REDEEMED'), ('BOOKED', 'CANCELLED'), ('BOOKED', 'EXPIRED'),\n        ('BOOKED', 'VOIDED'), ('REDEEMED', 'REVERSED'), ('REDEEMED', 'DISPUTED'),\n        ('DISPUTED', 'REDEEMED'), ('DISPUTED', 'REVERSED')\n    )\n))", execute="public.uma_refuse('rides_booking_arrows')", func='RETURN NEW;', hash='5d5aee3b118bcb346dc51837a4b16739e96a0185', operation='UPDATE', pgid='pgtrigger_rides_booking_arrows_0640e', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_time_forward', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.status_changed_at < OLD.status_changed_at OR (OLD.redeemed_at IS NOT NULL AND NEW.redeemed_at IS DISTINCT FROM OLD.redeemed_at))', execute="public.uma_refuse('rides_booking_time_forward')", func='RETURN NEW;', hash='2a7145b096f7796b65364d966d19cf5e096e9239', operation='UPDATE', pgid='pgtrigger_rides_booking_time_forward_b1e60', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('rides_booking_never_deleted')", func='RETURN NEW;', hash='022857a17d9688cb21530dcc7f99acda0e846285', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_rides_booking_never_deleted_e0acb', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='fare',
            trigger=pgtrigger.compiler.Trigger(name='rides_fare_told_once', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('rides_fare_told_once')", func='RETURN NEW;', hash='fd42bbe739cabfb1fec5d1891839f5b35ae92905', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_rides_fare_told_once_314ed', table='rides_fare', when='BEFORE')),
        ),
        migrations.RunSQL('DROP FUNCTION public.rides_refuse();', migrations.RunSQL.noop),
    ]
