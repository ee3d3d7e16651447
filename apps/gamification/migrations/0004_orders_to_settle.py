"""Indexes for orders that wait to be worked out and for reminders that are over."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index beside traffic is built outside a transaction.
    atomic = False

    dependencies = [("gamification", "0003_orders_that_are_cancelled")]

    operations = [
        ValidateConstraint("provenorder", "gamification_order_undone_later"),
        AddIndexConcurrently(
            model_name="provenorder",
            index=models.Index(
                condition=models.Q(("settled_at", None)),
                fields=["at"],
                name="gamification_order_open",
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(fields=["expires_at"], name="gamification_reminder_over"),
        ),
    ]
