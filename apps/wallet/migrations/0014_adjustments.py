"""The posting rules of what operators give to wallets and take from them."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0013_dormant_and_late")]

    operations = [
        migrations.RunSQL(
            read_sql("0014_adjustments.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
