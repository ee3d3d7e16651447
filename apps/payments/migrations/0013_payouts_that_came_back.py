"""An index for payouts that came back, which are few among all."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index beside traffic is built outside a transaction.
    atomic = False

    dependencies = [("payments", "0012_dormant_wallets")]

    operations = [
        AddIndexConcurrently(
            model_name="payout",
            index=models.Index(
                condition=models.Q(("returned_journal_id__isnull", False)),
                fields=["id"],
                name="payments_payout_came_back",
            ),
        ),
    ]
