"""The expiry of bookings, every minute."""

from celery import shared_task
from django.utils import timezone

from apps.rides import services

BATCH = 500


@shared_task(acks_late=True, ignore_result=True)
def expire_overdue(*, limit: int = BATCH, **_: object) -> None:
    # Until a batch is short, each in its own transaction, so that a rush is done in one run.
    while len(services.expire_overdue(now=timezone.now(), limit=limit)) == limit:
        pass
