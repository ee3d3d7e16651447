"""Figures on the wire: rupees, fractions from 0 to 1, and null for what cannot be known."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rest_framework import serializers

from apps.analytics.experiments import Measured
from apps.analytics.lift import Lift
from apps.analytics.selectors import Counts, Figures
from uma.kernel.http.fields import RupeesField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.money import rupees

TIMEFRAMES = {"day": 1, "week": 7, "month": 30}
LONGEST_DAYS = 366
BPS_PER_PERCENT = 100
HOW = {
    "totalVisits": "Scans of the period less visits taken back in it.",
    "totalSpend": "What left your wallet for visits: reimbursements and fees, without GST.",
    "averageCostPerCustomer": "Total spend divided by total visits.",
    "costPerBooking": "Total spend divided by bookings that were used or ran out.",
    "cac": "Spend on first visits divided by the number of first visits.",
    "blendedCac": "Total spend divided by the number of first visits.",
    "showUpRate": "Visits divided by visits and bookings that ran out unused.",
    "captureRate": "Visits whose bill was keyed in, divided by all visits.",
    "attributedRoas": "Bills, scaled up by the capture rate, divided by the spend."
    " Shown from 20 visits and a capture rate of 30 % on.",
    "roi": "Scaled-up bills times your margin, less discounts and spend, divided by the spend.",
    "experiments": "Riders are held out by lot. Lift is visits a rider of those who could see the deal, less"
    " those of riders held out; its interval covers the truth in 95 of 100 cases. Visits of riders held"
    " out are known by check-ins and other deals alone. Shown from 30 days on.",
    "refusedBookings": "Bookings of your deals that were tried and refused, on the zone's days; each try counts,"
    " and who tried is kept nowhere. They are counted within seconds and are no money: a process that is"
    " killed loses its last second.",
    "repeat": "Of customers who first came long enough ago, the share who came again within so many days, by a"
    " deal or by a check-in; `organic` of them at least once without a deal. It is the whole business's,"
    " whatever outlet or campaign is asked for.",
}


class AnalyticsQuery(StrictSerializer[Any]):
    timeframe = serializers.ChoiceField(choices=sorted(TIMEFRAMES), default="month")
    first = serializers.DateField(required=False, help_text="With `last`, instead of a timeframe.")
    last = serializers.DateField(required=False)
    campaign_id = serializers.UUIDField(required=False)
    outlet_id = serializers.UUIDField(required=False)
    margin = serializers.FloatField(
        required=False, min_value=0, max_value=100, help_text="Per cent; without it no `roi`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("first"), attrs.get("last")
        if (first is None) != (last is None):
            raise serializers.ValidationError({"first": "Name both days or none."})
        if first and not timedelta() <= last - first < timedelta(LONGEST_DAYS):
            raise serializers.ValidationError({"last": f"At most {LONGEST_DAYS} days, in order."})
        return attrs


class DaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    visits = serializers.IntegerField()
    new_customers = serializers.IntegerField()
    spend = RupeesField()


class RepeatSerializer(serializers.Serializer[Any]):
    within_days = serializers.IntegerField()
    customers = serializers.IntegerField()
    returned = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)
    organic = serializers.IntegerField(help_text="Of those, who came at least once without a deal.")
    organic_rate = serializers.FloatField(allow_null=True)


class GroupSerializer(serializers.Serializer[Any]):
    riders = serializers.IntegerField()
    visitors = serializers.IntegerField()
    visits = serializers.IntegerField()
    check_ins = serializers.IntegerField(help_text="Of the visits, those without a deal.")
    first_visits = serializers.IntegerField()


class LiftSerializer(serializers.Serializer[Any]):
    estimate = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ExperimentSerializer(serializers.Serializer[Any]):
    campaign_id = serializers.UUIDField()
    holdout = serializers.FloatField(help_text="Percent of riders to whom the deal is not shown.")
    first = serializers.DateField()
    last = serializers.DateField()
    state = serializers.ChoiceField(
        choices=["too_early", "too_few", "nothing", "more", "fewer"],
        help_text="`nothing`: not distinguishable from zero.",
    )
    shown = GroupSerializer()
    held_out = GroupSerializer()
    lift = LiftSerializer(allow_null=True, help_text="Visits more for each rider.")
    incremental_visits = LiftSerializer(allow_null=True)
    incremental_first_visits = LiftSerializer(allow_null=True)
    spend = RupeesField(help_text="The campaign's own, without GST, of the same days.")
    icac = RupeesField(
        allow_null=True, help_text="Spend for each customer who would not have come otherwise."
    )
    iroas = serializers.FloatField(
        allow_null=True, help_text="Bills of visits that would not have been, over the spend."
    )


class RefusedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(
        help_text="As under `/problems/`; `rider_unable` where the reason is the guest's own affair."
    )
    times = serializers.IntegerField()


class AnalyticsResponse(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()
    timezone = serializers.CharField()
    total_visits = serializers.IntegerField()
    total_spend = RupeesField(help_text="Without GST.")
    gst = RupeesField()
    total_debit = RupeesField(help_text="With GST: what the wallet paid.")
    new_customers = serializers.IntegerField()
    returning_customers = serializers.IntegerField()
    expired_bookings = serializers.IntegerField()
    average_cost_per_customer = RupeesField(allow_null=True)
    cost_per_booking = RupeesField(
        allow_null=True, help_text="Over bookings that were used or ran out."
    )
    cac = RupeesField(allow_null=True)
    blended_cac = RupeesField(allow_null=True)
    show_up_rate = serializers.FloatField(allow_null=True)
    bills = RupeesField(help_text="Bills that were keyed in at the scan.")
    capture_rate = serializers.FloatField(allow_null=True)
    attributed_roas = serializers.FloatField(allow_null=True)
    roi = serializers.FloatField(allow_null=True)
    repeat = RepeatSerializer(many=True)
    experiments = ExperimentSerializer(
        many=True, help_text="Of the whole business; empty for who is posted at some outlets."
    )
    refused_bookings = serializers.IntegerField(help_text="Every try counts.")
    refusals = RefusedSerializer(
        many=True, help_text="Refused bookings by reason, the most frequent first."
    )
    series = DaySerializer(many=True)
    heatmap = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Visits by weekday (Monday first) and hour.",
    )
    how = serializers.DictField(child=serializers.CharField())


def analytics_response(
    figures: Figures,
    *,
    margin: float | None,
    experiments: Sequence[Measured],
    refused: Mapping[str, int],
) -> dict[str, object]:
    """
    Return the figures as the dashboard draws them; every day of the period has its place.

    `refused` is how often bookings were refused, by the code of the reason.
    """
    total, period = figures.total, figures.period
    days = (period.last - period.first).days + 1
    return {
        "first": period.first,
        "last": period.last,
        "timezone": figures.timezone,
        "total_visits": total.visits,
        "total_spend": rupees(total.spend_paise),
        "gst": rupees(total.gst_paise),
        "total_debit": rupees(total.spend_paise + total.gst_paise),
        "new_customers": total.new_customers,
        "returning_customers": figures.returning_customers,
        "expired_bookings": total.expired,
        "average_cost_per_customer": _rupees(figures.cost_per_visit_paise),
        "cost_per_booking": _rupees(figures.cost_per_booking_paise),
        "cac": _rupees(figures.cac_paise),
        "blended_cac": _rupees(figures.blended_cac_paise),
        "show_up_rate": _ratio(figures.show_up_rate),
        "bills": rupees(total.bill_paise),
        "capture_rate": _ratio(figures.capture_rate),
        "attributed_roas": _ratio(figures.roas),
        "roi": _ratio(figures.roi(margin=margin)),
        "repeat": [
            {
                "within_days": repeat.within_days,
                "customers": repeat.size,
                "returned": repeat.returned,
                "rate": _ratio(repeat.rate),
                "organic": repeat.organic,
                "organic_rate": _ratio(repeat.organic_rate),
            }
            for repeat in figures.repeats
        ],
        "experiments": [_experiment(one) for one in experiments],
        "refused_bookings": sum(refused.values()),
        "refusals": [
            {"code": code, "times": times}
            for code, times in sorted(refused.items(), key=lambda one: (-one[1], one[0]))
        ],
        "series": [_day(figures, period.first + timedelta(n)) for n in range(days)],
        "heatmap": [
            [figures.by_hour.get((weekday, hour), 0) for hour in range(24)] for weekday in range(7)
        ],
        "how": HOW,
    }


def _experiment(one: Measured) -> dict[str, object]:
    row = one.row
    known = row.visits_lift is not None
    lift = Lift(row.visits_lift or 0, row.visits_low or 0, row.visits_high or 0) if known else None
    measures = ("riders", "visitors", "visits", "check_ins", "first_visits")
    return {
        "campaign_id": row.pk,
        "holdout": row.holdout_bps / BPS_PER_PERCENT,
        "first": row.since,
        "last": row.until - timedelta(1),
        "state": one.state,
        "shown": {name: getattr(row, f"shown_{name}") for name in measures},
        "held_out": {name: getattr(row, f"held_{name}") for name in measures},
        "lift": _interval(lift, digits=4),
        "incremental_visits": _interval(one.more_visits, digits=1),
        "incremental_first_visits": _interval(one.more_first_visits, digits=1),
        "spend": rupees(one.spend_paise),
        "icac": _rupees(one.icac_paise),
        "iroas": _ratio(one.iroas),
    }


def _interval(lift: Lift | None, *, digits: int) -> dict[str, float] | None:
    if lift is None:
        return None
    return {name: round(getattr(lift, name), digits) for name in ("estimate", "low", "high")}


def _day(figures: Figures, day: date) -> dict[str, object]:
    counts = figures.by_day.get(day, Counts())
    return {
        "day": day,
        "visits": counts.visits,
        "new_customers": counts.new_customers,
        "spend": rupees(counts.spend_paise),
    }


def _rupees(paise: int | None) -> object:
    return None if paise is None else rupees(paise)


def _ratio(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
