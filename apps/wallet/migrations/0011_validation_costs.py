"""The posting rules of what it costs to ask a bank about a payout account."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0010_odd_dates")]

    operations = [
        migrations.RunSQL(
            read_sql("0011_validation_costs.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
