"""Payments that a customer's bank takes back."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.payments.models.top_ups import Payment
from uma.kernel.guards import refuse


class PaymentDispute(models.Model):
    """
    One dispute as Razorpay's API told it last; the money is taken from the merchant at most once.

    `journal_id` is the chargeback: `wallet_paise` came out of the wallet, the rest is the merchant's
    debt. `returned_journal_id` is its return. LOST, WON and CLOSED are final.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN"
        UNDER_REVIEW = "UNDER_REVIEW"
        LOST = "LOST"
        WON = "WON"
        CLOSED = "CLOSED"

    dispute_id = models.CharField(primary_key=True, max_length=40)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    phase = models.CharField(max_length=20)
    status = models.CharField(max_length=12, choices=Status)
    reason_code = models.CharField(max_length=64, blank=True)
    amount_paise = models.BigIntegerField()
    wallet_paise = models.BigIntegerField(default=0)
    respond_by = models.DateTimeField(null=True)
    journal_id = models.UUIDField(null=True)
    returned_journal_id = models.UUIDField(null=True)
    first_heard_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1, wallet_paise__gte=0)
                & Q(wallet_paise__lte=F("amount_paise")),
                name="payments_dispute_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["OPEN", "UNDER_REVIEW", "LOST", "WON", "CLOSED"]),
                name="payments_dispute_status_known",
            ),
            models.CheckConstraint(
                condition=Q(returned_journal_id__isnull=True)
                | Q(journal_id__isnull=False, status__in=["WON", "CLOSED"]),
                name="payments_dispute_returned_when_taken",
            ),
            models.CheckConstraint(
                condition=Q(journal_id__isnull=False) | Q(wallet_paise=0),
                name="payments_dispute_taken_by_journal",
            ),
        ]
        indexes = [
            models.Index(fields=["-first_heard_at"], name="payments_dispute_newest"),
            models.Index(
                fields=["first_heard_at"], condition=Q(status="OPEN"), name="payments_dispute_open"
            ),
        ]
        triggers = [
            refuse("payments_dispute_kept", pgtrigger.Delete | pgtrigger.Truncate),
            refuse(
                "payments_dispute_facts",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "dispute_id",
                    "payment_id",
                    "amount_paise",
                    "first_heard_at",
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.dispute_id

    @property
    def debt_paise(self) -> int:
        """What the wallet could not pay when the money was taken."""
        return self.amount_paise - self.wallet_paise if self.journal_id else 0
