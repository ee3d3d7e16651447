"""Whose an order is, that it was cancelled, and that what it means was worked out."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gamification", "0002_awards_rewards_missions")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="provenorder",
            name="gamification_order_append_only",
        ),
        migrations.AddField(
            model_name="provenorder",
            name="provider",
            field=models.CharField(blank=True, db_default="", max_length=120),
        ),
        migrations.AddField(
            model_name="provenorder",
            name="settled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="provenorder",
            name="undone_at",
            field=models.DateTimeField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='provenorder',
            trigger=pgtrigger.compiler.Trigger(name='gamification_order_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(execute="public.uma_refuse('gamification_order_never_edited')", func='RETURN NEW;', hash='523913f526b0be64a823b27e46e84476403dc784', level='STATEMENT', operation='UPDATE OF "id", "kind", "source", "rider_id", "zone_code", "timezone", "category", "provider", "at" OR DELETE OR TRUNCATE', pgid='pgtrigger_gamification_order_never_edited_ab0b6', table='gamification_provenorder', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name="provenorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("undone_at", None), ("undone_at__gte", models.F("at")), _connector="OR"
                ),
                name="gamification_order_undone_later",
            ),
        ),
    ]
