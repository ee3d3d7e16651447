"""Periodic work of this app, and the copies people ask for: message and sweep (decisions/0003)."""

import logging
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.accounts import selectors, services
from uma.kernel.crypto import rotation
from uma.kernel.crypto.keyring import keyring

logger = logging.getLogger(__name__)

BATCH = 1_000
EXPORTS = DELETIONS = 100
# Well inside the task's time limit; what is left waits for the next night.
PURGE_S = 600
# Of many broken rows the log names so many; the command names others.
NAMED = 20


@shared_task(acks_late=True, ignore_result=True)
def purge_sign_ins(**_: object) -> None:
    # Nightly. Batches, each its own transaction, until one is short.
    until = monotonic() + PURGE_S
    for purge in (
        services.purge_sessions,
        services.purge_used_tokens,
        services.purge_exchanged_tokens,
    ):
        while purge(limit=BATCH, now=timezone.now()) == BATCH and monotonic() < until:
            pass


@shared_task(acks_late=True, ignore_result=True)
def make_export(*, export_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the copy made or held, and stops.
    services.make_export(export_id=UUID(export_id), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def keep_exports(**_: object) -> None:
    # Every minute: make what a lost message left, and forget what has run out.
    for export_id in selectors.pending_exports(limit=EXPORTS):
        services.make_export(export_id=export_id, now=timezone.now())
    services.expire_exports(now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def delete_firebase_accounts(**_: object) -> None:
    # Every minute. Erased here at once; Google hears of it as soon as it listens.
    services.delete_firebase_accounts(now=timezone.now(), limit=DELETIONS)


@shared_task(acks_late=True, ignore_result=True)
def end_overdue_viewings(**_: object) -> int:
    # Every minute. No view goes on because of a late run: the pages look at the time themselves.
    return services.end_overdue_viewings(now=timezone.now())


@shared_task(ignore_result=True)
def verify_sealed_values(**_: object) -> None:
    # Nightly (INV-40), and on request as `manage.py rotate_field_keys --check`.
    broken = rotation.unreadable(keys=keyring())
    for reason in broken[:NAMED]:
        logger.critical("a sealed value does not open", extra={"row": reason})
    if broken:
        raise rotation.SealedValuesDoNotOpen(len(broken))
