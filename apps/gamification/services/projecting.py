"""From PostgreSQL into documents: riders one by one, catalogues as a whole, everything in a rebuild."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.gamification import documents
from apps.gamification.models import Projection
from apps.gamification.selectors import projections
from uma.kernel.mongo import DocumentsAway


def project_later(*, rider_id: UUID, now: datetime) -> None:
    """Note in the caller's transaction that the rider's documents are older than what is known."""
    Projection.objects.update_or_create(rider_id=rider_id, defaults={"due_at": now})


def project_riders(*, rider_ids: Iterable[UUID], now: datetime) -> int:
    """
    Write the documents of riders anew; return how many. Must not be inside a transaction.

    A store that is away leaves them due, for the next run.
    """
    written = 0
    due = dict(
        Projection.objects.filter(rider_id__in=list(rider_ids)).values_list("rider_id", "due_at")
    )
    for rider_id, due_at in due.items():
        facts = projections.rider(rider_id=rider_id, now=now)
        try:
            documents.replace_rider(documents.AWARDS, facts.awards)
            documents.replace_rider(documents.RUNS, facts.runs)
            documents.replace_rider(documents.STREAKS, facts.streak)
        except DocumentsAway:
            break
        # Unless it became due again while it was written.
        Projection.objects.filter(rider_id=rider_id, due_at=due_at).delete()
        written += 1
    return written


def project_catalogues(*, now: datetime) -> None:
    """
    Write the badges and every zone's missions anew.

    Raises:
        DocumentsAway
    """
    documents.replace_all(documents.BADGES, projections.badges())
    documents.replace_all(documents.MISSIONS, projections.missions(now=now))


def rebuild(*, now: datetime) -> int:
    """
    Throw all documents away and make them anew from PostgreSQL; return of how many riders.

    Raises:
        DocumentsAway
    """
    documents.drop()
    documents.prepare()
    project_catalogues(now=now)
    done = 0
    for batch in projections.batches_of_riders():
        facts = projections.riders(rider_ids=batch, now=now)
        documents.add_riders(documents.AWARDS, [one.awards for one in facts])
        documents.add_riders(documents.RUNS, [one.runs for one in facts])
        documents.add_riders(documents.STREAKS, [one.streak for one in facts])
        done += len(batch)
    return done
