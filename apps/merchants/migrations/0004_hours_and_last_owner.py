"""Outlets' hours and corrected pins, and the rule that a merchant never loses its last owner."""

import pgtrigger.compiler
import pgtrigger.migrations
import uma.kernel.geo
from django.db import migrations, models

KEEP = """
CREATE FUNCTION public.merchants_keep_an_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Locked before it is counted: of two owners who leave at once, the second waits here and then
    -- counts without the first. What is closed needs no owner.
    PERFORM 1 FROM public.merchants_merchant
      WHERE id = OLD.merchant_id AND status <> 'CLOSED' FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT FROM public.merchants_staff
         WHERE merchant_id = OLD.merchant_id AND role = 'OWNER' AND is_active
    ) THEN
        RAISE EXCEPTION 'the last owner of % stays', OLD.merchant_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'merchants_staff_keeps_an_owner',
                  TABLE = 'merchants_staff';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('merchants', '0003_applications'),
    ]

    operations = [
        migrations.RunSQL(KEEP, "DROP FUNCTION public.merchants_keep_an_owner();"),
        migrations.AddField(
            model_name='outlet',
            name='hours',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='outlet',
            name='registered_at',
            field=uma.kernel.geo.PointField(blank=True, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='staff',
            trigger=pgtrigger.compiler.Trigger(name='merchants_staff_keeps_an_owner', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.role = 'OWNER' AND OLD.is_active AND (NEW.role <> 'OWNER' OR NOT NEW.is_active OR NEW.merchant_id <> OLD.merchant_id))", execute='public.merchants_keep_an_owner()', func='RETURN NEW;', hash='d3b5979a0233626f39c777dc54d6ab6b67086fea', operation='UPDATE', pgid='pgtrigger_merchants_staff_keeps_an_owner_d2202', table='merchants_staff', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='staff',
            trigger=pgtrigger.compiler.Trigger(name='merchants_staff_deletes_no_owner', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.role = 'OWNER' AND OLD.is_active)", execute='public.merchants_keep_an_owner()', func='RETURN NEW;', hash='fc56ec152fc279ba52912fafd9cc11cab39fea18', operation='DELETE', pgid='pgtrigger_merchants_staff_deletes_no_owner_aca5f', table='merchants_staff', when='AFTER')),
        ),
    ]
