"""What was counted, as operators see it."""

from django.contrib import admin

from apps.analytics.models import Cohort, Experiment, Hour, Progress
from uma.kernel.desk import ReadOnlyAdmin
from uma.kernel.desk_amounts import amount


@admin.register(Hour)
class HourAdmin(ReadOnlyAdmin[Hour]):
    zone_path = "merchant__zone_id"
    list_display = ("merchant", "day", "hour", "visits", "new_customers", "expired", "spend")
    list_filter = ("day",)
    list_select_related = ("merchant",)
    search_fields = ("=merchant__id",)
    ordering = ("-day", "-hour")

    @admin.display(description="Spend, without tax")
    def spend(self, hour: Hour) -> str:
        return amount(hour.spend_paise)


@admin.register(Cohort)
class CohortAdmin(ReadOnlyAdmin[Cohort]):
    zone_path = "merchant__zone_id"
    list_display = ("merchant", "day", "within_days", "size", "returned", "organic")
    list_filter = ("within_days", "day")
    list_select_related = ("merchant",)
    search_fields = ("=merchant__id",)


@admin.register(Progress)
class ProgressAdmin(ReadOnlyAdmin[Progress]):
    few = True
    zone_path = "merchant__zone_id"
    list_display = ("merchant", "counted_until")
    list_select_related = ("merchant",)
    search_fields = ("=merchant__id",)
    ordering = ("counted_until",)


@admin.register(Experiment)
class ExperimentAdmin(ReadOnlyAdmin[Experiment]):
    few = True
    zone_path = "merchant__zone_id"
    list_display = (
        "campaign_id", "merchant", "since", "until", "shown_riders", "held_riders", "visits_low",
        "visits_lift", "visits_high",
    )  # fmt: skip
    list_select_related = ("merchant",)
    search_fields = ("=merchant__id", "=campaign_id")
    ordering = ("-campaign_id",)
