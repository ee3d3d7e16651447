"""Money that merchants add to their wallets."""

from django.db import models
from django.db.models import F, Q

from uma.kernel.ids import new_id


class TopUp(models.Model):
    """
    One wish to add money: recorded first, then ordered at Razorpay, then paid by somebody.

    CREATED: Razorpay may know it or not (its `receipt` is this id). OPEN: the order can be paid. PAID:
    the wallet was credited, by exactly one payment for exactly this amount.
    """

    class State(models.TextChoices):
        CREATED = "CREATED"
        OPEN = "OPEN"
        PAID = "PAID"
        EXPIRED = "EXPIRED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("merchants.Merchant", models.PROTECT, related_name="+")
    amount_paise = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.CREATED)
    # Null until Razorpay answered.
    order_id = models.CharField(max_length=40, null=True)  # noqa: DJ001
    requested_by = models.UUIDField()
    # Null when the client sent no key: the unique pair then binds nothing.
    request_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    request_fingerprint = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    status_changed_at = models.DateTimeField()
    # When the poller asks Razorpay next whether somebody has paid.
    next_look_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id"], name="payments_top_up_order_once"),
            models.UniqueConstraint(
                fields=["requested_by", "request_key"], name="payments_top_up_request_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1), name="payments_top_up_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(state="CREATED", order_id__isnull=True)
                | Q(state__in=["OPEN", "PAID"], order_id__isnull=False)
                | Q(state="EXPIRED"),
                name="payments_top_up_ordered_when_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"], condition=Q(state="OPEN"), name="payments_top_up_look"
            ),
            models.Index(fields=["merchant", "-id"], name="payments_top_up_of_merchant"),
        ]

    def __str__(self) -> str:
        return f"top-up {self.pk}"


class Payment(models.Model):
    """
    One captured payment, credited once: INV-27 is this row's primary key.

    Amount, fee and tax (which the fee includes) are what Razorpay's API said, in paise.
    """

    payment_id = models.CharField(primary_key=True, max_length=40)
    top_up = models.OneToOneField(TopUp, models.PROTECT, related_name="payment")
    journal_id = models.UUIDField()
    amount_paise = models.BigIntegerField()
    fee_paise = models.BigIntegerField()
    tax_paise = models.BigIntegerField()
    method = models.CharField(max_length=20, blank=True)
    credited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1, tax_paise__gte=0)
                & Q(fee_paise__gte=F("tax_paise"), amount_paise__gte=F("fee_paise")),
                name="payments_payment_amounts_in_range",
            )
        ]

    def __str__(self) -> str:
        return self.payment_id
