"""The posting rules of settlements, chargebacks, payouts, plans, boosts, rewards and finder fees."""

from django.db import migrations

from apps.wallet.sql import read_sql


class Migration(migrations.Migration):

    dependencies = [("wallet", "0006_room_for_balances")]

    operations = [
        migrations.RunSQL(
            read_sql("0007_money_in_and_out.sql"),
            # A rule that was posted by is never taken back.
            migrations.RunSQL.noop,
        )
    ]
