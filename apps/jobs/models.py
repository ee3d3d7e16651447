"""What the clock did: the runs of the periodic jobs, and the copies of the database."""

from django.db import models
from django.db.models import F, Q

from uma.kernel.ids import new_id


class JobRun(models.Model):
    """
    One run of a periodic job, or a row of runs of one day that found nothing to do.

    Written by whoever holds the job's lease, so a job has one RUNNING row at most; one that is found by
    the next run was left by a worker that died.
    """

    class Outcome(models.TextChoices):
        RUNNING = "RUNNING", "is running"
        DONE = "DONE", "done"
        FAILED = "FAILED", "failed"
        LOST = "LOST", "its worker died"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job = models.CharField(max_length=100)
    outcome = models.CharField(max_length=7, choices=Outcome, default=Outcome.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    runs = models.PositiveIntegerField(default=1)
    # How many rows it dealt with; null for a job that counts nothing.
    did = models.BigIntegerField(null=True)
    # The class of what it failed by; its words may hold people's data and stay in the log.
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=Q(outcome="RUNNING"), name="jobs_run_running_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome="RUNNING", ended_at__isnull=True)
                | Q(outcome__in=["DONE", "FAILED", "LOST"], ended_at__isnull=False),
                name="jobs_run_ended_when_over",
            ),
            models.CheckConstraint(
                condition=Q(runs__gte=1) & (Q(did__isnull=True) | Q(did__gte=0)),
                name="jobs_run_counts_in_range",
            ),
        ]
        indexes = [
            models.Index(fields=["job", "-started_at"], name="jobs_run_of_job"),
            models.Index(fields=["-started_at"], name="jobs_run_newest"),
            models.Index(
                fields=["-ended_at"],
                condition=Q(outcome__in=["FAILED", "LOST"]),
                name="jobs_run_went_wrong",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M}"


class Backup(models.Model):
    """One whole copy of the database, as `deploy/backup` made it; the file lies on another machine."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100, unique=True)
    # What was committed before this is in it.
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    size_bytes = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("began_at"), size_bytes__gt=0),
                name="jobs_backup_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["-began_at"], name="jobs_backup_newest")]

    def __str__(self) -> str:
        return self.name
