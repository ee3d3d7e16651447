"""Scans that failed, by merchant and time."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("gamification", "0005_whose_scan_failed")]

    operations = [
        AddIndexConcurrently(
            model_name="failedscan",
            index=models.Index(fields=["merchant_id", "at"], name="gamification_failed_scan_of"),
        ),
    ]
