"""An order with a seller: how far it is, where the ride is, what it costs, who comes."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.ondc.models.journeys import Offer, Transaction
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id

_OVER = "('RIDE_ENDED', 'RIDE_CANCELLED')"
# Where the ride is, and how far on the way (ondc.md 6.6).
RIDE_STATES = [
    "RIDE_CONFIRMED", "RIDE_ASSIGNED", "RIDE_ENROUTE_PICKUP", "RIDE_ARRIVED_PICKUP", "RIDE_STARTED",
    "RIDE_ENDED", "RIDE_CANCELLED",
]  # fmt: skip


class RideOrder(models.Model):
    """
    What a rider ordered from one seller in one journey.

    `stage` is ours: how far the ordering is. `ride_state` is the ride's, and moves forward only,
    whatever order messages come in. `status` is the order's as the seller told it last. A proposal (what
    a cancellation would cost, what a change would make of the fare) is none of the three. Ids are the
    newest callback's: sellers change them on the way.
    """

    class Stage(models.TextChoices):
        # Chosen: a quote is awaited.
        SELECTED = "SELECTED"
        QUOTED = "QUOTED"
        # The seller told its terms: the rider may confirm.
        READY = "READY"
        CONFIRMING = "CONFIRMING"
        ACTIVE = "ACTIVE"
        COMPLETED = "COMPLETED"
        CANCELLED = "CANCELLED"
        # It never became an order: refused, no driver, or no answer.
        FAILED = "FAILED"

    class Proposal(models.TextChoices):
        CANCEL = "CANCEL"
        UPDATE = "UPDATE"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(
        Transaction, models.PROTECT, db_index=False, related_name="orders"
    )
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, related_name="+")
    bpp_id = models.CharField(max_length=255)
    bpp_uri = models.CharField(max_length=500)
    version = models.CharField(max_length=16)
    provider_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=255)
    fulfillment_id = models.CharField(max_length=255, blank=True)
    vehicle_category = models.CharField(max_length=24, blank=True)
    vehicle_variant = models.CharField(max_length=24, blank=True)
    # The seller's number of the order; unknown until on_init or on_confirm.
    number = models.CharField(max_length=128, blank=True)

    stage = models.CharField(max_length=10, choices=Stage, default=Stage.SELECTED)
    status = models.CharField(max_length=24, blank=True)
    ride_state = models.CharField(max_length=24, blank=True)
    # `order.updated_at` of the message applied last: an older one changes nothing.
    told_at = models.DateTimeField(null=True)

    fare_paise = models.BigIntegerField(null=True)
    # What the rider offered above the catalogue, if anything; init repeats it.
    bid_paise = models.BigIntegerField(null=True)
    # Our share of the fare, as agreed by the confirmation.
    finder_fee_bps = models.PositiveSmallIntegerField(null=True)
    quote_valid_until = models.DateTimeField(null=True)
    payment_id = models.CharField(max_length=128, blank=True)
    # BPP_TERMS of on_init, repeated in confirm as they came.
    seller_terms = models.JSONField(null=True)
    # What each step of the ride makes a cancellation cost, shown before confirming.
    cancellation_terms = models.JSONField(default=list)

    proposal = models.CharField(max_length=6, choices=Proposal, blank=True)
    proposal_paise = models.BigIntegerField(null=True)
    proposal_until = models.DateTimeField(null=True)

    cancelled_by = models.CharField(max_length=16, blank=True)
    cancel_reason = models.CharField(max_length=32, blank=True)
    cancel_charge_paise = models.BigIntegerField(null=True)

    driver_name = SealedTextField(max_length=120, blank=True)
    driver_phone = SealedTextField(max_length=32, blank=True)
    # "latitude,longitude" and when the driver was there.
    driver_place = SealedTextField(max_length=64, blank=True)
    driver_seen_at = models.DateTimeField(null=True)
    vehicle_number = models.CharField(max_length=24, blank=True)
    vehicle_model = models.CharField(max_length=80, blank=True)
    # What the rider tells the driver to begin the ride.
    start_code = SealedTextField(max_length=32, blank=True)
    # Shown as a link that the rider may open; never fetched by us.
    tracking_url = models.CharField(max_length=500, blank=True)
    support_phone = models.CharField(max_length=32, blank=True)
    support_email = models.CharField(max_length=120, blank=True)
    support_url = models.CharField(max_length=500, blank=True)

    error_code = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "bpp_id"], name="ondc_ride_order_once_a_seller"
            ),
            models.UniqueConstraint(
                fields=["bpp_id", "number"],
                condition=~Q(number=""),
                name="ondc_ride_order_number_once",
            ),
            models.CheckConstraint(
                condition=Q(ride_state__in=["", *RIDE_STATES]),
                name="ondc_ride_order_ride_state_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    stage__in=[
                        "SELECTED", "QUOTED", "READY", "CONFIRMING", "ACTIVE", "COMPLETED",
                        "CANCELLED", "FAILED",
                    ]
                ),
                name="ondc_ride_order_stage_known",
            ),
            models.CheckConstraint(
                condition=Q(proposal="", proposal_paise__isnull=True, proposal_until__isnull=True)
                | Q(
                    proposal__in=["CANCEL", "UPDATE"],
                    proposal_paise__isnull=False,
                    proposal_until__isnull=False,
                ),
                name="ondc_ride_order_proposal_whole",
            ),
            models.CheckConstraint(
                condition=Q(ride_state="") | Q(stage__in=["ACTIVE", "COMPLETED", "CANCELLED"]),
                name="ondc_ride_order_rides_when_confirmed",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["changed_at"],
                condition=Q(stage__in=["CONFIRMING", "ACTIVE"]),
                name="ondc_ride_order_live",
            ),
            # The unique one begins with the seller.
            models.Index(fields=["number"], condition=~Q(number=""), name="ondc_ride_order_number"),
        ]
        triggers = [
            refuse(
                "ondc_ride_order_over_is_over",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"OLD.ride_state IN {_OVER} AND NEW.ride_state <> OLD.ride_state",
            ),
            refuse(
                "ondc_ride_order_parties_frozen",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.transaction_id <> OLD.transaction_id OR NEW.bpp_id <> OLD.bpp_id"
                " OR (OLD.number <> '' AND NEW.number <> OLD.number)",
            ),
            refuse("ondc_ride_order_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)


class Quote(models.Model):
    """What a seller said the order costs, line by line; each telling is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(RideOrder, models.PROTECT, related_name="quotes")
    # The callback that told it.
    action = models.CharField(max_length=24)
    message = models.ForeignKey("ondc.InboundMessage", models.PROTECT, related_name="+")
    price_paise = models.BigIntegerField()
    # The seller's own spelling; messages repeat it.
    price_text = models.CharField(max_length=24)
    # [{"title": …, "value": …}], shown as they are and never searched.
    lines = models.JSONField(default=list)
    adds_up = models.BooleanField()
    valid_until = models.DateTimeField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["order", "-told_at"], name="ondc_quote_newest")]
        triggers = [append_only("ondc_quote_stays")]

    def __str__(self) -> str:
        return f"{self.price_text} by {self.action}"
