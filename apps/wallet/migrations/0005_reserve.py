"""The account of the platform's own money in custody, and how it is funded."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0004_definers")]

    operations = [
        migrations.RunSQL(
            read_sql("0005_reserve.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
