"""Writes about the periodic jobs' runs, by whoever holds the job's lease."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.jobs.models import Backup, JobRun

KEPT_FOR = timedelta(days=30)
Outcome = JobRun.Outcome


@transaction.atomic
def begin(*, job: str, now: datetime) -> UUID:
    """Note that a run of the job begins, and that one which never ended was lost; return its id."""
    JobRun.objects.filter(job=job, outcome=Outcome.RUNNING).update(
        outcome=Outcome.LOST, ended_at=now
    )
    return JobRun.objects.create(job=job, started_at=now).pk


@transaction.atomic
def end(*, run_id: UUID, did: int | None, error: str, now: datetime) -> None:
    """
    Note how a run ended: `did` rows were dealt with, `error` is the class of what it failed by or empty.

    A run that found nothing to do joins the row of the run before, if that found nothing on the same day.
    """
    running = JobRun.objects.filter(pk=run_id, outcome=Outcome.RUNNING)
    run = running.first()
    if run is None:
        # Taken for lost meanwhile: its lease had ended before it did.
        return
    before = _before(run)
    if before is not None and not did and not error:
        run.delete()
        JobRun.objects.filter(pk=before.pk).update(runs=before.runs + 1, ended_at=now)
        return
    # Asked again in the update: the next run may have taken it for lost between the two statements.
    running.update(
        outcome=Outcome.FAILED if error else Outcome.DONE, ended_at=now, did=did, error=error
    )


def _before(run: JobRun) -> JobRun | None:
    """Return the run before, when it found nothing to do on the same day."""
    earlier = JobRun.objects.filter(job=run.job).exclude(pk=run.pk)
    before = earlier.order_by("-started_at", "-pk").first()
    if before is None or before.outcome != Outcome.DONE or before.did:
        return None
    return before if before.started_at.date() == run.started_at.date() else None


def forget(*, now: datetime, limit: int) -> int:
    """Delete up to `limit` runs older than thirty days; return how many."""
    old = JobRun.objects.filter(started_at__lt=now - KEPT_FOR).order_by("started_at")
    deleted, _ = JobRun.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return deleted


@transaction.atomic
def note_backup(*, name: str, began_at: datetime, size_bytes: int, now: datetime) -> None:
    """
    Note a copy of the database that lies where it was meant to.

    Raises:
        django.db.IntegrityError: an empty file, one that began later than now, or one noted before.
    """
    Backup.objects.create(name=name, began_at=began_at, ended_at=now, size_bytes=size_bytes)
