"""Files that analysts asked for, and those that are made again and again."""

from django.db import models
from django.db.models import F, Q

from uma.kernel.ids import new_id


class Schedule(models.Model):
    """A dataset that is exported each day, week or month, about the one that has just ended."""

    class Cadence(models.TextChoices):
        DAILY = "DAILY", "each day"
        WEEKLY = "WEEKLY", "each week, from Monday"
        MONTHLY = "MONTHLY", "each month"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.CharField(max_length=32)
    # Empty: all zones.
    zone_code = models.CharField(max_length=8, blank=True)
    # Whose days: a zone's own, or India's for all zones.
    timezone = models.CharField(max_length=40)
    cadence = models.CharField(max_length=7, choices=Cadence)
    requested_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("stop_schedule", "Can stop a scheduled export")]
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence__in=["DAILY", "WEEKLY", "MONTHLY"]),
                name="exports_schedule_cadence_known",
            ),
            models.UniqueConstraint(
                fields=["dataset", "zone_code", "cadence"],
                condition=Q(stopped_at__isnull=True),
                name="exports_schedule_running_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.zone_code or 'everywhere'}, {self.get_cadence_display()}"


class Export(models.Model):
    """
    One dataset as a file: asked for, written by a worker, there for a week, gone.

    A worker holds it by `claimed_until`, which it moves on as it writes; whoever finds an older one may
    take it over, and `attempts` tells their files apart.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "waits for a worker"
        RUNNING = "RUNNING", "is being written"
        DONE = "DONE", "is there"
        FAILED = "FAILED", "failed"
        CANCELLED = "CANCELLED", "was cancelled"
        EXPIRED = "EXPIRED", "is gone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.CharField(max_length=32)
    schema_version = models.PositiveSmallIntegerField()
    # Empty: all zones.
    zone_code = models.CharField(max_length=8, blank=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    # Filters of the desk's list: lookup → value, each known to the dataset.
    filters = models.JSONField(default=dict)
    schedule = models.ForeignKey(Schedule, models.PROTECT, null=True, related_name="exports")
    requested_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    rows_total = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=200, blank=True)
    # Of the file as it is fetched, compressed.
    size_bytes = models.BigIntegerField(null=True)
    manifest = models.JSONField(null=True)
    # Why it failed: a class of error, never its words, which may hold people's data.
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        permissions = [("request_export", "Can take datasets away as files")]
        constraints = [
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(since__lt=F("until")),
                name="exports_export_period_runs_forward",
            ),
            models.CheckConstraint(
                condition=Q(state="RUNNING", claimed_until__isnull=False)
                | (~Q(state="RUNNING") & Q(claimed_until__isnull=True)),
                name="exports_export_running_is_claimed",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="DONE",
                    manifest__isnull=False,
                    size_bytes__isnull=False,
                    expires_at__isnull=False,
                    rows_done=F("rows_total"),
                )
                & ~Q(file="")
                | (
                    Q(state__in=["WAITING", "RUNNING", "FAILED", "CANCELLED", "EXPIRED"])
                    & Q(file="")
                ),
                name="exports_export_done_has_a_file",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "RUNNING"], finished_at__isnull=True)
                | (~Q(state__in=["WAITING", "RUNNING"]) & Q(finished_at__isnull=False)),
                name="exports_export_finished_when_over",
            ),
            models.UniqueConstraint(
                fields=["schedule", "since"], name="exports_export_of_a_period_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                condition=Q(state__in=["WAITING", "RUNNING"]),
                name="exports_export_open",
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="DONE"), name="exports_export_there"
            ),
            models.Index(fields=["-requested_at"], name="exports_export_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.requested_at:%Y-%m-%d %H:%M}"
