"""Strikes, what they cost, and the policy by which they are counted."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.gamification.models.missed import NoShow
from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id


class StrikePolicy(models.Model):
    """How strikes count from an instant on; what was counted before stays as it was."""

    class Clears(models.TextChoices):
        OLDEST = "OLDEST", "the oldest strike"
        ALL = "ALL", "all strikes"
        NONE = "NONE", "no strike"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    effective_from = models.DateTimeField()
    window_days = models.PositiveSmallIntegerField(default=90)
    limit = models.PositiveSmallIntegerField(default=3)
    clears = models.CharField(max_length=6, choices=Clears, default=Clears.OLDEST)
    # The first restriction lasts the first number of days; behind the last, until it was reviewed.
    ladder_days = ArrayField(models.PositiveSmallIntegerField())
    appeal_days = models.PositiveSmallIntegerField(default=14)
    appeal_hours = models.PositiveSmallIntegerField(default=72)

    class Meta:
        verbose_name_plural = "strike policies"
        permissions = [("set_strike_policy", "May set how strikes count")]
        constraints = [
            models.UniqueConstraint(fields=["effective_from"], name="gamification_policy_once"),
            models.CheckConstraint(
                condition=Q(
                    window_days__gte=1,
                    limit__gte=1,
                    appeal_days__gte=1,
                    appeal_hours__gte=1,
                    clears__in=["OLDEST", "ALL", "NONE"],
                ),
                name="gamification_policy_in_range",
            ),
        ]
        triggers = [append_only("gamification_policy_append_only")]

    def __str__(self) -> str:
        return f"from {self.effective_from:%d %b %Y}"


class Restriction(models.Model):
    """
    A pause of booking and missions that a rider's strikes caused; wallet and appeals are untouched.

    `until` is null while it lasts until somebody has reviewed it. When an overturned strike takes its
    ground away it is lifted, and counts for nothing that follows.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rider_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    # The booking whose strike was one too many.
    booking_id = models.UUIDField()
    level = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)

    class Meta:
        permissions = [("review_restriction", "May end a pause of booking")]
        constraints = [
            models.UniqueConstraint(fields=["booking_id"], name="gamification_restriction_once"),
            models.CheckConstraint(
                condition=Q(level__gte=1), name="gamification_restriction_level"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("starts_at")),
                name="gamification_restriction_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["rider_id", "starts_at"], name="gamification_restr_of_rider")
        ]

    def __str__(self) -> str:
        return f"restriction {self.level} of {self.rider_id}"


class Strike(models.Model):
    """
    What one missed visit costs; one for a booking, for ever.

    What becomes of it (`state`) follows from the rider's whole history and is computed anew whenever
    that changes; `overturned_at` alone is a fact of its own. An ACTIVE one lapses by its age.
    """

    class State(models.TextChoices):
        ACTIVE = "ACTIVE"
        CLEARED = "CLEARED", "cleared by a visit"
        CONSUMED = "CONSUMED", "led to a restriction"
        OVERTURNED = "OVERTURNED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    no_show = models.OneToOneField(NoShow, models.PROTECT, related_name="strike")
    rider_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    struck_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    overturned_at = models.DateTimeField(null=True)
    overturned_for = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)

    class Meta:
        permissions = [("overturn_strike", "May overturn strikes and decide appeals")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["ACTIVE", "CLEARED", "CONSUMED"], overturned_at=None)
                | Q(state="OVERTURNED", overturned_at__isnull=False),
                name="gamification_strike_overturned_at",
            ),
            models.CheckConstraint(
                condition=Q(lapses_at__gt=F("struck_at")), name="gamification_strike_lapses_later"
            ),
        ]
        indexes = [models.Index(fields=["rider_id", "-struck_at"], name="gamification_of_rider")]
        triggers = [
            refuse(
                "gamification_strike_stays_overturned",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.overturned_at IS NOT NULL"
                " AND NEW.overturned_at IS DISTINCT FROM OLD.overturned_at",
            ),
            refuse(
                "gamification_strike_never_edited",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id", "no_show_id", "rider_id", "zone_code", "struck_at", "lapses_at"
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            ),
        ]

    def __str__(self) -> str:
        return f"strike {self.no_show_id}"
