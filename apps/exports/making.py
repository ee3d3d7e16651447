"""A worker's way from a request to a file."""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from apps.exports import files, selectors, services, writing
from apps.exports.models import Export

logger = logging.getLogger(__name__)


class Stopped(Exception):
    """The export was cancelled, or another worker has it now."""


def make(*, export_id: UUID, clock: Callable[[], datetime]) -> bool:
    """
    Write the file of an export that waits; answer whether this call did.

    A failure gives the export back for another attempt, three in all; the half-written file goes.
    """
    export = services.claim(export_id=export_id, now=clock())
    if export is None:
        return False
    # What a worker that died had begun: whoever still writes there is stopped by the next block.
    files.part_of(_stored(export, export.attempts - 1)).unlink(missing_ok=True)
    try:
        return _write(export, clock=clock)
    except Stopped:
        return False
    except (DatabaseError, OSError, writing.CountDiffers) as failure:
        logger.exception("an export failed", extra={"export_id": export.pk})
        services.fail(
            export_id=export.pk,
            attempt=export.attempts,
            error=type(failure).__name__,
            now=clock(),
        )
        return False
    finally:
        files.part_of(_stored(export, export.attempts)).unlink(missing_ok=True)


def _write(export: Export, *, clock: Callable[[], datetime]) -> bool:
    dataset = selectors.dataset(export.dataset)
    chosen = writing.Slice(
        zone_code=export.zone_code, since=export.since, until=export.until, filters=export.filters
    )
    total = 0

    def began(rows: int) -> None:
        nonlocal total
        total = rows
        went(0)

    def went(rows: int) -> None:
        goes_on = services.progress(
            export_id=export.pk,
            attempt=export.attempts,
            rows_done=rows,
            rows_total=total,
            now=clock(),
        )
        if not goes_on:
            raise Stopped

    stored = _stored(export, export.attempts)
    part = files.part_of(stored)
    with part.open("wb") as into:
        written = writing.write(dataset, chosen, into, began=began, went=went)
    part.replace(files.path_of(stored))
    done = services.finish(
        export_id=export.pk,
        attempt=export.attempts,
        file=stored,
        size_bytes=written.file_bytes,
        manifest=writing.manifest(dataset, chosen, written, name=_name(export)),
        now=clock(),
    )
    if not done:
        files.remove(stored)
    return done


def _stored(export: Export, attempt: int) -> str:
    """Return what the file is called where it lies: two attempts never write one file."""
    return f"{export.pk}.{attempt}"


def _name(export: Export) -> str:
    zone = export.zone_code or "all"
    # With its id in it, whoever finds the file later finds who asked for it.
    return f"{export.dataset}-{zone}-{export.requested_at:%Y%m%d}-{export.pk}.csv.gz"
