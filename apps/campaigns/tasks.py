"""The campaigns' job: time passes."""

from celery import shared_task
from django.utils import timezone

from apps.campaigns import services

BATCH = 500


@shared_task(acks_late=True, ignore_result=True)
def campaign_clock(*, limit: int = BATCH, **_: object) -> None:
    # Every minute. A run that is missed or doubled changes nothing but how fresh the labels are.
    services.campaign_clock(now=timezone.now(), limit=limit)
