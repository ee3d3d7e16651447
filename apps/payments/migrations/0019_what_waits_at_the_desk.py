"""Refunds that are stuck and payments that are disputed: the console's home counts them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("payments", "0018_adjustments")]

    operations = [
        AddIndexConcurrently(
            model_name="prepaymentrefund",
            index=models.Index(
                fields=["owed_at"],
                condition=Q(state="STUCK"),
                name="payments_refund_stuck",
            ),
        ),
        AddIndexConcurrently(
            model_name="paymentdispute",
            index=models.Index(
                fields=["first_heard_at"],
                condition=Q(status="OPEN"),
                name="payments_dispute_open",
            ),
        ),
    ]
