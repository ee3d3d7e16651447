"""Money on its way out: to riders who withdraw, and back to merchants who take out what is unused."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.payments.machine import ARROWS, State
from apps.payments.models.fund_accounts import FundAccount
from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id

_ARROWS = ", ".join(
    f"('{before}', '{after}')" for before in State for after in sorted(ARROWS[before])
)
# What changes while a payout goes its way; all else is what was asked for.
_MOVING = [
    "state", "status_changed_at", "screened_for", "next_look_at", "attempts", "claimed_at",
    "submitted_at", "razorpay_id", "fee_paise", "tax_paise", "utr", "failure_reason",
    "paid_journal_id", "returned_journal_id", "processed_at",
]  # fmt: skip
# Written once; a second answer of Razorpay's about the same payout must not overwrite the first.
_ONCE = ("submitted_at", "razorpay_id", "paid_journal_id", "returned_journal_id", "processed_at")
_REWRITTEN = " OR ".join(
    f"(OLD.{name} IS NOT NULL AND NEW.{name} IS DISTINCT FROM OLD.{name})" for name in _ONCE
)


class Payout(models.Model):
    """
    One payment to the payee's own account: a rider's withdrawal or a merchant's refund.

    The money is set aside in the ledger when the row is made (`held_journal_id`). Then it is paid
    (`paid_journal_id`), or goes back (`returned_journal_id`), or both when the bank sends it back
    later; each journal's reference names this row, so that each is posted once. The id is the
    idempotency key at Razorpay and, without dashes, the reference to look it up by.
    """

    class Kind(models.TextChoices):
        WITHDRAWAL = "WITHDRAWAL"
        REFUND = "REFUND"

    class Mode(models.TextChoices):
        UPI = "UPI"
        IMPS = "IMPS"
        RTGS = "RTGS"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    merchant = models.ForeignKey(
        "merchants.Merchant", models.PROTECT, null=True, blank=True, related_name="+"
    )
    zone_code = models.CharField(max_length=8)
    fund_account = models.ForeignKey(FundAccount, models.PROTECT, related_name="+")
    amount_paise = models.BigIntegerField()
    mode = models.CharField(max_length=4, choices=Mode)
    # The payee's bank, as the first four letters of its IFSC; a VPA does not tell.
    bank = models.CharField(max_length=4, blank=True, db_default="")
    held_journal_id = models.UUIDField()
    requested_by = models.UUIDField()
    # Null when the client sent no key: the unique pair then binds nothing.
    request_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    request_fingerprint = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    state = models.CharField(
        max_length=16, choices=[(state.value, state.label) for state in State], default="REQUESTED"
    )
    status_changed_at = models.DateTimeField()
    # Why a person has to look at it first.
    screened_for = models.CharField(max_length=40, blank=True)
    # When a job takes it up next: to submit it, or to ask what became of it. While a worker holds
    # it, when its lease ends; `attempts` is that lease's fencing number.
    next_look_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The newest lease and the first: from then on Razorpay may have the payout.
    claimed_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    razorpay_id = models.CharField(max_length=40, null=True)  # noqa: DJ001
    # The fee includes the tax.
    fee_paise = models.BigIntegerField(null=True)
    tax_paise = models.BigIntegerField(null=True)
    utr = models.CharField(max_length=40, blank=True)
    # Razorpay's own word or ours, never the text of somebody else's answer.
    failure_reason = models.CharField(max_length=64, blank=True)
    paid_journal_id = models.UUIDField(null=True)
    returned_journal_id = models.UUIDField(null=True)
    processed_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [
            ("screen_payout", "May approve and reject payouts that a person has to look at"),
            ("ask_about_payout", "May have Razorpay asked about a payout again"),
            ("halt_payouts", "May stop all payouts and let them go on"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="WITHDRAWAL", person__isnull=False, merchant__isnull=True)
                | Q(kind="REFUND", person__isnull=True, merchant__isnull=False),
                name="payments_payout_has_one_payee",
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1), name="payments_payout_amount_positive"
            ),
            # It leaves the float of a zone: without one it could be asked for and never be paid.
            models.CheckConstraint(condition=~Q(zone_code=""), name="payments_payout_has_a_zone"),
            models.UniqueConstraint(fields=["razorpay_id"], name="payments_payout_sent_once"),
            models.UniqueConstraint(
                fields=["requested_by", "request_key"], name="payments_payout_request_once"
            ),
            # Every state stands in one of the lists, so an unknown one is refused as well.
            models.CheckConstraint(
                condition=Q(
                    state__in=["REQUESTED", "SCREENING", "APPROVED"],
                    submitted_at__isnull=True,
                    razorpay_id__isnull=True,
                    attempts=0,
                )
                | Q(state="SUBMITTING", submitted_at__isnull=False, razorpay_id__isnull=True)
                | Q(
                    state__in=["PENDING_APPROVAL", "QUEUED", "PROCESSING", "PROCESSED", "REVERSED"],
                    submitted_at__isnull=False,
                    razorpay_id__isnull=False,
                )
                | Q(state__in=["FAILED", "CANCELLED", "REJECTED"]),
                name="payments_payout_submitted_when",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["PROCESSED", "REVERSED"],
                    paid_journal_id__isnull=False,
                    processed_at__isnull=False,
                    fee_paise__isnull=False,
                )
                | Q(
                    ~Q(state="PROCESSED"),
                    paid_journal_id__isnull=True,
                    processed_at__isnull=True,
                    fee_paise__isnull=True,
                ),
                name="payments_payout_paid_when_processed",
            ),
            models.CheckConstraint(
                condition=Q(fee_paise__isnull=True, tax_paise__isnull=True)
                # NULL >= anything is unknown, and a CHECK lets the unknown pass.
                | Q(fee_paise__isnull=False, tax_paise__isnull=False)
                & Q(tax_paise__gte=0, fee_paise__gte=F("tax_paise")),
                name="payments_payout_fee_includes_tax",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["FAILED", "CANCELLED", "REJECTED", "REVERSED"],
                    returned_journal_id__isnull=False,
                )
                | Q(
                    ~Q(state__in=["FAILED", "CANCELLED", "REJECTED", "REVERSED"]),
                    returned_journal_id__isnull=True,
                ),
                name="payments_payout_returned_when_over",
            ),
            models.CheckConstraint(
                condition=~Q(
                    state__in=[
                        "APPROVED",
                        "SUBMITTING",
                        "PENDING_APPROVAL",
                        "QUEUED",
                        "PROCESSING",
                    ]
                )
                | Q(next_look_at__isnull=False),
                name="payments_payout_is_looked_at",
            ),
            models.CheckConstraint(
                condition=Q(status_changed_at__gte=F("created_at")),
                name="payments_payout_times_in_order",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
                name="payments_payout_due",
            ),
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["REQUESTED", "SCREENING", "PROCESSING"]),
                name="payments_payout_under_way",
            ),
            models.Index(fields=["utr"], condition=~Q(utr=""), name="payments_payout_utr"),
            # Few come back; each hour looks at whether they came back in time.
            models.Index(
                fields=["id"],
                condition=Q(returned_journal_id__isnull=False),
                name="payments_payout_came_back",
            ),
            models.Index(fields=["person", "-id"], name="payments_payout_of_person"),
            models.Index(fields=["merchant", "-id"], name="payments_payout_of_merchant"),
        ]
        triggers = [
            refuse(
                "payments_payout_born_requested",
                pgtrigger.Insert,
                level=pgtrigger.Row,
                condition="NEW.state <> 'REQUESTED'",
            ),
            refuse(
                "payments_payout_terms_frozen",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=pgtrigger.AnyChange(exclude=_MOVING),
            ),
            refuse(
                "payments_payout_arrows",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({_ARROWS})",
            ),
            refuse(
                "payments_payout_written_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"({_REWRITTEN})",
            ),
            refuse("payments_payout_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.pk}"

    @property
    def reference(self) -> str:
        """What Razorpay knows it by; at most forty characters."""
        return self.pk.hex


class PayoutTransition(models.Model):
    """One step of a payout: from where to where, when, and who or what brought the news. Append-only."""

    class Source(models.TextChoices):
        PAYEE = "PAYEE", "the payee"
        DESK = "DESK", "an operator"
        RULE = "RULE", "the platform's rules"
        ANSWER = "ANSWER", "Razorpay's answer to us"
        EVENT = "EVENT", "Razorpay, after its event"

    id = models.BigAutoField(primary_key=True)
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="transitions")
    before = models.CharField(max_length=16, blank=True)
    after = models.CharField(max_length=16)
    source = models.CharField(max_length=6, choices=Source)
    actor_id = models.UUIDField(null=True)
    note = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        triggers = [append_only("payments_payout_transition_append_only")]

    def __str__(self) -> str:
        return f"{self.before or '—'} → {self.after}"


class PayoutHalt(models.Model):
    """
    While one of these stands, nothing is submitted to Razorpay; who asks for a payout is told to wait.

    What Razorpay already has goes on: it is out of our hands, and its outcome must be known.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reason = models.CharField(max_length=200)
    # Null: the platform's own checks.
    halted_by = models.UUIDField(null=True)
    halted_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.UUIDField(null=True)
    lifted_because = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reason"], condition=Q(lifted_at=None), name="payments_halt_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_because="")
                | Q(lifted_at__isnull=False, lifted_at__gte=F("halted_at")) & ~Q(lifted_because=""),
                name="payments_halt_lifted_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class PayoutDowntime(models.Model):
    """
    A bank that takes no payouts by these ways, as Razorpay told; believed for a while and no longer.

    Without a bank it is all of them. What is over stays over, whatever is told late.
    """

    # Razorpay's name of it; the column was once the way of paying.
    id = models.CharField(max_length=40, primary_key=True, db_column="mode")
    modes = ArrayField(models.CharField(max_length=8), db_default=[])
    bank = models.CharField(max_length=16, blank=True, db_default="")
    told_at = models.DateTimeField()
    # A lost "resolved" must not hold payouts back for ever: Razorpay queues them itself.
    until = models.DateTimeField()
    is_over = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"{self.bank or 'every bank'} by {', '.join(self.modes)} until {self.until}"
