"""Days that are over, counted once: what the dashboards add up."""

from django.db import models
from django.db.models import F, Q


class Progress(models.Model):
    """How far a merchant's days are counted: all before `counted_until`, none from it on."""

    merchant = models.OneToOneField(
        "merchants.Merchant", models.PROTECT, primary_key=True, related_name="+"
    )
    counted_until = models.DateField()

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

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.day} {self.hour:02}"


class Cohort(models.Model):
    """
    Of the customers whose first visit was on `day`, how many came again within so many days.

    Written when those days are over and not before: an unfinished cohort would look disloyal.
    """

    merchant = models.ForeignKey(
        "merchants.Merchant", models.PROTECT, db_index=False, related_name="+"
    )
    day = models.DateField()
    within_days = models.PositiveSmallIntegerField()
    size = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "within_days", "day"], name="analytics_cohort_once"
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=F("size"), size__gte=1), name="analytics_cohort_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.day} within {self.within_days} days"
