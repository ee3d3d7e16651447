"""What a bank's statement names a payout or a refund by: the console searches for it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("payments", "0020_what_is_owed_at_a_check")]

    operations = [
        AddIndexConcurrently(
            model_name="payout",
            index=models.Index(
                fields=["utr"], condition=~Q(utr=""), name="payments_payout_utr"
            ),
        ),
        AddIndexConcurrently(
            model_name="prepaymentrefund",
            index=models.Index(
                fields=["reference"],
                condition=~Q(reference=""),
                name="payments_refund_reference",
            ),
        ),
    ]
