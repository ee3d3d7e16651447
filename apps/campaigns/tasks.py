"""The campaigns' jobs: time passes."""

from dataclasses import astuple

from celery import shared_task
from django.utils import timezone

from apps.campaigns import services

BATCH = 500


@shared_task(acks_late=True, ignore_result=True)
def campaign_clock(*, limit: int = BATCH, **_: object) -> int:
    # Every minute. A run that is missed or doubled changes nothing but how fresh the labels are.
    ticked = services.campaign_clock(now=timezone.now(), limit=limit)
    return sum(astuple(ticked))


@shared_task(acks_late=True, ignore_result=True)
def settle_boosts(*, limit: int = BATCH, **_: object) -> int:
    # Every minute. The lists read the clock; late is only the slot's release and a refund.
    return services.settle_boosts(now=timezone.now(), limit=limit)
