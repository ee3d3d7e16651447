"""Visits that wait for a look: the console's home counts them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("handshake", "0006_check_ins")]

    operations = [
        AddIndexConcurrently(
            model_name="handshake",
            index=models.Index(
                fields=["zone_code"],
                condition=Q(review=True, review_decided_at__isnull=True),
                name="handshake_waits_for_a_look",
            ),
        ),
    ]
