"""Queue → one service call: the message for speed, the sweep for truth (decisions/0003)."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.merchants import selectors, services

BATCH = 500


@shared_task(acks_late=True, ignore_result=True)
def announce_invitation(*, invitation_id: str, **_: object) -> None:
    # Delivery is at least once: a second run finds the invitation told, and stops.
    services.announce_invitation(invitation_id=UUID(invitation_id), now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def announce_invitations(*, limit: int = BATCH, **_: object) -> None:
    # Every minute, by itself: a lost message costs a minute, with the broker up or down.
    for invitation_id in selectors.unannounced_invitation_ids(limit=limit):
        services.announce_invitation(invitation_id=invitation_id, now=timezone.now())


@shared_task(acks_late=True, ignore_result=True)
def renew_subscriptions(*, limit: int = BATCH, **_: object) -> int:
    # Hourly. A month that is over while the job is down is charged when it is back, with its own dates.
    return services.renew_due(now=timezone.now(), limit=limit)


@shared_task(acks_late=True, ignore_result=True)
def expire_invitations(*, limit: int = BATCH, **_: object) -> None:
    # Hourly. No invitation is accepted late because of it; only the number is kept too long.
    while services.expire_invitations(now=timezone.now(), limit=limit) == limit:
        pass
