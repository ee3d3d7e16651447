"""Queue → one service call."""

from celery import shared_task
from django.utils import timezone

from apps.analytics import assessing, experiments, services

MERCHANTS = 2_000
EXPERIMENTS = 500
VISITS = 2_000


@shared_task(acks_late=True, ignore_result=True)
def count_days(*, limit: int = MERCHANTS, **_: object) -> int:
    # Hourly: zones end their days at different times. What a run leaves, the next one takes.
    return services.count_days(now=timezone.now(), limit=limit)


@shared_task(acks_late=True, ignore_result=True)
def count_experiments(*, limit: int = EXPERIMENTS, **_: object) -> int:
    # After the days, which it does not need but which are looked at beside it.
    return experiments.count_experiments(now=timezone.now(), limit=limit)


@shared_task(acks_late=True, ignore_result=True)
def assess_new(*, limit: int = VISITS, **_: object) -> int:
    # Every minute, beside the scans and never in one.
    return assessing.assess_new(now=timezone.now(), limit=limit)
