"""Documents that the tax office reads: who sells, how they are numbered, and what was issued."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id

GSTIN_SHAPE = r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$"
# CGST Rules 2017, rule 46(b): at most sixteen characters, letters, digits, dash and slash.
NUMBER_SHAPE = r"^[A-Z0-9/-]{1,16}$"
SERIES_SHAPE = r"^[A-Z0-9]{2,4}$"
# Services Accounting Code: chapter 99 and four digits.
SAC_SHAPE = r"^99[0-9]{4}$"


class DocumentKind(models.TextChoices):
    """What is issued; each has a series of its own."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    RECEIPT_VOUCHER = "RECEIPT_VOUCHER"


class Seller(models.Model):
    """
    The platform as the seller in a zone, from an instant on: data, because lawyers change it.

    The last row that has begun is in force. `series` is what the zone's numbers begin with; zones under
    one GSTIN may share it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone = models.ForeignKey("merchants.Zone", models.PROTECT, related_name="+")
    effective_from = models.DateTimeField()
    legal_name = models.CharField(max_length=160)
    address = models.CharField(max_length=240)
    gstin = models.CharField(max_length=15)
    series = models.CharField(max_length=4)
    # What a visit, a new customer and a boost are, and what a plan is, among services.
    advertising_sac = models.CharField(max_length=6)
    subscription_sac = models.CharField(max_length=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "effective_from"], name="payments_seller_once_from"
            ),
            models.CheckConstraint(
                condition=Q(gstin__regex=GSTIN_SHAPE)
                & Q(series__regex=SERIES_SHAPE)
                & Q(advertising_sac__regex=SAC_SHAPE, subscription_sac__regex=SAC_SHAPE)
                & ~Q(legal_name="")
                & ~Q(address=""),
                name="payments_seller_can_be_printed",
            ),
        ]
        triggers = [append_only("payments_seller_append_only")]

    def __str__(self) -> str:
        return f"{self.legal_name} in {self.zone_id}"


class Series(models.Model):
    """
    How far one kind of document is counted under one prefix in one financial year.

    The row is locked while a number is given, in the transaction that issues the document: a rolled back
    issue gives its number back, so that the numbers have no gap. It counts by one and never down.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=4)
    kind = models.CharField(max_length=15, choices=DocumentKind)
    # 2627 is April 2026 to March 2027.
    financial_year = models.CharField(max_length=4)
    last_number = models.PositiveIntegerField(default=0, db_default=0)

    serving_role_may = (
        "SELECT",
        "INSERT (code, kind, financial_year, last_number)",
        "UPDATE (last_number)",
    )

    class Meta:
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "kind", "financial_year"], name="payments_series_once"
            )
        ]
        triggers = [
            refuse(
                "payments_series_begins_at_one",
                pgtrigger.Insert,
                level=pgtrigger.Row,
                condition="NEW.last_number <> 0",
            ),
            refuse(
                "payments_series_counts_by_one",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.last_number <> OLD.last_number + 1 OR NEW.code <> OLD.code"
                " OR NEW.kind <> OLD.kind OR NEW.financial_year <> OLD.financial_year",
            ),
            refuse("payments_series_stays", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.kind.lower()} {self.financial_year}"


class Document(models.Model):
    """
    One document as it was issued, never changed: seller, buyer and lines are in its snapshot.

    Sums in paise. Of an invoice and a credit note, `month` is the zone's month whose sales it bills or
    whose reversal it returns; `pass_through_paise` is what went to riders on the merchant's behalf, no
    part of the total. `journal_id` is the reversal behind a credit note, the payment behind a voucher.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=15, choices=DocumentKind)
    number = models.CharField(max_length=16)
    series = models.ForeignKey(Series, models.PROTECT, related_name="documents")
    sequence = models.PositiveIntegerField()
    zone = models.ForeignKey("merchants.Zone", models.PROTECT, related_name="+")
    merchant = models.ForeignKey("merchants.Merchant", models.PROTECT, related_name="+")
    month = models.DateField(null=True)
    integrated = models.BooleanField(help_text="A sale between states: IGST instead of two halves.")
    taxable_paise = models.BigIntegerField(default=0)
    cgst_paise = models.BigIntegerField(default=0)
    sgst_paise = models.BigIntegerField(default=0)
    igst_paise = models.BigIntegerField(default=0)
    total_paise = models.BigIntegerField()
    pass_through_paise = models.BigIntegerField(default=0)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrected_by")
    journal_id = models.UUIDField(null=True)
    issued_at = models.DateTimeField()
    snapshot = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="payments_document_number_once"),
            models.UniqueConstraint(
                fields=["series", "sequence"], name="payments_document_sequence_once"
            ),
            models.UniqueConstraint(
                fields=["merchant", "zone", "month", "integrated"],
                condition=Q(kind="INVOICE"),
                name="payments_document_month_once",
            ),
            models.UniqueConstraint(fields=["journal_id"], name="payments_document_journal_once"),
            models.CheckConstraint(
                condition=Q(number__regex=NUMBER_SHAPE), name="payments_document_number_shape"
            ),
            models.CheckConstraint(
                condition=Q(kind="INVOICE", month__isnull=False)
                & Q(corrects__isnull=True, journal_id__isnull=True)
                | Q(kind="CREDIT_NOTE", month__isnull=False)
                & Q(corrects__isnull=False, journal_id__isnull=False)
                | Q(kind="RECEIPT_VOUCHER", month__isnull=True)
                & Q(corrects__isnull=True, journal_id__isnull=False),
                name="payments_document_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(taxable_paise__gte=0, total_paise__gte=1)
                & Q(cgst_paise__gte=0, sgst_paise=F("cgst_paise"), igst_paise__gte=0)
                & (
                    Q(kind="RECEIPT_VOUCHER", taxable_paise=0, cgst_paise=0, igst_paise=0)
                    | ~Q(kind="RECEIPT_VOUCHER")
                    & Q(
                        total_paise=F("taxable_paise")
                        + F("cgst_paise")
                        + F("sgst_paise")
                        + F("igst_paise")
                    )
                ),
                name="payments_document_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(integrated=True, cgst_paise=0) | Q(integrated=False, igst_paise=0),
                name="payments_document_one_kind_of_tax",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="payments_document_of_merchant"),
            models.Index(fields=["zone", "month"], name="payments_document_of_month"),
        ]
        triggers = [append_only("payments_document_append_only")]

    def __str__(self) -> str:
        return self.number


class InvoiceRun(models.Model):
    """A zone's month whose merchants all have their invoices: the nightly job passes it by."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone = models.ForeignKey("merchants.Zone", models.PROTECT, related_name="+")
    month = models.DateField()
    completed_at = models.DateTimeField()
    invoices = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zone", "month"], name="payments_invoice_run_once")
        ]
        triggers = [append_only("payments_invoice_run_append_only")]

    def __str__(self) -> str:
        return f"{self.zone_id} {self.month:%Y-%m}"
