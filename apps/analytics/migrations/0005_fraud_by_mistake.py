"""A case that was decided as fraud may be cleared afterwards; what was cleared stays so."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0004_risk'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='riskcase',
            name='analytics_risk_case_decided_once',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='riskcase',
            trigger=pgtrigger.compiler.Trigger(name='analytics_risk_case_decided_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (OLD.state = 'CLEARED' OR (OLD.state = 'CONFIRMED' AND (NEW.state <> 'CLEARED' OR NEW.score <> OLD.score OR NEW.band <> OLD.band OR NEW.decided_at < OLD.decided_at)))", execute="public.uma_refuse('analytics_risk_case_decided_once')", func='RETURN NEW;', hash='59e64efd489eebc7e8b2d027c1da7b58f713ec21', operation='UPDATE', pgid='pgtrigger_analytics_risk_case_decided_once_b836c', table='analytics_riskcase', when='BEFORE')),
        ),
    ]
