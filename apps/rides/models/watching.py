"""Riders whose visits are looked at before their cashback is paid."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class Watch(models.Model):
    """
    A rider whose visits are looked at before their cashback is paid: at one merchant, or anywhere.

    Copied to what the rider books while it lasts, so that a scan reads nothing more; the counter never
    refuses because of it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rider_id = models.UUIDField()
    merchant_id = models.UUIDField(null=True)
    zone_code = models.CharField(max_length=8)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.UniqueConstraint(
                fields=["rider_id", "merchant_id"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="rides_watch_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("since")),
                name="rides_watch_ends_after_it_began",
            ),
        ]
        triggers = [
            refuse(
                "rides_watch_never_edited",
                pgtrigger.UpdateOf("id", "rider_id", "merchant_id", "zone_code", "since")  # type: ignore[no-untyped-call]
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]

    def __str__(self) -> str:
        return f"since {self.since:%d %b %Y}"
