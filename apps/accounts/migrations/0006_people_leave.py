"""Somebody who leaves, or whose rights change, loses their sessions in the same transaction."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


# Locked in the order of their ids, as everywhere: two that end several sessions never wait in a circle.
END_SESSIONS = """
CREATE FUNCTION public.accounts_end_sessions() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_ids uuid[] := ARRAY(
        SELECT s.id FROM public.accounts_session s
        WHERE s.user_id = OLD.id AND s.revoked_at IS NULL
          AND (TG_ARGV[0] <> 'rights_changed' OR s.role = 'operator')
        ORDER BY s.id FOR NO KEY UPDATE
    );
BEGIN
    UPDATE public.accounts_session
    SET revoked_at = clock_timestamp(), revoked_reason = TG_ARGV[0] WHERE id = ANY(v_ids);
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_operator_roles'),
    ]

    operations = [
        migrations.RunSQL(END_SESSIONS, 'DROP FUNCTION public.accounts_end_sessions();'),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='accounts_user_leaves', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.is_active AND NOT NEW.is_active OR OLD.status = 'ACTIVE' AND NEW.status <> 'ACTIVE')", execute="public.accounts_end_sessions('person_closed')", func='RETURN NEW;', hash='517ea23ef4b77dee18717b5b94cc3b03e166194f', operation='UPDATE', pgid='pgtrigger_accounts_user_leaves_1334f', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='accounts_user_is_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.accounts_end_sessions('person_deleted')", func='RETURN NEW;', hash='ee3ea642dad94863d028b1be9b55f0fd1f663d56', operation='DELETE', pgid='pgtrigger_accounts_user_is_deleted_4f6d7', table='accounts_user', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='accounts_user_rights_change', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN ((OLD.is_staff, OLD.is_superuser) <> (NEW.is_staff, NEW.is_superuser))', execute="public.accounts_end_sessions('rights_changed')", func='RETURN NEW;', hash='530bf7da72fa01b01d4a040fa1571bd89f520bc0', operation='UPDATE', pgid='pgtrigger_accounts_user_rights_change_67537', table='accounts_user', when='AFTER')),
        ),
    ]
