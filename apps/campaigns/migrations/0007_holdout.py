"""The share of riders whom a campaign is not shown to, and what keys the draw."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0006_promoted'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='holdout_bps',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='campaign',
            name='salt',
            field=models.UUIDField(editable=False, null=True),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('holdout_bps', 0), models.Q(('holdout_bps__gte', 500), ('holdout_bps__lte', 5000), ('salt__isnull', False)), _connector='OR'), name='campaigns_campaign_holdout_in_range'),
        ),
    ]
