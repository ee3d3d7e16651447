"""The runs' own job."""

from celery import shared_task
from django.utils import timezone

from apps.jobs import services

BATCH = 1_000


@shared_task(acks_late=True, ignore_result=True)
def forget_runs(*, limit: int = BATCH, **_: object) -> int:
    # Nightly, in batches until one is short.
    forgotten = 0
    while (batch := services.forget(now=timezone.now(), limit=limit)) == limit:
        forgotten += batch
    return forgotten + batch
