"""Whether the clock's jobs run: the worker and beat are no servers that could be asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from celery import current_app
from django.db.models import Count, Max

from apps.jobs.models import Backup, JobRun
from apps.jobs.selectors import running_since
from uma.kernel import readings
from uma.kernel.readings import age_s, reading


@reading("uma_job_overdue_seconds", "How long ago a periodic job should have run again.", "task")
def overdue_s(now: datetime) -> Mapping[tuple[str, ...], float]:
    """
    Return by how much each job's next run is late, counted from when it last ran or began to.

    One that never ran is due as if it had run when this server began: where worker or beat never started,
    every job is late.
    """
    ran = {}
    planned = {job: entry["schedule"] for job, entry in current_app.conf.beat_schedule.items()}
    for job in planned:
        # Runs that found nothing share a row, which begins with the first of them.
        newest = JobRun.objects.filter(job=job).order_by("-started_at").first()
        ran[job] = (newest.ended_at or newest.started_at) if newest else readings.STARTED_AT
    return {(job,): _late_s(planned[job], at, now) for job, at in ran.items()}


def _late_s(schedule: object, ran_at: datetime, now: datetime) -> float:
    if isinstance(schedule, int | float):
        due = ran_at + timedelta(seconds=schedule)
    else:
        # Any of Celery's schedules; its own estimate counts from its own clock.
        due = ran_at + schedule.remaining_delta(ran_at)[1]  # type: ignore[attr-defined]
    return max((now - due).total_seconds(), 0.0)


@reading(
    "uma_jobs_failed_recent", "Runs of the last hour that failed or were lost, by job.", "task"
)
def failed(now: datetime) -> Mapping[tuple[str, ...], float]:
    # By their ends: a run whose worker died is found by the next, be that a day later.
    runs = JobRun.objects.filter(
        ended_at__gt=now - timedelta(hours=1), outcome__in=["FAILED", "LOST"]
    )
    rows = runs.values_list("job").annotate(Count("pk")).order_by()
    return {(job,): float(count) for job, count in rows}


@reading("uma_backup_age_seconds", "How old the newest whole copy of the database is.")
def backup_s(now: datetime) -> float:
    """Return the newest copy's age; without any, for how long the platform has run by what is kept of its jobs."""
    newest: datetime | None = Backup.objects.aggregate(at=Max("began_at"))["at"]
    return age_s(newest or running_since(), now)
