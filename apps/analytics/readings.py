"""What yesterday's deals cost their businesses, and what came in with them: the return on campaigns, by zone."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Sum

from apps.analytics.models import Hour
from uma.kernel.readings import reading

Sums = Mapping[tuple[str, ...], float]


@reading("uma_campaign_spend_paise", "What yesterday's deals cost their businesses.", "zone")
def spend_paise(now: datetime) -> Sums:
    return _sums("spend_paise", now)


@reading("uma_campaign_bill_paise", "Bills of yesterday's deals, of those that were told.", "zone")
def bill_paise(now: datetime) -> Sums:
    return _sums("bill_paise", now)


def _sums(column: str, now: datetime) -> Sums:
    """Sum up the day before (by UTC, which no zone of ours is behind), once it is counted."""
    rows = Hour.objects.filter(day=now.date() - timedelta(days=1))
    found = rows.values_list("merchant__zone__code").annotate(Sum(column)).order_by()
    return {(zone,): float(paise) for zone, paise in found}
