"""No campaign held anybody out before, so the rule holds for all of them."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_holdout'),
    ]

    operations = [
        ValidateConstraint('campaign', 'campaigns_campaign_holdout_in_range'),
    ]
