"""Visits that count: what the handshake proved, as badges, missions and strikes read it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import refuse


class Visit(models.Model):
    """
    One proven visit, told by the handshake's follow-up; `undone_at` when it was taken back.

    `settled_at` is null while what it means (a strike cleared, a badge) is still to be worked out.
    """

    handshake_id = models.UUIDField(primary_key=True)
    booking_id = models.UUIDField(unique=True)
    rider_id = models.UUIDField()
    merchant_id = models.UUIDField()
    outlet_id = models.UUIDField()
    campaign_id = models.UUIDField()
    category = models.CharField(max_length=40)
    zone_code = models.CharField(max_length=8)
    timezone = models.CharField(max_length=40)
    # The ride there was ordered on the network, which told its fare.
    by_ride = models.BooleanField(default=False)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(undone_at__gte=F("at")),
                name="gamification_visit_undone_later",
            )
        ]
        indexes = [
            models.Index(fields=["rider_id", "at"], name="gamification_visit_of_rider"),
            models.Index(
                fields=["at"], condition=Q(settled_at=None), name="gamification_visit_open"
            ),
            models.Index(fields=["zone_code", "at"], name="gamification_visit_of_zone"),
        ]
        triggers = [
            refuse(
                "gamification_visit_never_edited",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "handshake_id", "booking_id", "rider_id", "merchant_id", "outlet_id",
                    "campaign_id", "category", "zone_code", "timezone", "by_ride", "at",
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"visit {self.handshake_id}"
