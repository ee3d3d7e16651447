"""Reads of the periodic jobs' runs."""

from datetime import datetime

from django.db.models import Min

from apps.jobs.models import JobRun


def running_since() -> datetime | None:
    """Return since when the platform's jobs have run, by what is kept of them; None before the first."""
    at: datetime | None = JobRun.objects.aggregate(at=Min("started_at"))["at"]
    return at
