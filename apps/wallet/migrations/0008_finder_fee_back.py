"""The posting rules by which a finder fee is taken back."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0007_money_in_and_out")]

    operations = [
        migrations.RunSQL(
            read_sql("0008_finder_fee_back.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
