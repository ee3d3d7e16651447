"""The posting rule by which a rider's debt is paid."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0002_guards_and_rules")]

    operations = [
        migrations.RunSQL(
            read_sql("0003_debt_recovery.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
