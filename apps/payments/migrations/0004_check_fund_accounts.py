"""The new constraints of fund accounts, checked and built beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

CREATE = """
CREATE UNIQUE INDEX CONCURRENTLY payments_fund_account_once_for_a_merchant
    ON payments_fundaccount (merchant_id, account_index) WHERE removed_at IS NULL
"""
DROP = "DROP INDEX CONCURRENTLY payments_fund_account_once_for_a_merchant"


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [
        ('payments', '0003_payees_of_fund_accounts'),
    ]

    operations = [
        ValidateConstraint(model_name='fundaccount', name='payments_fund_account_has_one_payee'),
        ValidateConstraint(model_name='fundaccount', name='payments_fund_account_verified_by'),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, DROP)],
            state_operations=[
                migrations.AddConstraint(
                    model_name='fundaccount',
                    constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('merchant', 'account_index'), name='payments_fund_account_once_for_a_merchant'),
                ),
            ],
        ),
    ]
