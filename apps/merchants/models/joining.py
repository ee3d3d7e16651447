"""How a business comes in: its application, and where the review of it stands."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from apps.merchants.models.businesses import Merchant
from uma.kernel.guards import refuse

FINGERPRINT_BYTES = 32

# Who may follow whom. An application is edited while it waits; what was decided stays as it was.
_ARROWS = """
    (OLD.state, NEW.state) IN (
        ('APPLIED', 'APPLIED'), ('APPLIED', 'SENT_BACK'), ('APPLIED', 'APPROVED'),
        ('APPLIED', 'REJECTED'), ('SENT_BACK', 'APPLIED'), ('SENT_BACK', 'REJECTED')
    )
"""


class Application(models.Model):
    """
    A person's wish to bring a business in; the merchant is APPLIED until this is decided.

    `revision` counts what was submitted: an operator approves the revision that was looked at and
    no later one. `reason` is what the reviewer said last.
    """

    class State(models.TextChoices):
        APPLIED = "APPLIED"
        SENT_BACK = "SENT_BACK"
        APPROVED = "APPROVED"
        REJECTED = "REJECTED"

    OPEN = (State.APPLIED, State.SENT_BACK)

    merchant = models.OneToOneField(
        Merchant, on_delete=models.PROTECT, primary_key=True, related_name="application"
    )
    applicant = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State, default=State.APPLIED)
    revision = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    request_key = models.CharField(max_length=255, blank=True)
    request_fingerprint = models.BinaryField(null=True)

    class Meta:
        permissions = [("review_merchant", "May approve, send back and reject applications")]
        indexes = [
            models.Index(
                fields=["submitted_at"],
                condition=Q(state="APPLIED"),
                name="merchants_application_queue",
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="APPLIED", decided_at__isnull=True)
                | Q(state="APPROVED", decided_at__isnull=False)
                | (
                    Q(state__in=["SENT_BACK", "REJECTED"], decided_at__isnull=False) & ~Q(reason="")
                ),
                name="merchants_application_decided",
            ),
            models.UniqueConstraint(
                fields=["applicant", "request_key"],
                condition=Q(request_key__gt=""),
                name="merchants_application_request_once",
            ),
            models.CheckConstraint(
                condition=Q(request_key="", request_fingerprint__isnull=True)
                | (
                    ~Q(request_key="")
                    # NULL = 32 is unknown, and a CHECK lets the unknown pass.
                    & Q(request_fingerprint__isnull=False)
                    & Q(
                        Exact(
                            Func(
                                F("request_fingerprint"),
                                function="octet_length",
                                output_field=models.IntegerField(),
                            ),
                            FINGERPRINT_BYTES,
                        )
                    )
                ),
                name="merchants_application_request_whole",
            ),
        ]
        triggers = [
            refuse(
                "merchants_application_born_applied",
                pgtrigger.Insert,
                level=pgtrigger.Row,
                condition="NEW.state <> 'APPLIED'",
            ),
            refuse(
                "merchants_application_arrows",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"NOT ({_ARROWS})",
            ),
            refuse("merchants_application_kept", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"application of {self.merchant_id}"
