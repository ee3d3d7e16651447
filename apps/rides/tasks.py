"""Queue → one service call."""

from collections.abc import Sequence
from time import monotonic

from celery import shared_task
from django.utils import timezone

from apps.rides import services
from apps.rides.services import Refusal

BATCH = 1_000
# Each gives money back: a batch locks as many accounts as it has merchants.
VOIDED = 100
PURGE_S = 20.0


# Acknowledged first: a count that a dying worker had written already would be written twice.
@shared_task(acks_late=False, reject_on_worker_lost=False, ignore_result=True)
def count_refused(*, counted: Sequence[tuple[str, str, str, str, int]], **_: object) -> int:
    return services.count_refused(refusals=[Refusal.told(*row) for row in counted])


@shared_task(acks_late=True, ignore_result=True)
def void_defrauded(*, limit: int = VOIDED, **_: object) -> int:
    # Until a batch is short, so that a campaign of many bookings is over in one run.
    voided = 0
    while batch := services.void_defrauded(now=timezone.now(), limit=limit):
        voided += batch
        if batch < limit:
            break
    return voided


@shared_task(acks_late=True, ignore_result=True)
def forget_refused(*, limit: int = BATCH, **_: object) -> int:
    gone, until = 0, monotonic() + PURGE_S
    while (
        batch := services.forget_refused(now=timezone.now(), limit=limit)
    ) and monotonic() < until:
        gone += batch
    return gone
