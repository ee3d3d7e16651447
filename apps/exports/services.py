"""Writes about exports: asked for, claimed by a worker, finished, gone."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.accounts.services import record
from apps.exports import files, selectors
from apps.exports.errors import (
    AlreadyScheduled,
    ExportIsOver,
    ExportNotAllowed,
    ExportNotFound,
    FilterNotKnown,
    PeriodRunsBackward,
    ScheduleNotFound,
    TooManyExports,
)
from apps.exports.models import Export, Schedule
from uma.kernel import zones

LIFE = timedelta(days=7)
# Longer than writing one block takes by far: a worker that says nothing for so long is dead.
LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 3
MOST_OPEN = 5
State = Export.State
OPEN = (State.WAITING, State.RUNNING)


@transaction.atomic
def request_export(
    *,
    dataset: str,
    zone_code: str,
    since: datetime | None,
    until: datetime | None,
    filters: Mapping[str, str],
    person: User,
    now: datetime,
    schedule: Schedule | None = None,
) -> Export:
    """
    Ask for a dataset as a file: of a zone or of all (empty), since ≤ time < until, by filters of the desk's list.

    Raises:
        UnknownDataset, ExportNotAllowed, FilterNotKnown, PeriodRunsBackward, TooManyExports
    """
    found = selectors.dataset(dataset)
    if not selectors.may_take(person, found, zone_code):
        raise ExportNotAllowed
    if unknown := sorted(set(filters) - set(found.filters)):
        raise FilterNotKnown(unknown)
    if since is not None and until is not None and since >= until:
        raise PeriodRunsBackward
    if schedule is None:
        # Two requests of one person at once count each other.
        _queue_up(person.pk)
        mine = Export.objects.filter(requested_by=person, state__in=OPEN, schedule__isnull=True)
        if mine.count() >= MOST_OPEN:
            raise TooManyExports
    export = Export.objects.create(
        dataset=found.name,
        schema_version=found.version,
        zone_code=zone_code,
        since=since,
        until=until,
        filters=dict(filters),
        schedule=schedule,
        requested_by=person,
        requested_at=now,
    )
    _note("export.requested", export, person.pk, now)
    return export


@transaction.atomic
def cancel_export(*, export_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Cancel an export that waits or is written; its worker notices at the next block.

    Raises:
        ExportNotFound, ExportIsOver
    """
    export = _locked(export_id)
    if export.state not in OPEN:
        raise ExportIsOver
    export.state, export.finished_at, export.claimed_until = State.CANCELLED, now, None
    export.save(update_fields=["state", "finished_at", "claimed_until"])
    _note("export.cancelled", export, actor_id, now, reason=reason)


@transaction.atomic
def claim(*, export_id: UUID, now: datetime) -> Export | None:
    """
    Take an export in hand; None when another worker has it, it is over, or it failed too often.

    A second delivery of the message, and the sweep, meet the first one's lease.
    """
    export = (
        Export.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(pk=export_id, state__in=OPEN)
        .first()
    )
    if export is None or (export.claimed_until is not None and export.claimed_until >= now):
        return None
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export, error="WorkerLost", now=now)
        return None
    export.state, export.claimed_until = State.RUNNING, now + LEASE
    export.attempts += 1
    export.rows_done, export.rows_total = 0, None
    export.save(update_fields=["state", "claimed_until", "attempts", "rows_done", "rows_total"])
    return export


def progress(
    *, export_id: UUID, attempt: int, rows_done: int, rows_total: int, now: datetime
) -> bool:
    """Say how far the writing is and keep the lease; answer whether it is still to go on."""
    mine = Export.objects.filter(pk=export_id, attempts=attempt, state=State.RUNNING)
    return bool(mine.update(rows_done=rows_done, rows_total=rows_total, claimed_until=now + LEASE))


@transaction.atomic
def finish(
    *,
    export_id: UUID,
    attempt: int,
    file: str,
    size_bytes: int,
    manifest: Mapping[str, Any],  # Any: a JSON document
    now: datetime,
) -> bool:
    """Say that the file is there; False when the export was cancelled or taken over meanwhile."""
    export = _locked(export_id)
    if export.state != State.RUNNING or export.attempts != attempt:
        return False
    export.state, export.claimed_until = State.DONE, None
    export.rows_done = export.rows_total = manifest["rows"]
    export.file, export.size_bytes, export.manifest = file, size_bytes, dict(manifest)
    export.finished_at, export.expires_at = now, now + LIFE
    export.save()
    return True


@transaction.atomic
def fail(*, export_id: UUID, attempt: int, error: str, now: datetime) -> None:
    """Give an export back after an error, or up after the third."""
    export = _locked(export_id)
    if export.state != State.RUNNING or export.attempts != attempt:
        return
    if attempt >= MOST_ATTEMPTS:
        _fail(export, error=error, now=now)
        return
    export.state, export.claimed_until, export.error = State.WAITING, None, error
    export.save(update_fields=["state", "claimed_until", "error"])


