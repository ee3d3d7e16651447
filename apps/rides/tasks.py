"""Queue → one service call."""

from collections.abc import Sequence
from time import monotonic

from celery import shared_task
from django.utils import timezone

from apps.rides import services
from apps.rides.services import Refusal

BATCH = 1_000
PURGE_S = 20.0


# Acknowledged first: a count that a dying worker had written already would be written twice.
@shared_task(acks_late=False, reject_on_worker_lost=False, ignore_result=True)
def count_refused(*, counted: Sequence[tuple[str, str, str, str, int]], **_: object) -> int:
    return services.count_refused(refusals=[Refusal.told(*row) for row in counted])


@shared_task(acks_late=True, ignore_result=True)
def forget_refused(*, limit: int = BATCH, **_: object) -> int:
    gone, until = 0, monotonic() + PURGE_S
    while (
        batch := services.forget_refused(now=timezone.now(), limit=limit)
    ) and monotonic() < until:
        gone += batch
    return gone
