"""The follow-up of a handshake: the message for speed, the sweep for truth."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.handshake import selectors, services
from apps.notifications import tasks as notifications
from uma.kernel.queue import enqueue

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
        announce(handshake_id=str(handshake_id))


@shared_task
def sweep_released(*, limit: int = 500, **_: object) -> None:
    # Until a batch is short, so that a burst is swept in one run.
    while services.sweep_released(now=timezone.now(), limit=limit) == limit:
        pass
