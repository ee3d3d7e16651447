"""Runs that failed or were lost, by their ends: /metrics counts those of the last hour."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    # CREATE INDEX CONCURRENTLY runs in no transaction.
    atomic = False

    dependencies = [("jobs", "0002_backups")]

    operations = [
        AddIndexConcurrently(
            model_name="jobrun",
            index=models.Index(
                fields=["-ended_at"],
                condition=Q(outcome__in=["FAILED", "LOST"]),
                name="jobs_run_went_wrong",
            ),
        ),
    ]
