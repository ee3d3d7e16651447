"""The follow-up of a handshake: the message for speed, the sweep for truth."""

from datetime import timedelta
from logging import getLogger
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.gamification import tasks as gamification
from apps.handshake import books, invariants, selectors, services
from apps.notifications import tasks as notifications
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue

logger = getLogger(__name__)

# Younger handshakes have their own message under way.
FORGOTTEN_AFTER = timedelta(seconds=10)


@shared_task
def announce(*, ids: list[str], **_: object) -> None:
    # Delivery is at least once: a second run finds the row announced and stops.
    for handshake_id in ids:
        try:
            message_id = services.announce(handshake_id=UUID(handshake_id), now=timezone.now())
        except (DomainError, DatabaseError):
            # One that fails stops none of the others; the next sweep meets it again.
            logger.exception(
                "a handshake could not be announced", extra={"handshake_id": handshake_id}
            )
        else:
            if message_id is not None:
                enqueue(notifications.push_message, message_id=str(message_id))
    riders = selectors.rider_ids(handshake_ids=[UUID(found) for found in ids])
    enqueue(gamification.settle_riders, ids=[str(rider_id) for rider_id in riders])


@shared_task
def announce_forgotten(*, limit: int = 500, **_: object) -> int:
    # A lost message costs a minute, never a push.
    before = timezone.now() - FORGOTTEN_AFTER
    forgotten = [str(found) for found in selectors.unannounced_ids(before=before, limit=limit)]
    announce(ids=forgotten)
    return len(forgotten)


@shared_task
def sweep_released(*, limit: int = 500, **_: object) -> int:
    # Until a batch is short, so that a burst is swept in one run.
    swept = 0
    while batch := services.sweep_released(now=timezone.now(), limit=limit):
        swept += batch
        if batch < limit:
            break
    return swept


@shared_task
def look_at_books(**_: object) -> int:
    # Each half minute: what was changed past the guards rings within one.
    return len(books.look_at_recent(now=timezone.now()))


@shared_task
def verify_ledger(**_: object) -> None:
    # Nightly, and on request as `manage.py verify_ledger`. It fails loudly: the task is red and every
    # row is named.
    violations = books.look_at_all(now=timezone.now())
    if violations:
        raise invariants.BooksDoNotBalance(len(violations))
