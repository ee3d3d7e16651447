"""One person per phone; the index is built beside the traffic."""

from django.db import migrations, models
from django_migration_linter.operations import IgnoreMigration


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [
        ('accounts', '0007_sealed_columns'),
    ]

    operations = [
        # The linter does not read "USING INDEX": nothing is scanned while the table is locked.
        IgnoreMigration(),
        migrations.RunSQL(
            sql=[
                "SET statement_timeout = 0",
                "CREATE UNIQUE INDEX CONCURRENTLY accounts_user_phone_once ON accounts_user (phone_index)",
                "RESET statement_timeout",
                # Takes the finished index over, so it holds its lock for an instant.
                "ALTER TABLE accounts_user ADD CONSTRAINT accounts_user_phone_once"
                " UNIQUE USING INDEX accounts_user_phone_once",
            ],
            reverse_sql="ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_phone_once",
            state_operations=[
                migrations.AddConstraint(
                    model_name='user',
                    constraint=models.UniqueConstraint(fields=('phone_index',), name='accounts_user_phone_once'),
                ),
            ],
        ),
    ]
