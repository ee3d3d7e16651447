"""What a campaign is suspended for: fraud alone keeps bookings from being honoured."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0008_holdout_valid'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='suspended_for',
            field=models.CharField(blank=True, choices=[('fraud', 'fraud'), ('other', 'other')], db_default='', default='', max_length=5),
        ),
        AddConstraintNotValid(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('suspended_for', ''), models.Q(('state', 'SUSPENDED'), ('suspended_for__in', ['fraud', 'other'])), _connector='OR'), name='campaigns_campaign_suspended_for_known'),
        ),
    ]
