"""The accounts and posting rules of tickets that riders pay for in advance."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0011_validation_costs")]

    operations = [
        migrations.RunSQL(
            read_sql("0012_prepaid_tickets.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
