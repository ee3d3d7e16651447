"""The changed constraint of fund accounts, checked beside the traffic."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0009_account_validations'),
    ]

    operations = [
        ValidateConstraint(model_name='fundaccount', name='payments_fund_account_verified_by'),
    ]
