"""Reversals and lost disputes by their time, for the figures."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [
        ('handshake', '0004_guards_obey_no_setting'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='dispute',
            index=models.Index(condition=models.Q(('state', 'FOR_MERCHANT')), fields=['decided_at'], name='handshake_dispute_lost'),
        ),
        AddIndexConcurrently(
            model_name='reversal',
            index=models.Index(fields=['created_at'], name='handshake_reversal_newest'),
        ),
    ]
