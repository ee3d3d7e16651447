"""Queue → one service call: the message for speed, the sweep for truth (decisions/0003)."""

from time import monotonic
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.notifications import services
from apps.notifications.push import BATCH

# A sweep stops taking new batches here, well inside the task's time limit and the rows' lease.
SWEEP_S = 20


@shared_task(acks_late=True, ignore_result=True)
def push_message(*, message_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the row sent or held, and stops.
    services.push(message_id=UUID(message_id), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def push_forgotten(**_: object) -> None:
    # Every minute. A lost message costs a minute, never a push.
    until = monotonic() + SWEEP_S
    while services.push_due(now=timezone.now()) == BATCH and monotonic() < until:
        pass


@shared_task(acks_late=True, ignore_result=True)
def revoke_idle_devices(*, limit: int = 1_000, **_: object) -> None:
    # Nightly. FCM forgets an installation after 270 idle days; asking it again is wasted work.
    services.revoke_idle_devices(limit=limit, now=timezone.now())
