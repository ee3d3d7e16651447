"""What a merchant's money bought in a period: the formulas of product rule 3, in paise and plain ratios."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from math import ceil
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import ExtractIsoWeekDay, TruncMonth

from apps.analytics.experiments import Measured, rows_of
from apps.analytics.models import Cohort, Hour, Progress
from apps.handshake import selectors as handshakes
from apps.merchants import selectors as merchants
from apps.rides import selectors as rides
from uma.kernel.zones import day_of, midnight

__all__ = [
    "LEAST_CAPTURE",
    "LEAST_VISITS",
    "MEASURES",
    "WITHIN_DAYS",
    "Counts",
    "Figures",
    "Measured",
    "Period",
    "Repeat",
    "Split",
    "by_scanner",
    "cohorts",
    "experiments",
    "figures",
    "hours",
    "refused",
    "split",
]

Split = Literal["day", "campaign_id", "outlet_id"]
WITHIN_DAYS = (30, 60, 90)
# Below these what is left of the bills says little about the bills that nobody keyed in.
LEAST_CAPTURE = 0.3
LEAST_VISITS = 20
RIDER_UNABLE = "rider_unable"
OWN_AFFAIRS = frozenset({"booking_cooldown", "live_limit_reached", "rider_banned"})


@dataclass(frozen=True, slots=True)
class Counts:
    """Sums over some hours; paise. What was taken back is subtracted."""

    visits: int = 0
    new_customers: int = 0
    expired: int = 0
    spend_paise: int = 0
    gst_paise: int = 0
    new_spend_paise: int = 0
    bills: int = 0
    bill_paise: int = 0
    discount_paise: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in MEASURES))


MEASURES = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True)
class Period:
    """Which days of the zone's calendar, both included, and where; nothing named means everywhere."""

    first: date
    last: date
    outlet_ids: Collection[UUID] = ()
    campaign_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """
    Of so many customers who first came long enough ago, how many came again in time, and how many of these at
    least once without a deal.
    """

    within_days: int
    size: int
    returned: int
    organic: int = 0

    @property
    def rate(self) -> float | None:
        return self.returned / self.size if self.size else None

    @property
    def percent(self) -> int | None:
        return None if self.rate is None else round(self.rate * 100)

    @property
    def organic_rate(self) -> float | None:
        return self.organic / self.size if self.size else None


@dataclass(frozen=True, slots=True)
class Figures:
    """A period's sums, by day; its visits by weekday (0 is Monday) and hour; how loyal customers were."""

    period: Period
    timezone: str
    total: Counts
    by_day: Mapping[date, Counts]
    by_hour: Mapping[tuple[int, int], int]
    repeats: Sequence[Repeat]

    @property
    def returning_customers(self) -> int:
        return self.total.visits - self.total.new_customers

    @property
    def cost_per_visit_paise(self) -> int | None:
        return _each(self.total.spend_paise, self.total.visits)

    @property
    def cac_paise(self) -> int | None:
        """What a first visit cost, over first visits alone."""
        return _each(self.total.new_spend_paise, self.total.new_customers)

    @property
    def blended_cac_paise(self) -> int | None:
        return _each(self.total.spend_paise, self.total.new_customers)

    @property
    def ended_bookings(self) -> int:
        """Bookings that were used or ran out; what was cancelled or taken back is neither."""
        return self.total.visits + self.total.expired

    @property
    def cost_per_booking_paise(self) -> int | None:
        return _each(self.total.spend_paise, self.ended_bookings)

    @property
    def show_up_rate(self) -> float | None:
        ended = self.ended_bookings
        return self.total.visits / ended if ended > 0 and self.total.visits >= 0 else None

    @property
    def capture_rate(self) -> float | None:
        return self.total.bills / self.total.visits if self.total.visits > 0 else None

    @property
    def revenue_paise(self) -> float | None:
        """What customers spent, estimated from the bills that were keyed in; None when those are too few."""
        captured = self.capture_rate
        if captured is None or captured < LEAST_CAPTURE or self.total.visits < LEAST_VISITS:
            return None
        return self.total.bill_paise / captured

    @property
    def roas(self) -> float | None:
        revenue = self.revenue_paise
        if revenue is None or self.total.spend_paise <= 0:
            return None
        return revenue / self.total.spend_paise

    def contribution_paise(self, *, margin: float | None) -> float | None:
        """Return what sales left by the merchant's own margin (0 to 1), less discounts; before the spend."""
        revenue, captured = self.revenue_paise, self.capture_rate
        if margin is None or revenue is None or not captured:
            return None
        return revenue * margin - self.total.discount_paise / captured

    def roi(self, *, margin: float | None) -> float | None:
        """Return the contribution over the spend."""
        left, spend = self.contribution_paise(margin=margin), self.total.spend_paise
        return None if left is None or spend <= 0 else (left - spend) / spend

    def daily_contribution_paise(self, *, margin: float | None) -> float | None:
        """Return the contribution of a day, over the days since the period's first that had anything."""
        left = self.contribution_paise(margin=margin)
        return None if left is None else left / ((self.period.last - min(self.by_day)).days + 1)

    def payback_days(self, *, margin: float | None) -> int | None:
        """Return after how many such days the spend has come back; None if it never does."""
        daily, spend = self.daily_contribution_paise(margin=margin), self.total.spend_paise
        return None if daily is None or daily <= 0 or spend <= 0 else ceil(spend / daily)


