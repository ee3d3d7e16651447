"""Accounts that are frozen: the console's home counts them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("wallet", "0014_adjustments")]

    operations = [
        AddIndexConcurrently(
            model_name="account",
            index=models.Index(
                fields=["frozen_at"],
                condition=Q(frozen_at__isnull=False),
                name="wallet_account_frozen",
            ),
        ),
    ]
