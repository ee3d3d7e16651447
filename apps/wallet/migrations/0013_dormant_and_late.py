"""The posting rules of dormant wallets, and of what a rider gets for a withdrawal that came back late."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0012_prepaid_tickets")]

    operations = [
        migrations.RunSQL(
            read_sql("0013_dormant_and_late.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