def note_fetch(*, export: Export, now: datetime) -> None:
    """Leave in the trail that the file, or a part of it, was fetched."""
    _note("export.fetched", export, export.requested_by_id, now)


def expire(*, now: datetime, limit: int) -> int:
    """Remove files whose week is over; return how many."""
    over = Export.objects.filter(state=State.DONE, expires_at__lte=now).order_by("expires_at")
    gone = 0
    for export in over[:limit]:
        # First the row: a file without one is found by nobody, a row without a file disappoints.
        expired = Export.objects.filter(pk=export.pk, state=State.DONE)
        gone += expired.update(state=State.EXPIRED, file="", finished_at=export.finished_at)
        files.remove(export.file)
    return gone


@transaction.atomic
def start_schedule(
    *, dataset: str, zone_code: str, timezone: str, cadence: str, person: User, now: datetime
) -> Schedule:
    """
    Export a dataset about each day, week or month that ends from now on.

    Raises:
        UnknownDataset, ExportNotAllowed, AlreadyScheduled
    """
    found = selectors.dataset(dataset)
    if not selectors.may_take(person, found, zone_code):
        raise ExportNotAllowed
    try:
        with transaction.atomic():
            schedule = Schedule.objects.create(
                dataset=dataset,
                zone_code=zone_code,
                timezone=timezone,
                cadence=cadence,
                requested_by=person,
                created_at=now,
            )
    except IntegrityError as refused:
        raise AlreadyScheduled from refused
    record(
        action="export-schedule.started", object_type="schedule", object_id=str(schedule.pk),
        actor_id=person.pk, at=now, after={"what": str(schedule)},
    )  # fmt: skip
    return schedule


@transaction.atomic
def stop_schedule(*, schedule_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """
    Stop a schedule; what it has made stays for its week.

    Raises:
        ScheduleNotFound
    """
    running = Schedule.objects.filter(pk=schedule_id, stopped_at__isnull=True)
    if not running.update(stopped_at=now):
        raise ScheduleNotFound
    record(
        action="export-schedule.stopped", object_type="schedule", object_id=str(schedule_id),
        actor_id=actor_id, at=now, reason=reason, after={"stopped_at": now.isoformat()},
    )  # fmt: skip


def follow(*, schedule: Schedule, now: datetime) -> Export | None:
    """
    Ask for the period that ended last, once; None when that was done, or when its owner may no longer.

    The first period is the one that ends after the schedule was begun.
    """
    since, until = last_period(schedule.cadence, now, schedule.timezone)
    if until <= schedule.created_at:
        return None
    if Export.objects.filter(schedule=schedule, since=since).exists():
        return None
    try:
        return request_export(
            dataset=schedule.dataset,
            zone_code=schedule.zone_code,
            since=since,
            until=until,
            filters={},
            person=schedule.requested_by,
            now=now,
            schedule=schedule,
        )
    except IntegrityError:
        # Another worker was first.
        return None
    except ExportNotAllowed as refusal:
        stop_schedule(
            schedule_id=schedule.pk,
            actor_id=schedule.requested_by_id,
            reason=refusal.detail,
            now=now,
        )
        return None


def last_period(cadence: str, now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """Return the last whole day, week (from Monday) or month of a clock that is over at `now`."""
    today = zones.day_of(now, timezone)
    if cadence == Schedule.Cadence.MONTHLY:
        until = today.replace(day=1)
        since = (until - timedelta(days=1)).replace(day=1)
    elif cadence == Schedule.Cadence.WEEKLY:
        until = today - timedelta(days=today.weekday())
        since = until - timedelta(days=7)
    else:
        until, since = today, today - timedelta(days=1)
    return zones.midnight(since, timezone), zones.midnight(until, timezone)


def _queue_up(person_id: UUID) -> None:
    """Wait until no other transaction of the person's asks for exports; the lock ends with this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('exports:' || %s, 0))", [str(person_id)]
        )


def _locked(export_id: UUID) -> Export:
    export = (
        Export.objects.select_for_update(no_key=True, of=("self",)).filter(pk=export_id).first()
    )
    if export is None:
        raise ExportNotFound
    return export


def _fail(export: Export, *, error: str, now: datetime) -> None:
    export.state, export.claimed_until = State.FAILED, None
    export.error, export.finished_at = error, now
    export.save(update_fields=["state", "claimed_until", "error", "finished_at"])


def _note(action: str, export: Export, actor_id: UUID, now: datetime, *, reason: str = "") -> None:
    what = {
        "dataset": export.dataset,
        "zone": export.zone_code or "all",
        "since": export.since and export.since.isoformat(),
        "until": export.until and export.until.isoformat(),
        "filters": export.filters,
    }
    record(
        action=action, object_type="export", object_id=str(export.pk),
        actor_id=actor_id, at=now, reason=reason, after=what,
    )  # fmt: skip
