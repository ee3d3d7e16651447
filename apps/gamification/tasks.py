"""The jobs of missed visits: each safe to run twice, and by two workers at once."""

from logging import getLogger
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.gamification import selectors, services
from apps.notifications import tasks as notifications
from apps.payments import services as payments
from uma.kernel.errors import DomainError
from uma.kernel.mongo import DocumentsAway
from uma.kernel.queue import enqueue

logger = getLogger(__name__)
BATCH = 500
PURGE_S = 20.0


@shared_task(acks_late=True, ignore_result=True)
def settle_no_shows(*, limit: int = BATCH, **_: object) -> int:
    # Until a batch is short, each in its own transaction, so that a rush is done in one run.
    expired = 0
    while batch := services.expire_overdue(now=timezone.now(), limit=limit):
        expired += batch
        if batch < limit:
            break
    services.apply_force_majeure(now=timezone.now(), limit=limit)
    settle_riders(ids=[str(found) for found in selectors.riders_to_settle(limit=limit)])
    return expired


@shared_task(acks_late=True, ignore_result=True)
def settle_riders(*, ids: list[str], **_: object) -> None:
    # One that fails stops none of the others; the next run meets it again.
    for rider_id in ids:
        try:
            messages = services.settle_rider(rider_id=UUID(rider_id), now=timezone.now())
        except DatabaseError:
            logger.exception("a rider could not be settled", extra={"user_id": rider_id})
        else:
            for message_id in messages:
                enqueue(notifications.push_message, message_id=str(message_id))
        # What the visit and its rewards brought may be more than the wallet can take.
        _keep_wallet(rider_id=UUID(rider_id))
    enqueue(project_riders, ids=ids)


def _keep_wallet(*, rider_id: UUID) -> None:
    # The hourly job meets what fails here again.
    try:
        payments.keep_within_limits(person_id=rider_id, now=timezone.now())
    except (DomainError, DatabaseError):
        logger.exception("a wallet could not be kept", extra={"user_id": rider_id})


@shared_task(acks_late=True, ignore_result=True)
def project_riders(*, ids: list[str], **_: object) -> None:
    services.project_riders(rider_ids=[UUID(one) for one in ids], now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def project_due(*, limit: int = BATCH, **_: object) -> int:
    # What a store that was away left behind.
    return services.project_riders(rider_ids=selectors.due_riders(limit=limit), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def plan_missions(**_: object) -> int:
    # Every few minutes: a zone whose night has begun, at two o'clock on its own clock, gets its missions.
    now = timezone.now()
    services.open_missing_pools(now=now)
    services.expire_missions(now=now)
    made = [
        services.generate_missions(zone_code=code, now=now)
        for code in services.zones_to_plan(now=now)
    ]
    try:
        # Also when nothing is new: the store may have been away when something was.
        services.project_catalogues(now=now)
    except DocumentsAway:
        logger.warning("the catalogues could not be written: the document store is away")
    return sum(made)


@shared_task(acks_late=True, ignore_result=True)
def repair_awards(**_: object) -> int:
    try:
        services.project_catalogues(now=timezone.now())
    except DocumentsAway:
        logger.warning("the catalogues could not be written: the document store is away")
    return services.repair_awards(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def remind(*, limit: int = BATCH, **_: object) -> int:
    while services.plan_reminders(limit=limit) == limit:
        pass
    told = 0
    while batch := services.send_reminders(now=timezone.now(), limit=limit):
        told += len(batch)
        for message_id in batch:
            enqueue(notifications.push_message, message_id=str(message_id))
        if len(batch) < limit:
            break
    return told


@shared_task(acks_late=True, ignore_result=True)
def purge_reminders(*, limit: int = BATCH, **_: object) -> int:
    gone, until = 0, monotonic() + PURGE_S
    while (
        batch := services.purge_reminders(now=timezone.now(), limit=limit)
    ) and monotonic() < until:
        gone += batch
    return gone


@shared_task(acks_late=True, ignore_result=True)
def uphold_overdue(*, limit: int = BATCH, **_: object) -> int:
    return services.uphold_overdue(now=timezone.now(), limit=limit)
