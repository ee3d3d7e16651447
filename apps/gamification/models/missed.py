"""Bookings nobody came for, and what is known about why: the reminders, the scans that failed."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id


class Reminder(models.Model):
    """
    What a rider is told before a booking ends, six hours and one hour before (product rule 2.7).

    One row for a booking, planned once. A mark that lies before the booking itself is never due; one
    that would fall into the night is brought forward to the evening before it.
    """

    booking_id = models.UUIDField(primary_key=True)
    rider_id = models.UUIDField()
    merchant_name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=40)
    expires_at = models.DateTimeField()
    early_due_at = models.DateTimeField(null=True)
    early_message_id = models.UUIDField(null=True)
    late_due_at = models.DateTimeField(null=True)
    late_message_id = models.UUIDField(null=True)
    # Null when nothing more is to be said: told, or the booking ended.
    next_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A message was due before it was told.
            models.CheckConstraint(
                condition=(Q(early_message_id=None) | Q(early_due_at__isnull=False))
                & (Q(late_message_id=None) | Q(late_due_at__isnull=False)),
                name="gamification_reminder_due_before_told",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_due_at"],
                condition=Q(next_due_at__isnull=False),
                name="gamification_reminder_due",
            ),
            # What the purge walks along.
            models.Index(fields=["expires_at"], name="gamification_reminder_over"),
        ]

    def __str__(self) -> str:
        return f"reminder of {self.booking_id}"


class FailedScan(models.Model):
    """A scan of a genuine code that failed for a reason of the merchant's or of the platform's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    booking_id = models.UUIDField()
    # The booking's; null where the release before this one wrote the row while this one came up.
    merchant_id = models.UUIDField(null=True)
    outlet_id = models.UUIDField(null=True)
    code = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # A shop that tries again and again says nothing new.
            models.UniqueConstraint(
                fields=["booking_id", "code"], name="gamification_failed_scan_once"
            )
        ]
        indexes = [models.Index(fields=["merchant_id", "at"], name="gamification_failed_scan_of")]
        triggers = [append_only("gamification_failed_scan_append_only")]

    def __str__(self) -> str:
        return f"{self.code} at {self.booking_id}"


class ForceMajeure(models.Model):
    """A flood, a strike of drivers, a curfew: who missed a visit in this zone then did no wrong."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone_code = models.CharField(max_length=8)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    declared_by = models.UUIDField()
    declared_at = models.DateTimeField()
    # Until then, strikes given before it was declared are still to be taken back.
    applied_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "force majeure"
        permissions = [("declare_force_majeure", "May say that missed visits cost nothing")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="gamification_majeure_in_order"
            )
        ]
        indexes = [
            models.Index(fields=["zone_code", "ends_at"], name="gamification_majeure_zone"),
        ]

    def __str__(self) -> str:
        return f"{self.zone_code} {self.starts_at:%d %b %H:%M}"


class NoShow(models.Model):
    """
    One booking that expired without a scan, written in the transaction that expired it.

    Decided a moment later: `excuse` is empty when it costs a strike. The decision is written once, with
    the evidence that it was made on.
    """

    booking_id = models.UUIDField(primary_key=True)
    rider_id = models.UUIDField()
    merchant_id = models.UUIDField()
    outlet_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    merchant_name = models.CharField(max_length=120)
    booked_at = models.DateTimeField()
    expired_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    excuse = models.CharField(max_length=40, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False) | Q(excuse=""),
                name="gamification_no_show_excused_when_decided",
            )
        ]
        indexes = [
            models.Index(
                fields=["expired_at"],
                condition=Q(decided_at=None),
                name="gamification_no_show_open",
            ),
            models.Index(fields=["rider_id", "-expired_at"], name="gamification_no_show_of_rider"),
        ]
        triggers = [
            refuse(
                "gamification_no_show_decided_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.decided_at IS NOT NULL",
            ),
            refuse("gamification_no_show_kept", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"no-show {self.booking_id}"
