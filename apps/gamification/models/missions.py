"""Missions as they were offered, who took them, orders that prove a step, and names on the leaderboard."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class Mission(models.Model):
    """
    One mission of one night in one zone; the same content again is the same row.

    What it asks and gives never changes: whoever joined it keeps what was offered. `expired_at` is set when
    it has become impossible before its end.
    """

    class Kind(models.TextChoices):
        MULTI_STOP = "multi_stop"
        EXPLORE = "explore"
        TIME_BOXED = "time_boxed"
        TRANSIT_PLUS_VISIT = "transit_plus_visit"
        SPONSORED = "sponsored"

    # Made of the content's hash, so that a rerun finds it.
    id = models.UUIDField(primary_key=True)
    zone_code = models.CharField(max_length=8)
    timezone = models.CharField(max_length=40)
    night = models.DateField()
    kind = models.CharField(max_length=20, choices=Kind)
    content = models.JSONField()
    reward_paise = models.BigIntegerField()
    score = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField()
    expired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), reward_paise__gte=0),
                name="gamification_mission_in_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "multi_stop", "explore", "time_boxed", "transit_plus_visit", "sponsored",
                    ]
                ),
                name="gamification_mission_kind_known",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["zone_code", "ends_at"], name="gamification_mission_of_zone"),
        ]
        triggers = [
            refuse(
                "gamification_mission_never_edited",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id", "zone_code", "timezone", "night", "kind", "content", "reward_paise", "score",
                    "starts_at", "ends_at", "created_at",
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} in {self.zone_code} on {self.night}"


class MissionRun(models.Model):
    """
    One rider's try at a mission. JOINED and COMPLETED follow from the proven visits; ABANDONED is the
    rider's word.

    `budgeted_paise` is what the shared budget of the night set aside for it at the joining.
    """

    class State(models.TextChoices):
        JOINED = "JOINED"
        COMPLETED = "COMPLETED"
        ABANDONED = "ABANDONED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    mission = models.ForeignKey(Mission, models.PROTECT, related_name="runs")
    rider_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    state = models.CharField(max_length=9, choices=State, default=State.JOINED)
    budgeted_paise = models.BigIntegerField()
    joined_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mission", "rider_id"], name="gamification_run_once"),
            models.CheckConstraint(
                condition=Q(state="JOINED", ended_at=None)
                | Q(state__in=["COMPLETED", "ABANDONED"], ended_at__isnull=False),
                name="gamification_run_ended_at",
            ),
            models.CheckConstraint(
                condition=Q(budgeted_paise__gte=0), name="gamification_run_budget"
            ),
        ]
        indexes = [
            models.Index(fields=["rider_id", "-joined_at"], name="gamification_run_of_rider")
        ]
        triggers = [refuse("gamification_run_kept", pgtrigger.Delete | pgtrigger.Truncate)]

    def __str__(self) -> str:
        return f"run {self.pk}"


class ProvenOrder(models.Model):
    """
    An order on the network that proves a step which no handshake does: a ticket, a purchase.

    `undone_at` when it was cancelled, `settled_at` null while what it means is still to be worked out.
    """

    class Kind(models.TextChoices):
        RIDE = "ride"
        COMMERCE = "commerce"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    # The order's own identifier where it was placed.
    source = models.CharField(max_length=120)
    rider_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    timezone = models.CharField(max_length=40)
    category = models.CharField(max_length=40, blank=True)
    # Whose ticket or goods they are; empty when it was not told.
    provider = models.CharField(max_length=120, blank=True, db_default="")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source"], name="gamification_order_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["ride", "commerce"]), name="gamification_order_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(undone_at__gte=F("at")),
                name="gamification_order_undone_later",
            ),
        ]
        indexes = [
            models.Index(fields=["rider_id", "at"], name="gamification_order_of_rider"),
            models.Index(
                fields=["at"], condition=Q(settled_at=None), name="gamification_order_open"
            ),
        ]
        triggers = [
            refuse(
                "gamification_order_never_edited",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id", "kind", "source", "rider_id", "zone_code", "timezone", "category", "provider", "at",
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.source}"


class LeaderboardName(models.Model):
    """The name under which a rider chose to be seen by others in one zone; nobody is there unasked."""

    rider_id = models.UUIDField(primary_key=True)
    pseudonym = models.CharField(max_length=20)
    zone_code = models.CharField(max_length=8)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("pseudonym"), name="gamification_pseudonym_once"),
        ]
        indexes = [models.Index(fields=["zone_code"], name="gamification_name_of_zone")]

    def __str__(self) -> str:
        return self.pseudonym
