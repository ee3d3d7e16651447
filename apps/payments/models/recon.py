"""The bank's word, and what is left when ledger, Razorpay and bank are laid side by side."""

import pgtrigger
from django.db import models
from django.db.models import Q

from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id


class BankStatement(models.Model):
    """One uploaded file: what it brought, what was known, and which of its lines to look at and why."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64)
    filename = models.CharField(max_length=120)
    uploaded_by = models.UUIDField()
    uploaded_at = models.DateTimeField()
    lines_new = models.PositiveIntegerField()
    lines_known = models.PositiveIntegerField()
    # Of each line to look at its number, the reason, and whether it was taken in all the same.
    objections = models.JSONField(default=list)
    closing_paise = models.BigIntegerField(null=True)
    closes_on = models.DateField(null=True)

    class Meta:
        permissions = [("upload_bank_statement", "May upload bank statements")]
        constraints = [
            models.UniqueConstraint(fields=["sha256"], name="payments_statement_file_once"),
            models.CheckConstraint(
                condition=Q(closing_paise__isnull=True)
                | Q(closing_paise__isnull=False, closes_on__isnull=False),
                name="payments_statement_closes_on_a_day",
            ),
        ]
        triggers = [append_only("payments_statement_append_only")]

    def __str__(self) -> str:
        return self.filename


class BankLine(models.Model):
    """
    One line of the bank's, once however often it is uploaded: `fingerprint` is the line itself.

    `matched_to` names what it is the bank's side of: a settlement or a posting. One line for each.
    """

    class Direction(models.TextChoices):
        CREDIT = "CREDIT"
        DEBIT = "DEBIT"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    line_number = models.PositiveIntegerField()
    booked_on = models.DateField()
    direction = models.CharField(max_length=6, choices=Direction)
    amount_paise = models.BigIntegerField()
    # It names payers and payees.
    narration = SealedTextField(
        max_length=300, blank=True, db_column="narration_sealed", db_default=""
    )
    utr = models.CharField(max_length=40, blank=True)
    balance_paise = models.BigIntegerField(null=True)
    fingerprint = models.CharField(max_length=64)
    matched_to = models.CharField(max_length=120, blank=True)
    matched_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("record_float_funding", "May record money moved to or from the float")]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="payments_bank_line_once"),
            models.UniqueConstraint(
                fields=["matched_to"],
                condition=~Q(matched_to=""),
                name="payments_bank_line_match_once",
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1, direction__in=["CREDIT", "DEBIT"]),
                name="payments_bank_line_amount",
            ),
            models.CheckConstraint(
                condition=Q(matched_to="", matched_at__isnull=True)
                | (~Q(matched_to="") & Q(matched_at__isnull=False)),
                name="payments_bank_line_matched_at",
            ),
        ]
        indexes = [
            models.Index(fields=["utr"], name="payments_bank_line_utr"),
            models.Index(
                fields=["booked_on"],
                condition=Q(matched_to=""),
                name="payments_bank_line_unmatched",
            ),
        ]
        triggers = [
            refuse("payments_bank_line_kept", pgtrigger.Delete | pgtrigger.Truncate),
            refuse(
                "payments_bank_line_facts",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id",
                    "statement_id",
                    "line_number",
                    "booked_on",
                    "direction",
                    "amount_paise",
                    "utr",
                    "balance_paise",
                    "fingerprint",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.direction.lower()} {self.utr or 'without a reference'}"

    @property
    def signed_paise(self) -> int:
        """The amount as it changes the balance."""
        return self.amount_paise if self.direction == self.Direction.CREDIT else -self.amount_paise


class ReconRun(models.Model):
    """One time that ledger, Razorpay and bank were laid side by side, with its totals in paise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ran_at = models.DateTimeField()
    since = models.DateTimeField()
    # By subject and side: payments, settlements, payouts, bank.
    totals = models.JSONField()
    matched = models.PositiveIntegerField()
    found_new = models.PositiveIntegerField()
    cleared = models.PositiveIntegerField()
    standing = models.PositiveIntegerField()

    class Meta:
        verbose_name = "reconciliation run"
        indexes = [models.Index(fields=["-ran_at"], name="payments_recon_run_newest")]
        triggers = [append_only("payments_recon_run_append_only")]

    def __str__(self) -> str:
        return f"{self.ran_at:%Y-%m-%d %H:%M}"


