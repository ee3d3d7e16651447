"""What Razorpay paid into the bank: batches, and their lines."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id


class Settlement(models.Model):
    """One transfer of Razorpay's to the bank, named there by its UTR; its lines say what it is made of."""

    settlement_id = models.CharField(primary_key=True, max_length=40)
    utr = models.CharField(max_length=40)
    settled_at = models.DateTimeField()
    pulled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["utr"], name="payments_settlement_utr_once"),
        ]
        indexes = [models.Index(fields=["-settled_at"], name="payments_settlement_newest")]
        triggers = [append_only("payments_settlement_append_only")]

    def __str__(self) -> str:
        return self.settlement_id


class SettledLine(models.Model):
    """
    One line of a settlement: a payment that came, or what Razorpay kept back from the others.

    POSTED: the ledger has it (once for a payment, for ever). DEDUCTED: it was withheld from the bank
    legs of payments in its batch. HELD: it is not what our books expect, `held_for` says why, and
    nothing was guessed.
    """

    class Kind(models.TextChoices):
        PAYMENT = "PAYMENT"
        REFUND = "REFUND"
        ADJUSTMENT = "ADJUSTMENT"

    class State(models.TextChoices):
        POSTED = "POSTED"
        DEDUCTED = "DEDUCTED"
        HELD = "HELD"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=10, choices=Kind)
    entity_id = models.CharField(max_length=40)
    # The payment that a refund or a dispute is about, the dispute of an adjustment.
    payment_id = models.CharField(max_length=40, blank=True)
    dispute_id = models.CharField(max_length=40, blank=True)
    order_id = models.CharField(max_length=40, blank=True)
    amount_paise = models.BigIntegerField()
    fee_paise = models.BigIntegerField()
    tax_paise = models.BigIntegerField()
    credit_paise = models.BigIntegerField()
    debit_paise = models.BigIntegerField()
    # How much of this line's money pays for deductions of its batch.
    withheld_paise = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    held_for = models.CharField(max_length=40, blank=True)
    journal_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "entity_id"], name="payments_settled_line_once"
            ),
            models.UniqueConstraint(
                fields=["entity_id"],
                condition=Q(state="POSTED"),
                name="payments_settled_line_posted_once",
            ),
            models.CheckConstraint(
                condition=Q(state="POSTED", journal_id__isnull=False, held_for="")
                | Q(state="DEDUCTED", journal_id__isnull=True, held_for="")
                | (Q(state="HELD", journal_id__isnull=True) & ~Q(held_for="")),
                name="payments_settled_line_state",
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=0, tax_paise__gte=0, credit_paise__gte=0)
                & Q(fee_paise__gte=F("tax_paise"), debit_paise__gte=0)
                & Q(withheld_paise__gte=0, withheld_paise__lte=F("credit_paise")),
                name="payments_settled_line_amounts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["settlement"], condition=Q(state="HELD"), name="payments_settled_line_held"
            ),
            models.Index(fields=["payment_id"], name="payments_settled_line_payment"),
        ]
        triggers = [
            refuse("payments_settled_line_kept", pgtrigger.Delete | pgtrigger.Truncate),
            refuse(
                "payments_settled_line_facts",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id",
                    "settlement_id",
                    "kind",
                    "entity_id",
                    "payment_id",
                    "dispute_id",
                    "order_id",
                    "amount_paise",
                    "fee_paise",
                    "tax_paise",
                    "credit_paise",
                    "debit_paise",
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.entity_id
