"""An index of the postings that are dated far from when they were written."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    # An index that is made beside the traffic is made outside a transaction.
    atomic = False

    dependencies = [("wallet", "0009_over_limit")]

    operations = [
        migrations.RunSQL(
            read_sql("0010_odd_dates.sql"), "DROP INDEX CONCURRENTLY IF EXISTS wallet_journal_odd_dates"
        )
    ]
