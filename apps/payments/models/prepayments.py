"""What riders pay in advance for something that an app above sells, and what is owed back of it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import refuse
from uma.kernel.ids import new_id

# From → to. What was let go may still turn out to be captured: an account may capture by itself.
ARROWS = (
    ("CREATED", "OPEN"), ("CREATED", "RELEASED"), ("OPEN", "HELD"), ("OPEN", "RELEASED"),
    ("HELD", "PLEDGED"), ("HELD", "RELEASED"), ("PLEDGED", "DUE"), ("PLEDGED", "RELEASED"),
    ("DUE", "CAPTURED"), ("DUE", "LOST"), ("RELEASED", "CAPTURED"), ("LOST", "CAPTURED"),
)  # fmt: skip
_ARROWS = ", ".join(f"('{before}', '{after}')" for before, after in ARROWS)
LIVE = ("CREATED", "OPEN", "HELD", "PLEDGED", "DUE", "CAPTURED")


class Prepayment(models.Model):
    """
    One payment in advance: held first, taken when what it is for was delivered, never the rider's cashback.

    CREATED: Razorpay may know an order for it (its `receipt` is this id). OPEN: it can be paid. HELD: the
    rider's bank holds the money for us. PLEDGED: the purchase was sent, and its outcome alone decides. DUE:
    bought, to be captured. RELEASED: not wanted; Razorpay gives uncaptured money back by itself, and what
    it captured nevertheless is refunded. LOST: bought, and the money could not be captured.
    """

    class State(models.TextChoices):
        CREATED = "CREATED"
        OPEN = "OPEN"
        HELD = "HELD"
        PLEDGED = "PLEDGED"
        DUE = "DUE"
        CAPTURED = "CAPTURED"
        RELEASED = "RELEASED"
        LOST = "LOST"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rider = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    zone_code = models.CharField(max_length=8)
    # The order that it is for, by its id in the app that sells.
    purpose = models.UUIDField()
    amount_paise = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.CREATED)
    # Null until Razorpay answered.
    order_id = models.CharField(max_length=40, null=True)  # noqa: DJ001
    # Null until somebody paid.
    payment_id = models.CharField(max_length=40, null=True)  # noqa: DJ001
    method = models.CharField(max_length=20, blank=True)
    fee_paise = models.BigIntegerField(default=0)
    tax_paise = models.BigIntegerField(default=0)
    # The posting of its capture.
    journal_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    state_changed_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True)
    # When the job looks at it again, none for never, and how often it did; while it looks, its lease.
    next_look_at = models.DateTimeField(null=True)
    looks = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id"], name="payments_prepayment_order_once"),
            models.UniqueConstraint(fields=["payment_id"], name="payments_prepayment_payment_once"),
            models.UniqueConstraint(
                fields=["purpose"],
                condition=Q(state__in=LIVE),
                name="payments_prepayment_one_live",
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=100), name="payments_prepayment_amount_payable"
            ),
            models.CheckConstraint(
                condition=Q(tax_paise__gte=0, fee_paise__gte=F("tax_paise"))
                & Q(amount_paise__gte=F("fee_paise")),
                name="payments_prepayment_fee_in_range",
            ),
            models.CheckConstraint(
                condition=Q(state="CREATED", order_id__isnull=True, payment_id__isnull=True)
                | Q(state="OPEN", order_id__isnull=False, payment_id__isnull=True)
                | Q(
                    state__in=["HELD", "PLEDGED", "DUE", "CAPTURED", "LOST"],
                    order_id__isnull=False,
                    payment_id__isnull=False,
                )
                | Q(state="RELEASED"),
                name="payments_prepayment_paid_when_held",
            ),
            models.CheckConstraint(
                condition=Q(state="CAPTURED", journal_id__isnull=False, captured_at__isnull=False)
                | (~Q(state="CAPTURED") & Q(journal_id__isnull=True, captured_at__isnull=True)),
                name="payments_prepayment_captured_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
                name="payments_prepayment_look",
            ),
            models.Index(fields=["purpose"], name="payments_prepayment_of_order"),
            models.Index(
                fields=["state_changed_at"],
                condition=Q(state="HELD"),
                name="payments_prepayment_held",
            ),
        ]
        triggers = [
            refuse(
                "payments_prepayment_arrows",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({_ARROWS})",
            ),
            refuse(
                "payments_prepayment_asked_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.rider_id <> OLD.rider_id OR NEW.purpose <> OLD.purpose"
                " OR NEW.amount_paise <> OLD.amount_paise OR NEW.zone_code <> OLD.zone_code"
                " OR (OLD.order_id IS NOT NULL AND NEW.order_id IS DISTINCT FROM OLD.order_id)"
                " OR (OLD.journal_id IS NOT NULL AND NEW.journal_id IS DISTINCT FROM OLD.journal_id)"
                " OR (OLD.payment_id IS NOT NULL"
                " AND NEW.payment_id IS DISTINCT FROM OLD.payment_id)",
            ),
            refuse("payments_prepayment_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"prepayment {self.pk}"


class PrepaymentRefund(models.Model):
    """
    What is owed back of a payment, until it went: one for a payment, for ever.

    OWED: to be sent once the payment is captured. SENT: Razorpay took it. SETTLED: paid by the bank, by an
    operator's word. STUCK: Razorpay said no, and a person decides.
    """

    class State(models.TextChoices):
        OWED = "OWED"
        SENT = "SENT"
        SETTLED = "SETTLED"
        STUCK = "STUCK"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    prepayment = models.OneToOneField(Prepayment, models.PROTECT, related_name="refund")
    amount_paise = models.BigIntegerField()
    # What was paid: no more than it goes back.
    paid_paise = models.BigIntegerField()
    reason = models.CharField(max_length=24)
    state = models.CharField(max_length=7, choices=State, default=State.OWED)
    # The posting by which it is owed, which waits for the capture; and the one by which it went.
    owed_journal_id = models.UUIDField(null=True)
    gone_journal_id = models.UUIDField(null=True)
    # Razorpay's id of the refund, or the bank's reference of the transfer.
    reference = models.CharField(max_length=64, blank=True)
    last_error = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    owed_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [
            ("settle_prepayment_refund", "May decide about a refund that Razorpay refused")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1, amount_paise__lte=F("paid_paise")),
                name="payments_prepayment_refund_in_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["SENT", "SETTLED"],
                    owed_journal_id__isnull=False,
                    gone_journal_id__isnull=False,
                    gone_at__isnull=False,
                )
                & ~Q(reference="")
                | Q(
                    state__in=["OWED", "STUCK"], gone_journal_id__isnull=True, gone_at__isnull=True
                ),
                name="payments_prepayment_refund_gone_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="OWED"),
                name="payments_refund_due",
            ),
            models.Index(
                fields=["owed_at"],
                condition=Q(state="STUCK"),
                name="payments_refund_stuck",
            ),
            models.Index(
                fields=["reference"],
                condition=~Q(reference=""),
                name="payments_refund_reference",
            ),
        ]
        triggers = [
            refuse(
                "payments_prepayment_refund_stays",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.prepayment_id <> OLD.prepayment_id"
                " OR NEW.amount_paise <> OLD.amount_paise OR NEW.paid_paise <> OLD.paid_paise"
                " OR (OLD.state IN ('SENT', 'SETTLED') AND NEW.state <> OLD.state)"
                " OR (OLD.owed_journal_id IS NOT NULL"
                " AND NEW.owed_journal_id IS DISTINCT FROM OLD.owed_journal_id)",
            ),
            refuse(
                "payments_prepayment_refund_never_deleted", pgtrigger.Delete | pgtrigger.Truncate
            ),
        ]

    def __str__(self) -> str:
        return f"refund {self.pk}"
