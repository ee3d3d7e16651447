"""Queue → one service call: the message for speed, the sweep for truth (decisions/0003)."""

from functools import partial
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from apps.notifications import services, webhooks
from apps.notifications.push import BATCH
from uma.kernel.http import outward

# A sweep stops taking new batches here, well inside the task's time limit and the rows' lease.
SWEEP_S = 20


@shared_task(acks_late=True, ignore_result=True)
def push_message(*, message_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the row sent or held, and stops.
    services.push(message_id=UUID(message_id), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def push_forgotten(**_: object) -> int:
    # Every minute. A lost message costs a minute, never a push.
    until = monotonic() + SWEEP_S
    pushed = 0
    while batch := services.push_due(now=timezone.now()):
        pushed += batch
        if batch < BATCH or monotonic() >= until:
            break
    return pushed


@shared_task(acks_late=True, ignore_result=True)
def revoke_idle_devices(*, limit: int = 1_000, **_: object) -> int:
    # Nightly. FCM forgets an installation after 270 idle days; asking it again is wasted work.
    return services.revoke_idle_devices(limit=limit, now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def deliver_webhooks(**_: object) -> int:
    # Every few seconds. Addresses of a developer's own machine are reached where the platform runs for one.
    send = partial(outward.post, private=settings.DEBUG)
    until = monotonic() + SWEEP_S
    sent = 0
    while batch := webhooks.deliver(send=send, now=timezone.now()):
        sent += batch
        if monotonic() >= until:
            break
    return sent
