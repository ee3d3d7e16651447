"""A rider's complaint about an order: said to the seller's app, answered by it, closed by the rider."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.ondc.models.orders import RideOrder
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class Issue(models.Model):
    """
    One complaint (IGM). `status` moves forward only and ends closed; a level is never lowered.

    `id` is what both sides call it. What was said is a list of acts that only grows; every message to the
    seller repeats it whole.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN"
        PROCESSING = "PROCESSING"
        RESOLVED = "RESOLVED"
        CLOSED = "CLOSED"

    class Level(models.TextChoices):
        ISSUE = "ISSUE"
        # To the seller's grievance officer.
        GRIEVANCE = "GRIEVANCE"
        DISPUTE = "DISPUTE"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(RideOrder, models.PROTECT, related_name="issues")
    # How it is spoken: 1.0.0 or 2.0.0.
    version = models.CharField(max_length=8)
    category = models.CharField(max_length=16)
    code = models.CharField(max_length=8)
    short_text = SealedTextField(max_length=200, blank=True)
    long_text = SealedTextField(max_length=1_000, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    level = models.CharField(max_length=9, choices=Level, default=Level.ISSUE)
    rating = models.CharField(max_length=11, blank=True)
    # The seller's people, resolutions and ids, repeated as they came: JSON.
    sellers_part = SealedTextField(blank=True)
    respond_by = models.DateTimeField()
    resolve_by = models.DateTimeField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=~Q(status="CLOSED"), name="ondc_issue_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "PROCESSING", "RESOLVED", "CLOSED"])
                & Q(level__in=["ISSUE", "GRIEVANCE", "DISPUTE"])
                & Q(version__in=["1.0.0", "2.0.0"]),
                name="ondc_issue_known",
            ),
            models.CheckConstraint(
                condition=Q(rating="")
                | Q(status="CLOSED", rating__in=["THUMBS_UP", "THUMBS_DOWN"]),
                name="ondc_issue_rated_when_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["resolve_by"], condition=~Q(status="CLOSED"), name="ondc_issue_waiting"
            )
        ]
        triggers = [
            refuse(
                "ondc_issue_closed_is_closed",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.status = 'CLOSED' AND NEW.status <> 'CLOSED'"
                " OR NEW.order_id <> OLD.order_id OR NEW.code <> OLD.code"
                " OR (OLD.level <> 'ISSUE' AND NEW.level = 'ISSUE')",
            ),
            refuse("ondc_issue_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.status.lower()}"


class IssueAct(models.Model):
    """One thing that one side did about a complaint, as it was told; told again it is no second one."""

    class By(models.TextChoices):
        RIDER = "RIDER"
        SELLER = "SELLER"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="acts")
    # Its id in the messages of both sides; of 1.0.0 made of what it says and when.
    key = models.CharField(max_length=128)
    by = models.CharField(max_length=6, choices=By)
    code = models.CharField(max_length=24)
    text = SealedTextField(max_length=500, blank=True)
    # A resolution that it is about, or a question that it answers.
    ref = models.CharField(max_length=128, blank=True)
    resolution = models.CharField(max_length=24, blank=True)
    refund_paise = models.BigIntegerField(null=True)
    # As it stands in the messages, repeated as it came; it may name the seller's people.
    told = SealedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "by", "key"], name="ondc_issue_act_once"),
            models.CheckConstraint(
                condition=Q(by__in=["RIDER", "SELLER"]), name="ondc_issue_act_by_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} by {self.by.lower()}"
