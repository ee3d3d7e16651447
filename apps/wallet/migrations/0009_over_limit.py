"""The account of a rider's money over the wallet's limits, and its two posting rules."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0008_finder_fee_back")]

    operations = [
        migrations.RunSQL(
            read_sql("0009_over_limit.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