def figures(*, merchant_id: UUID, period: Period, now: datetime) -> Figures:
    """
    Return what happened in the period: days that are over from what was counted, the others live.

    Raises:
        UnknownMerchant
    """
    timezone = merchants.merchant(merchant_id=merchant_id).zone.timezone
    by_day: dict[date, Counts] = defaultdict(Counts)
    by_hour: dict[tuple[int, int], int] = defaultdict(int)
    live_from = _live_from(merchant_id, period)
    until = min(period.last, day_of(now, timezone)) + timedelta(days=1)
    rows = _counted(merchant_id, period, before=live_from)
    by_day.update(
        (day, Counts(*sums))
        for day, *sums in rows.values_list("day").annotate(*map(Sum, MEASURES)).order_by()
    )
    by_hour.update(
        ((weekday - 1, hour), visits)
        for weekday, hour, visits in rows.values_list(ExtractIsoWeekDay("day"), "hour")
        .annotate(Sum("visits"))
        .order_by()
    )
    for day, hour, counts in _live(merchant_id, period, timezone, since=live_from, until=until):
        by_day[day] += counts
        by_hour[day.weekday(), hour] += counts.visits
    return Figures(
        period=period,
        timezone=timezone,
        total=sum(by_day.values(), Counts()),
        by_day=dict(by_day),
        by_hour=dict(by_hour),
        repeats=_repeats(merchant_id, period),
    )


def split(
    *, merchant_id: UUID, period: Period, by: Split, timezone: str, now: datetime
) -> dict[date | UUID, Counts]:
    """Return the period's sums by day, campaign or outlet; they sum to the whole."""
    found: dict[date | UUID, Counts] = defaultdict(Counts)
    until = min(period.last, day_of(now, timezone)) + timedelta(days=1)
    live_from = _live_from(merchant_id, period)
    rows = _counted(merchant_id, period, before=live_from)
    for key, *sums in rows.values_list(by).annotate(*map(Sum, MEASURES)).order_by():
        found[key] += Counts(*sums)
    if live_from < until:
        live = hours(merchant_id=merchant_id, timezone=timezone, since=live_from, until=until)
        for (day, _, campaign_id, outlet_id), counts in live.items():
            if _within(period, campaign_id, outlet_id):
                keys: dict[Split, date | UUID] = {
                    "day": day,
                    "campaign_id": campaign_id,
                    "outlet_id": outlet_id,
                }
                found[keys[by]] += counts
    return dict(found)


def by_scanner(*, merchant_id: UUID, period: Period, timezone: str) -> dict[date | UUID, Counts]:
    """Return, as `split` does, the period's visits by who scanned them; nobody scanned who did not come."""
    found = handshakes.visits_by_scanner(
        merchant_id=merchant_id,
        since=midnight(period.first, timezone),
        until=midnight(period.last + timedelta(days=1), timezone),
        outlet_ids=period.outlet_ids,
        campaign_id=period.campaign_id,
    )
    measures = [name for name in MEASURES if name != "expired"]
    return {
        one.actor_id: Counts(**{name: getattr(one, name) for name in measures}) for one in found
    }


def refused(*, merchant_id: UUID, period: Period) -> dict[str, int]:
    """
    Return how often bookings of the period were refused, by the code of the reason; each try counts.

    What is a guest's own affair has one code, `rider_unable`: whether somebody is banned is no merchant's business.
    """
    found = rides.refused(
        merchant_id=merchant_id,
        first=period.first,
        last=period.last,
        by="code",
        outlet_ids=period.outlet_ids,
        campaign_id=period.campaign_id,
    )
    told: Counter[str] = Counter()
    for code, times in found.items():
        told[RIDER_UNABLE if code in OWN_AFFAIRS else str(code)] += times
    return dict(told)


