"""What an order leaves to settle between its seller app and us."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.ondc.models.orders import RideOrder
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class Settlement(models.Model):
    """
    The money of one order between the app that sold it and us: one row an order, for ever.

    Whoever took the rider's money owes the other: a seller that was paid by the rider owes our fee. `fee_paise`
    is what is due, tax included, and may still change with the fare; `booked_paise` is what the ledger has
    of it, and a job brings the two together. What was settled does not change any more.
    """

    class Collector(models.TextChoices):
        BPP = "BPP"
        BAP = "BAP"

    class Recon(models.TextChoices):
        NONE = ""
        ASKED = "ASKED"
        AGREED = "AGREED"
        DIFFERS = "DIFFERS"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.OneToOneField(RideOrder, models.PROTECT, null=True, related_name="settlement")
    zone_code = models.CharField(max_length=8)
    domain = models.CharField(max_length=16)
    bpp_id = models.CharField(max_length=255)
    # The seller's number of the order.
    number = models.CharField(max_length=128)
    payment_id = models.CharField(max_length=128, blank=True)
    collected_by = models.CharField(max_length=3, choices=Collector)
    fare_paise = models.BigIntegerField()
    fee_bps = models.PositiveSmallIntegerField()
    fee_paise = models.BigIntegerField()
    booked_paise = models.BigIntegerField(default=0)
    # The journal that books it now, and how many there were.
    journal_id = models.UUIDField(null=True)
    bookings = models.PositiveSmallIntegerField(default=0)
    # How the booked one is taxed: two halves within a state, else the integrated tax.
    intra_state = models.BooleanField(default=False, db_default=False)
    # An operator took the counterparty's word for the fee; another fare begins anew.
    fee_agreed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    # How far both sides are: nobody asked, one asked, they agree, they do not.
    recon = models.CharField(max_length=7, choices=Recon, blank=True, default="", db_default="")
    # What the network's settlement messages said of it; nobody's word is money.
    told_status = models.CharField(max_length=24, blank=True)
    told_reference = models.CharField(max_length=64, blank=True)
    told_at = models.DateTimeField(null=True)
    # The bank's reference of the transfer that paid it.
    reference = models.CharField(max_length=64, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [
            ("settle_settlement", "May book what a seller app paid"),
            ("export_settlement", "May take settlements out as a table"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bpp_id", "number"], name="ondc_settlement_once"),
            models.CheckConstraint(
                condition=Q(collected_by__in=["BPP", "BAP"]), name="ondc_settlement_collector_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    fare_paise__gte=0,
                    fee_paise__gte=0,
                    booked_paise__gte=0,
                    fee_bps__lte=10_000,
                ),
                name="ondc_settlement_amounts_sane",
            ),
            models.CheckConstraint(
                condition=Q(booked_paise=0) | Q(journal_id__isnull=False),
                name="ondc_settlement_booked_by_a_journal",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, reference="")
                | (Q(settled_at__isnull=False) & ~Q(reference="")),
                name="ondc_settlement_settled_whole",
            ),
            models.CheckConstraint(
                condition=Q(recon__in=["", "ASKED", "AGREED", "DIFFERS"]),
                name="ondc_settlement_recon_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=~Q(fee_paise=models.F("booked_paise")),
                name="ondc_settlement_unbooked",
            ),
            models.Index(
                fields=["bpp_id", "due_at"],
                condition=Q(settled_at__isnull=True),
                name="ondc_settlement_open",
            ),
            models.Index(
                fields=["reference"],
                condition=~Q(reference=""),
                name="ondc_settlement_reference",
            ),
        ]
        triggers = [
            refuse(
                "ondc_settlement_settled_stays",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.bpp_id <> OLD.bpp_id OR NEW.number <> OLD.number"
                " OR (OLD.settled_at IS NOT NULL AND (NEW.settled_at IS DISTINCT FROM OLD.settled_at"
                " OR NEW.fee_paise <> OLD.fee_paise OR NEW.booked_paise <> OLD.booked_paise))",
            ),
            refuse("ondc_settlement_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.bpp_id}"
