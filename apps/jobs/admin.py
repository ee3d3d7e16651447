"""The job monitor: what ran, when, how it ended and how much it did; and the copies of the database."""

from datetime import datetime

from celery import current_app
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.jobs.models import Backup, JobRun
from uma.kernel.desk import ReadOnlyAdmin

_MARKS = {"RUNNING": "…", "DONE": "✓", "FAILED": "✗", "LOST": "✗"}


def _called(job: str) -> str:
    app, _, task = job.removeprefix("apps.").partition(".tasks.")
    return f"{app}: {task.replace('_', ' ')}"


def _to_the_second(at: datetime) -> str:
    return f"{at:%d %b %H:%M:%S}"


class OfJob(admin.SimpleListFilter):
    """One job's runs."""

    title = "job"
    parameter_name = "job"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 — Django's signature
        model_admin: "JobRunAdmin",  # type: ignore[override]  # noqa: ARG002 — as above
    ) -> list[tuple[str, str]]:
        return [(job, _called(job)) for job in sorted(current_app.conf.beat_schedule)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:  # noqa: ARG002
        return queryset.filter(job=self.value()) if self.value() else queryset


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin[JobRun]):
    list_display = ["name", "ended", "began", "over", "took", "runs", "did", "error"]
    list_filter = ["outcome", OfJob, "started_at"]
    ordering = ("-started_at",)

    @admin.display(description="Job", ordering="job")
    def name(self, run: JobRun) -> str:
        return _called(run.job)

    @admin.display(description="Outcome", ordering="outcome")
    def ended(self, run: JobRun) -> SafeString:
        return format_html("{} {}", _MARKS[run.outcome], run.get_outcome_display())

    @admin.display(description="Began (UTC)", ordering="started_at")
    def began(self, run: JobRun) -> str:
        return _to_the_second(run.started_at)

    @admin.display(description="Ended", ordering="ended_at")
    def over(self, run: JobRun) -> str | None:
        return _to_the_second(run.ended_at) if run.ended_at else None

    @admin.display(description="Took")
    def took(self, run: JobRun) -> str | None:
        # Of a row of runs, each a moment long, the time between the first and the last says nothing.
        if run.ended_at is None or run.runs > 1:
            return None
        return f"{(run.ended_at - run.started_at).total_seconds():.1f} s"


@admin.register(Backup)
class BackupAdmin(ReadOnlyAdmin[Backup]):
    few = True
    list_display = ["name", "began", "took", "size"]
    ordering = ("-began_at",)

    @admin.display(description="Began (UTC)", ordering="began_at")
    def began(self, backup: Backup) -> str:
        return _to_the_second(backup.began_at)

    @admin.display(description="Took")
    def took(self, backup: Backup) -> str:
        return f"{(backup.ended_at - backup.began_at).total_seconds():.0f} s"

    @admin.display(description="Size", ordering="size_bytes")
    def size(self, backup: Backup) -> str:
        return f"{backup.size_bytes / 1_000_000:,.1f} MB"