class ReconException(models.Model):
    """
    One fact on which ledger, Razorpay and bank do not agree; found once, kept for ever.

    `standing` while the last run still saw it. OPEN until an operator explained or closed it, or it
    went away by itself. `bank_effect_paise` is by how much it makes the bank's balance differ from
    what the ledger says.
    """

    class Kind(models.TextChoices):
        PAYMENT_NOT_CREDITED = "PAYMENT_NOT_CREDITED", "captured, credited to nobody"
        PAYMENT_UNKNOWN = "PAYMENT_UNKNOWN", "credited, unknown to Razorpay"
        PAYMENT_AMOUNT = "PAYMENT_AMOUNT", "credited with another amount"
        PAYMENT_REFUNDED = "PAYMENT_REFUNDED", "credited, and given back by Razorpay"
        PAYMENT_NOT_SETTLED = "PAYMENT_NOT_SETTLED", "captured, not settled in time"
        SETTLED_UNKNOWN = "SETTLED_UNKNOWN", "settled, unknown to us"
        SETTLED_TWICE = "SETTLED_TWICE", "settled a second time"
        SETTLED_AMOUNT = "SETTLED_AMOUNT", "settled with another amount"
        SETTLED_FEE = "SETTLED_FEE", "settled with another fee"
        DEDUCTION_UNKNOWN = "DEDUCTION_UNKNOWN", "deducted, we know not why"
        DEDUCTION_UNCOVERED = "DEDUCTION_UNCOVERED", "deducted more than was settled"
        BANK_MISSING = "BANK_MISSING", "not on the bank's statement"
        BANK_AMOUNT = "BANK_AMOUNT", "another amount at the bank"
        BANK_UNKNOWN = "BANK_UNKNOWN", "at the bank, expected by nobody"
        PAYOUT_UNKNOWN = "PAYOUT_UNKNOWN", "paid out, not in our books"
        PAYOUT_MISSING = "PAYOUT_MISSING", "in our books, not paid out"
        PAYOUT_AMOUNT = "PAYOUT_AMOUNT", "paid out with another amount or fee"

    class State(models.TextChoices):
        OPEN = "OPEN"
        EXPLAINED = "EXPLAINED"
        CLOSED = "CLOSED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=120)
    amount_paise = models.BigIntegerField()
    expected_paise = models.BigIntegerField(null=True)
    found_paise = models.BigIntegerField(null=True)
    bank_effect_paise = models.BigIntegerField(default=0)
    detail = models.CharField(max_length=300)
    occurred_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    standing = models.BooleanField(default=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=500, blank=True)
    # Null when the run itself saw it go away.
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "reconciliation exception"
        permissions = [("decide_recon_exception", "May explain and close exceptions")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="payments_exception_once"),
            models.CheckConstraint(
                condition=Q(state="OPEN", reason="", decided_by__isnull=True)
                & Q(decided_at__isnull=True)
                | Q(state__in=["EXPLAINED", "CLOSED"], decided_at__isnull=False) & ~Q(reason=""),
                name="payments_exception_decided",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=models.F("first_seen_at")),
                name="payments_exception_seen_in_order",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-first_seen_at"], name="payments_exception_open"),
            models.Index(
                fields=["kind"], condition=Q(standing=True), name="payments_exception_standing"
            ),
        ]
        triggers = [
            refuse("payments_exception_kept", pgtrigger.Delete | pgtrigger.Truncate),
            refuse(
                "payments_exception_facts",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id",
                    "kind",
                    "subject",
                    "first_seen_at",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class CustodyCheck(models.Model):
    """
    One comparison of the bank's closing balance with the ledger's, and of custody with what is owed.

    `difference_paise` is what the bank holds beyond (or below) the ledger, money on its way and what
    operators have explained. Not whole: payouts were halted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    checked_at = models.DateTimeField()
    closes_on = models.DateField(null=True)
    bank_paise = models.BigIntegerField(null=True)
    ledger_paise = models.BigIntegerField()
    in_transit_paise = models.BigIntegerField(default=0)
    explained_paise = models.BigIntegerField(default=0)
    difference_paise = models.BigIntegerField(default=0)
    # What the ledger has in custody, and what of it is owed to others; checks of before did not keep it.
    held_paise = models.BigIntegerField(null=True)
    owed_paise = models.BigIntegerField(null=True)
    # By how much custody is less than what is owed to others, as the ledger's own check says.
    shortfall = models.CharField(max_length=300, blank=True)
    whole = models.BooleanField()
    halted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(whole=True, difference_paise=0, shortfall="", halted=False)
                | Q(whole=False) & (~Q(difference_paise=0) | ~Q(shortfall="")),
                name="payments_custody_whole",
            ),
        ]
        indexes = [models.Index(fields=["-checked_at"], name="payments_custody_newest")]
        triggers = [append_only("payments_custody_append_only")]

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M} {'whole' if self.whole else 'not whole'}"
