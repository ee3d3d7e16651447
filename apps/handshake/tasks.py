"""The follow-up of a handshake: the message for speed, the sweep for truth."""

from datetime import timedelta
from logging import getLogger
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.handshake import invariants, selectors, services
from apps.notifications import tasks as notifications
from uma.kernel.errors import DomainError
from uma.kernel.queue import enqueue

logger = getLogger(__name__)

# Younger handshakes have their own message under way.
FORGOTTEN_AFTER = timedelta(seconds=10)


@shared_task
def announce(*, handshake_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the row announced and stops.
    message_id = services.announce(handshake_id=UUID(handshake_id), now=timezone.now())
    if message_id is not None:
        enqueue(notifications.push_message, message_id=str(message_id))


@shared_task
def announce_forgotten(*, limit: int = 500, **_: object) -> None:
    # A lost message costs a minute, never a push.
    before = timezone.now() - FORGOTTEN_AFTER
    for handshake_id in selectors.unannounced_ids(before=before, limit=limit):
        try:
            announce(handshake_id=str(handshake_id))
        except (DomainError, DatabaseError):
            # One that fails stops none of the others; the next sweep meets it again.
            logger.exception("handshake %s could not be announced", handshake_id)


@shared_task
def sweep_released(*, limit: int = 500, **_: object) -> None:
    # Until a batch is short, so that a burst is swept in one run.
    while services.sweep_released(now=timezone.now(), limit=limit) == limit:
        pass


@shared_task
def verify_ledger(**_: object) -> None:
    # Nightly, and on request as `manage.py verify_ledger`. It fails loudly: the task is red and every
    # row is named.
    violations = invariants.find_violations()
    for violation in violations:
        logger.critical("ledger: %s: %s: %s", violation.check, violation.row, violation.detail)
    if violations:
        raise invariants.BooksDoNotBalance(len(violations))
