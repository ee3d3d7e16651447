"""What a booking asks to be proven, and of several rides to it the one that ended last."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rides', '0009_watches'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='booking',
            name='rides_booking_terms_frozen',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='dropoff',
            name='rides_drop_off_told_once',
        ),
        migrations.AddField(
            model_name='booking',
            name='proof_policy',
            field=models.CharField(db_default='visit', default='visit', max_length=16),
        ),
        migrations.AlterField(
            model_name='dropoff',
            name='booking',
            field=models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='drop_off', serialize=False, to='rides.booking'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='rides_booking_terms_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."campaign_id" IS DISTINCT FROM (NEW."campaign_id") OR OLD."cap_paise" IS DISTINCT FROM (NEW."cap_paise") OR OLD."cpa_fee_paise" IS DISTINCT FROM (NEW."cpa_fee_paise") OR OLD."cpt_fee_paise" IS DISTINCT FROM (NEW."cpt_fee_paise") OR OLD."deductible_paise" IS DISTINCT FROM (NEW."deductible_paise") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."discount_bps" IS DISTINCT FROM (NEW."discount_bps") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."geofence_policy" IS DISTINCT FROM (NEW."geofence_policy") OR OLD."gst_bps" IS DISTINCT FROM (NEW."gst_bps") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."inter_state" IS DISTINCT FROM (NEW."inter_state") OR OLD."live_slot" IS DISTINCT FROM (NEW."live_slot") OR OLD."max_cost_paise" IS DISTINCT FROM (NEW."max_cost_paise") OR OLD."merchant_id" IS DISTINCT FROM (NEW."merchant_id") OR OLD."merchant_name" IS DISTINCT FROM (NEW."merchant_name") OR OLD."outlet_id" IS DISTINCT FROM (NEW."outlet_id") OR OLD."proof_policy" IS DISTINCT FROM (NEW."proof_policy") OR OLD."qr_kid" IS DISTINCT FROM (NEW."qr_kid") OR OLD."ref" IS DISTINCT FROM (NEW."ref") OR OLD."request_fingerprint" IS DISTINCT FROM (NEW."request_fingerprint") OR OLD."request_key" IS DISTINCT FROM (NEW."request_key") OR OLD."revision" IS DISTINCT FROM (NEW."revision") OR OLD."rider_id" IS DISTINCT FROM (NEW."rider_id") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."static_id" IS DISTINCT FROM (NEW."static_id") OR OLD."static_qr" IS DISTINCT FROM (NEW."static_qr") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."watched" IS DISTINCT FROM (NEW."watched") OR OLD."zone_code" IS DISTINCT FROM (NEW."zone_code"))', execute="public.uma_refuse('rides_booking_terms_frozen')", func='RETURN NEW;', hash='be0b359de988814dedd928c08d413bf001c7c2ec', operation='UPDATE', pgid='pgtrigger_rides_booking_terms_frozen_761f6', table='rides_booking', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dropoff',
            trigger=pgtrigger.compiler.Trigger(name='rides_drop_off_goes_forward', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.booking_id <> OLD.booking_id OR NEW.at <= OLD.at)', execute="public.uma_refuse('rides_drop_off_goes_forward')", func='RETURN NEW;', hash='566481a2f575b758c4cae810160ef821d81a1a2f', operation='UPDATE', pgid='pgtrigger_rides_drop_off_goes_forward_409c0', table='rides_dropoff', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dropoff',
            trigger=pgtrigger.compiler.Trigger(name='rides_drop_off_never_removed', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('rides_drop_off_never_removed')", func='RETURN NEW;', hash='dc43f4ec0275617b23ec13d2572e317be8297cb3', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_rides_drop_off_never_removed_d2eb8', table='rides_dropoff', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(('proof_policy__in', ['visit', 'ride+visit', 'ride+visit+bill'])), name='rides_booking_proof_known'),
        ),
    ]
