"""A merchant's no-shows by their time, for the figures."""

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [
        ('merchants', '0010_invitations'),
        ('rides', '0004_guards_obey_no_setting'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='booking',
            index=models.Index(condition=models.Q(('state', 'EXPIRED')), fields=['merchant', 'status_changed_at'], name='rides_booking_no_shows'),
        ),
    ]
