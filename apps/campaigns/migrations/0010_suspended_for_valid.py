"""No suspension had a kind before, so the rule holds for all campaigns."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0009_suspended_for'),
    ]

    operations = [
        ValidateConstraint('campaign', 'campaigns_campaign_suspended_for_known'),
    ]
