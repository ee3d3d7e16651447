"""Days that are over, counted once: what the dashboards add up."""

from django.db import models
from django.db.models import F, Q


class Progress(models.Model):
    """How far a merchant's days are counted: all before `counted_until`, none from it on."""

    merchant = models.OneToOneField(
        "merchants.Merchant", models.PROTECT, primary_key=True, related_name="+"
    )
    counted_until = models.DateField()

    class Meta:
        verbose_name_plural = "progress"

    def __str__(self) -> str:
        return f"{self.merchant_id} until {self.counted_until}"


class Hour(models.Model):
    """
    What one campaign did at one outlet in one hour of the zone's clock, in paise; spend without the tax.

    Whatever is taken back later counts against the hour in which it is taken back, so that an hour of a
    day that is over never changes, and the days of a period sum to what the ledger moved in it.
    """

    merchant = models.ForeignKey(
        "merchants.Merchant", models.PROTECT, db_index=False, related_name="+"
    )
    day = models.DateField()
    hour = models.PositiveSmallIntegerField()
    campaign_id = models.UUIDField()
    outlet_id = models.UUIDField()
    visits = models.IntegerField(default=0)
    new_customers = models.IntegerField(default=0)
    expired = models.IntegerField(default=0)
    spend_paise = models.BigIntegerField(default=0)
    gst_paise = models.BigIntegerField(default=0)
    new_spend_paise = models.BigIntegerField(default=0)
    bills = models.IntegerField(default=0)
    bill_paise = models.BigIntegerField(default=0)
    discount_paise = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "day", "hour", "campaign_id", "outlet_id"],
                name="analytics_hour_once",
            ),
            models.CheckConstraint(
                condition=Q(hour__lte=23, expired__gte=0), name="analytics_hour_in_range"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="analytics_hour_of_day")]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.day} {self.hour:02}"


class Cohort(models.Model):
    """
    Of the customers whose first visit was on `day`, how many came again within so many days, and how many of
    these at least once without a deal.

    Written when those days are over and not before: an unfinished cohort would look disloyal.
    """

    merchant = models.ForeignKey(
        "merchants.Merchant", models.PROTECT, db_index=False, related_name="+"
    )
    day = models.DateField()
    within_days = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()
    organic = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "within_days", "day"], name="analytics_cohort_once"
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=F("size"), size__gte=1), name="analytics_cohort_in_range"
            ),
            models.CheckConstraint(
                condition=Q(organic__lte=F("returned")), name="analytics_cohort_organic_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.day} within {self.within_days} days"


class Experiment(models.Model):
    """
    What a campaign's holdout has shown until a day: both groups counted, and the lift with its interval.

    `shown` are the riders of the zone who could see the deal, `held` those who could not. A visit is
    any proven visit to the merchant: by a deal, this one or another, or a check-in without one.
    Written whole, once a day; the interval is null while too little is known.
    """

    campaign_id = models.UUIDField(primary_key=True)
    merchant = models.ForeignKey("merchants.Merchant", models.PROTECT, related_name="+")
    holdout_bps = models.PositiveSmallIntegerField()
    since = models.DateField()
    # The first day that is not counted.
    until = models.DateField()
    shown_riders = models.PositiveIntegerField()
    shown_visitors = models.PositiveIntegerField()
    shown_visits = models.PositiveIntegerField()
    shown_check_ins = models.PositiveIntegerField()
    shown_first_visits = models.PositiveIntegerField()
    held_riders = models.PositiveIntegerField()
    held_visitors = models.PositiveIntegerField()
    held_visits = models.PositiveIntegerField()
    held_check_ins = models.PositiveIntegerField()
    held_first_visits = models.PositiveIntegerField()
    # Visits, and first visits, more for each rider who could see the deal; ends of the 95 % interval.
    visits_lift = models.FloatField(null=True)
    visits_low = models.FloatField(null=True)
    visits_high = models.FloatField(null=True)
    first_lift = models.FloatField(null=True)
    first_low = models.FloatField(null=True)
    first_high = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(since__lte=F("until"), holdout_bps__gte=1)
                & Q(shown_visitors__lte=F("shown_riders"), held_visitors__lte=F("held_riders"))
                & Q(shown_check_ins__lte=F("shown_visits"), held_check_ins__lte=F("held_visits")),
                name="analytics_experiment_in_range",
            ),
            models.CheckConstraint(
                condition=Q(visits_lift__isnull=True)
                | Q(visits_low__lte=F("visits_lift"), visits_high__gte=F("visits_lift")),
                name="analytics_experiment_within_its_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} until {self.until}"