def hours(
    *, merchant_id: UUID, timezone: str, since: date, until: date
) -> dict[tuple[date, int, UUID, UUID], Counts]:
    """
    Count the merchant's days from `since`, included, to `until`, excluded, from the visits themselves.

    By day, hour, campaign and outlet.
    """
    begins, ends = midnight(since, timezone), midnight(until, timezone)
    found: dict[tuple[date, int, UUID, UUID], Counts] = defaultdict(Counts)
    for one in handshakes.hours_of_visits(
        merchant_id=merchant_id, timezone=timezone, since=begins, until=ends
    ):
        measures = {name: getattr(one, name) for name in MEASURES if name != "expired"}
        found[one.day, one.hour, one.campaign_id, one.outlet_id] += Counts(**measures)
    for gone in rides.hours_of_expiries(
        merchant_id=merchant_id, timezone=timezone, since=begins, until=ends
    ):
        key = gone.day, gone.hour, gone.campaign_id, gone.outlet_id
        found[key] += Counts(expired=gone.expired)
    return found


def _live_from(merchant_id: UUID, period: Period) -> date:
    """Return the first day of the period that is summed from the visits themselves."""
    counted_until = (
        Progress.objects.filter(pk=merchant_id).values_list("counted_until", flat=True).first()
    ) or period.first
    return max(period.first, min(counted_until, period.last + timedelta(days=1)))


def _within(period: Period, campaign_id: UUID, outlet_id: UUID) -> bool:
    here = not period.outlet_ids or outlet_id in period.outlet_ids
    return here and period.campaign_id in {None, campaign_id}


def _counted(merchant_id: UUID, period: Period, *, before: date) -> QuerySet[Hour]:
    rows = Hour.objects.filter(merchant_id=merchant_id, day__gte=period.first, day__lt=before)
    if period.outlet_ids:
        rows = rows.filter(outlet_id__in=period.outlet_ids)
    if period.campaign_id:
        rows = rows.filter(campaign_id=period.campaign_id)
    return rows


def _live(
    merchant_id: UUID, period: Period, timezone: str, *, since: date, until: date
) -> Iterable[tuple[date, int, Counts]]:
    if since >= until:
        return []
    found = hours(merchant_id=merchant_id, timezone=timezone, since=since, until=until)
    return [
        (day, hour, counts)
        for (day, hour, campaign_id, outlet_id), counts in found.items()
        if _within(period, campaign_id, outlet_id)
    ]


def _repeats(merchant_id: UUID, period: Period) -> list[Repeat]:
    """Return the loyalty of every whole cohort up to the period's end; it is the merchant's, not an outlet's."""
    sums = {
        within: found
        for within, *found in Cohort.objects.filter(merchant_id=merchant_id)
        .filter(day__lte=period.last)
        .values_list("within_days")
        .annotate(Sum("size"), Sum("returned"), Sum("organic"))
        .order_by()
    }
    return [Repeat(within, *sums.get(within, (0, 0, 0))) for within in WITHIN_DAYS]


def cohorts(
    *, merchant_id: UUID, months: int | None = None, until: date | None = None
) -> list[tuple[date, list[Repeat]]]:
    """
    Return the newest months of first visits with their loyalty, whole cohorts alone; the newest first.

    With `until`, of first visits up to that day: all of them sum to a period's `repeats`.
    """
    found: dict[date, dict[int, Repeat]] = defaultdict(dict)
    whole = Cohort.objects.filter(merchant_id=merchant_id)
    if until is not None:
        whole = whole.filter(day__lte=until)
    rows = (
        whole.values_list(TruncMonth("day"), "within_days")
        .annotate(Sum("size"), Sum("returned"), Sum("organic"))
        .order_by()
    )
    for month, within, *sums in rows:
        found[month][within] = Repeat(within, *sums)
    return [
        (month, [found[month].get(within, Repeat(within, 0, 0)) for within in WITHIN_DAYS])
        for month in sorted(found, reverse=True)[:months]
    ]


def experiments(
    *, merchant_id: UUID, now: datetime, campaign_id: UUID | None = None
) -> list[Measured]:
    """Return what the merchant's holdouts have shown, the newest campaign first."""
    found = []
    for row in rows_of(merchant_id=merchant_id, campaign_id=campaign_id):
        period = Period(row.since, row.until - timedelta(days=1), campaign_id=row.pk)
        seen = figures(merchant_id=merchant_id, period=period, now=now)
        trusted = seen.revenue_paise is not None and seen.total.bills > 0
        bill_paise = seen.total.bill_paise / seen.total.bills if trusted else None
        found.append(Measured(row, seen.total.spend_paise, bill_paise))
    return found


def _each(paise: int, count: int) -> int | None:
    return round(paise / count) if count > 0 else None
