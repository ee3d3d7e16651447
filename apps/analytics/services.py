"""Counting the days that are over, each once."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.analytics import selectors
from apps.analytics.models import Cohort, Hour, Progress
from apps.handshake import selectors as handshakes
from apps.merchants import selectors as merchants
from uma.kernel.zones import day_of, midnight

# A transaction whose clock was read before midnight may commit after it, though never an hour later.
GRACE = timedelta(hours=1)
CHUNK = timedelta(days=31)


def count_days(*, now: datetime, limit: int) -> int:
    """
    Count what is over and was not counted; return for how many merchants, `limit` at the most.

    Fewer than `limit` means that nothing is left. Run twice, it counts nothing twice.
    """
    done = 0
    for zone in merchants.zones():
        until = day_of(now - GRACE, zone.timezone)
        counted = set(
            Progress.objects.filter(
                merchant__zone_id=zone.code, counted_until__gte=until
            ).values_list("pk", flat=True)
        )
        for merchant_id, created_at in merchants.merchants_in(zone_code=zone.code):
            if done == limit:
                return done
            if merchant_id in counted:
                continue
            begun = min(day_of(created_at, zone.timezone), until)
            while count_merchant(
                merchant_id=merchant_id, timezone=zone.timezone, begun=begun, until=until
            ):
                pass
            done += 1
    return done


@transaction.atomic(durable=True)
def count_merchant(*, merchant_id: UUID, timezone: str, begun: date, until: date) -> bool:
    """Count the merchant's next days, a month at the most; answer whether there were any."""
    Progress.objects.get_or_create(pk=merchant_id, defaults={"counted_until": begun})
    # Two who count the same merchant queue here, and the second finds it counted.
    progress = Progress.objects.select_for_update(no_key=True).get(pk=merchant_id)
    since, end = progress.counted_until, min(until, progress.counted_until + CHUNK)
    if since >= end:
        return False
    found = selectors.hours(merchant_id=merchant_id, timezone=timezone, since=since, until=end)
    Hour.objects.bulk_create(
        Hour(
            merchant_id=merchant_id,
            day=day,
            hour=hour,
            campaign_id=campaign_id,
            outlet_id=outlet_id,
            **{name: getattr(counts, name) for name in selectors.MEASURES},
        )
        for (day, hour, campaign_id, outlet_id), counts in found.items()
    )
    for within_days in selectors.WITHIN_DAYS:
        _count_cohorts(merchant_id, timezone, within=timedelta(within_days), since=since, until=end)
    progress.counted_until = end
    progress.save(update_fields=["counted_until"])
    return True


def _count_cohorts(
    merchant_id: UUID, timezone: str, *, within: timedelta, since: date, until: date
) -> None:
    """Count the cohorts whose last day for coming again is one of these days."""
    cohorts = handshakes.cohorts_of(
        merchant_id=merchant_id,
        timezone=timezone,
        since=midnight(since - within, timezone),
        until=midnight(until - within, timezone),
        within=within,
    )
    Cohort.objects.bulk_create(
        Cohort(
            merchant_id=merchant_id,
            day=cohort.day,
            within_days=within.days,
            size=cohort.size,
            returned=cohort.returned,
            organic=cohort.organic,
        )
        for cohort in cohorts
    )
