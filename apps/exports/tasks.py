"""The making of files, by message and by sweep (decisions/0003), and the clock of schedules."""

import logging
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.exports import making, selectors, services
from uma.kernel.queue import enqueue

logger = logging.getLogger(__name__)

BATCH = 100
# Half an hour of writing is some hundred million rows; the lease is renewed with each block.
LIMIT_S = 1_800


@shared_task(acks_late=True, ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 10)
def make_export(*, export_id: str, **_: object) -> None:
    # Delivery is at least once: a second run meets the first one's lease, or the file.
    making.make(export_id=UUID(export_id), clock=timezone.now)


@shared_task(acks_late=True, ignore_result=True)
def keep_exports(**_: object) -> int:
    # Every minute: what a lost message or a dead worker left goes to a worker again; old files go.
    left = selectors.waiting(now=timezone.now(), limit=BATCH)
    for export_id in left:
        enqueue(make_export, export_id=str(export_id))
    return len(left) + services.expire(now=timezone.now(), limit=BATCH)


@shared_task(acks_late=True, ignore_result=True)
def follow_schedules(**_: object) -> int:
    # Hourly: zones end their days at different hours.
    asked = [
        export
        for schedule in selectors.running_schedules()
        if (export := services.follow(schedule=schedule, now=timezone.now()))
    ]
    for export in asked:
        enqueue(make_export, export_id=str(export.pk))
    return len(asked)
