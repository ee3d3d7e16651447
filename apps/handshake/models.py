"""What a scan leaves behind: the handshake, and what may later be said against it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id


class Handshake(models.Model):
    """
    One settled booking: the record of the scan, of its idempotency key and of its follow-up.

    Written once, by `handshake_settle`, in the transaction that moves the money; only the marks of the
    follow-up and of the reversals change later. References to other apps' rows are plain identifiers:
    the settling statement has just read or written those rows under lock (decisions/0004).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    booking_id = models.UUIDField(unique=True)
    merchant_id = models.UUIDField()
    outlet_id = models.UUIDField()
    campaign_id = models.UUIDField()
    rider_id = models.UUIDField()
    actor_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    is_new_customer = models.BooleanField()
    # The reimbursement waits for a person's look; the customer at the counter is never told no.
    review = models.BooleanField()
    discount_bps = models.PositiveIntegerField()
    reimbursement_paise = models.BigIntegerField()
    cpt_fee_paise = models.BigIntegerField()
    cpa_fee_paise = models.BigIntegerField()
    gst_paise = models.BigIntegerField()
    merchant_debit_paise = models.BigIntegerField()
    released_paise = models.BigIntegerField()
    bill_paise = models.BigIntegerField(null=True)
    # Metres between the scanner and the outlet, when the scanner said where it is.
    scan_distance_m = models.IntegerField(null=True)
    # Null when the client sent no key: the unique pair then binds nothing.
    request_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    request_fingerprint = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    review_decided_at = models.DateTimeField(null=True)
    reversed_paise = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        permissions = [("reverse_handshake", "Can reverse a handshake or decide its dispute")]
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "request_key"], name="handshake_request_key_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    merchant_debit_paise=F("reimbursement_paise")
                    + F("cpt_fee_paise")
                    + F("cpa_fee_paise")
                    + F("gst_paise")
                ),
                name="handshake_debit_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(
                    reimbursement_paise__gte=0,
                    cpt_fee_paise__gte=0,
                    cpa_fee_paise__gte=0,
                    gst_paise__gte=0,
                    released_paise__gte=0,
                    reversed_paise__gte=0,
                    reversed_paise__lte=F("reimbursement_paise"),
                ),
                name="handshake_amounts_in_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant_id", "-created_at", "-id"], name="handshake_by_merchant"
            ),
            models.Index(fields=["rider_id", "-created_at"], name="handshake_by_rider"),
            models.Index(
                fields=["created_at"],
                condition=Q(announced_at__isnull=True),
                name="handshake_unannounced",
            ),
            models.Index(
                fields=["zone_code"],
                condition=Q(review=True, review_decided_at__isnull=True),
                name="handshake_waits_for_a_look",
            ),
        ]
        triggers = [
            refuse(
                "handshake_never_edited",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id",
                    "booking_id",
                    "merchant_id",
                    "outlet_id",
                    "campaign_id",
                    "rider_id",
                    "actor_id",
                    "zone_code",
                    "is_new_customer",
                    "review",
                    "discount_bps",
                    "reimbursement_paise",
                    "cpt_fee_paise",
                    "cpa_fee_paise",
                    "gst_paise",
                    "merchant_debit_paise",
                    "released_paise",
                    "bill_paise",
                    "scan_distance_m",
                    "request_key",
                    "request_fingerprint",
                    "created_at",
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]

    def __str__(self) -> str:
        return f"handshake {self.pk}"


class Reversal(models.Model):
    """Money returned to the merchant for a handshake; the sum never exceeds what was paid."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    handshake = models.ForeignKey(Handshake, models.PROTECT, related_name="reversals")
    full = models.BooleanField()
    reimbursement_paise = models.BigIntegerField()
    merchant_credit_paise = models.BigIntegerField()
    # What the rider had already spent: a debt that the next cashback pays.
    receivable_paise = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    actor_id = models.UUIDField()
    # Null when the client sent no key: the unique pair then binds nothing.
    request_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    request_fingerprint = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handshake"], condition=Q(full=True), name="handshake_reversed_in_full_once"
            ),
            models.UniqueConstraint(
                fields=["actor_id", "request_key"], name="handshake_reversal_key_once"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="handshake_reversal_newest")]
        triggers = [append_only("handshake_reversal_append_only")]

    def __str__(self) -> str:
        return f"reversal of {self.handshake_id}"


class Dispute(models.Model):
    """A handshake that one side contests; the rider's money is parked until it is decided."""

    class State(models.TextChoices):
        OPEN = "OPEN"
        FOR_RIDER = "FOR_RIDER", "decided for the rider"
        FOR_MERCHANT = "FOR_MERCHANT", "decided for the merchant"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    handshake = models.OneToOneField(Handshake, models.PROTECT, related_name="dispute")
    opened_by = models.UUIDField()
    opened_as = models.CharField(max_length=8)
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    parked_paise = models.BigIntegerField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at__isnull=True)
                | Q(state__in=["FOR_RIDER", "FOR_MERCHANT"], decided_at__isnull=False),
                name="handshake_dispute_decided_when_closed",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="OPEN"), name="handshake_dispute_due"
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(state="FOR_MERCHANT"),
                name="handshake_dispute_lost",
            ),
        ]
        triggers = [
            # What was contested, by whom and for how much money; a decision changes none of it.
            refuse(
                "handshake_dispute_never_edited",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id",
                    "handshake_id",
                    "opened_by",
                    "opened_as",
                    "parked_paise",
                    "opened_at",
                    "due_at",
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]

    def __str__(self) -> str:
        return f"dispute of {self.handshake_id}"


class CheckIn(models.Model):
    """
    A visit without a deal: nobody pays, and it is known that the person came.

    It shows who comes again unasked, and what those do to whom a deal is not shown (product rule 3).
    One a day for a person at an outlet.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant_id = models.UUIDField()
    outlet_id = models.UUIDField()
    rider_id = models.UUIDField()
    actor_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    # The day by the zone's clock.
    day = models.DateField()
    is_new_customer = models.BooleanField()
    bill_paise = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["outlet_id", "rider_id", "day"], name="handshake_check_in_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(bill_paise__isnull=True) | Q(bill_paise__gt=0),
                name="handshake_check_in_bill_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant_id", "created_at"], name="handshake_check_in_merchant"),
            models.Index(fields=["rider_id", "created_at"], name="handshake_check_in_rider"),
        ]
        triggers = [append_only("handshake_check_in_append_only")]

    def __str__(self) -> str:
        return f"check-in {self.pk}"


class BooksLook(models.Model):
    """
    What the newest look of its kind at the books found; one row for each kind.

    `clean_at` is when one last found nothing, so it is `looked_at` as long as the books are right.
    """

    class Kind(models.TextChoices):
        WHOLE = "WHOLE", "every row"
        RECENT = "RECENT", "every balance, and what moved lately"

    kind = models.CharField(max_length=6, primary_key=True, choices=Kind)
    looked_at = models.DateTimeField()
    wrong = models.PositiveIntegerField()
    # [check, row, detail] of the first of them.
    found = models.JSONField()
    clean_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "look at the books"
        verbose_name_plural = "looks at the books"
        constraints = [
            models.CheckConstraint(
                condition=Q(wrong=0, clean_at__isnull=False, clean_at=F("looked_at"), found=[])
                | Q(wrong__gt=0)
                & (Q(clean_at=None) | Q(clean_at__lt=F("looked_at")))
                & ~Q(found=[]),
                name="handshake_books_clean",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["WHOLE", "RECENT"]), name="handshake_books_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.looked_at:%Y-%m-%d %H:%M}"
