"""Deal bookings: the terms as they were sold, and the one way a booking may go."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id

# What may change after the insert; every other column is a term as it was sold.
_MOVING = ["state", "status_changed_at", "redeemed_at", "cancelled_late", "void_reason"]

# The arrows of product rule 2.4, as (from, to).
_ARROWS = """
    (OLD.state, NEW.state) IN (
        ('BOOKED', 'REDEEMED'), ('BOOKED', 'CANCELLED'), ('BOOKED', 'EXPIRED'),
        ('BOOKED', 'VOIDED'), ('REDEEMED', 'REVERSED'), ('REDEEMED', 'DISPUTED'),
        ('DISPUTED', 'REDEEMED'), ('DISPUTED', 'REVERSED')
    )
"""


class Booking(models.Model):
    """
    One deal sold to one rider: the merchant's money is held while it is BOOKED.

    Terms never change after the insert, the state moves only along the arrows of product rule
    2.4, and a rider has two live bookings at the most, never two at one outlet. The database
    refuses all else.
    The hold in the ledger has this row's id.
    """

    class State(models.TextChoices):
        BOOKED = "BOOKED"
        REDEEMED = "REDEEMED"
        REVERSED = "REVERSED"
        EXPIRED = "EXPIRED"
        CANCELLED = "CANCELLED"
        VOIDED = "VOIDED"
        DISPUTED = "DISPUTED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ref = models.CharField(max_length=13)
    qr_kid = models.CharField(max_length=2)
    # What a printed code says; the booking's id would be a secret that logs and webhooks repeat.
    static_id = models.UUIDField(null=True)

    # No foreign key constraints: each would cost the hot insert a look-up in the server, and
    # none of these rows is ever deleted. `manage.py verify_bookings` looks for orphans instead.
    rider = models.ForeignKey(
        "accounts.User", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    merchant = models.ForeignKey(
        "merchants.Merchant",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    outlet = models.ForeignKey(
        "merchants.Outlet", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    campaign_id = models.UUIDField()
    revision = models.PositiveIntegerField()

    zone_code = models.CharField(max_length=8)
    timezone = models.CharField(max_length=40)
    merchant_name = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    discount_bps = models.PositiveIntegerField()
    basis = models.CharField(max_length=16)
    cap_paise = models.BigIntegerField()
    deductible_paise = models.BigIntegerField()
    cpt_fee_paise = models.BigIntegerField()
    cpa_fee_paise = models.BigIntegerField()
    gst_bps = models.PositiveIntegerField()
    inter_state = models.BooleanField()
    max_cost_paise = models.BigIntegerField()
    static_qr = models.BooleanField()
    geofence_policy = models.CharField(max_length=24)
    # The allotments this booking took a seat from, to give it back.
    scopes = ArrayField(models.CharField(max_length=120))

    live_slot = models.PositiveSmallIntegerField()
    request_key = models.CharField(max_length=255, blank=True)
    request_fingerprint = models.BinaryField(null=True)
    booked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Whether the rider's visits are looked at before the cashback is paid, as it was when this was booked.
    watched = models.BooleanField(default=False, db_default=False)
    # What has to be proven at the scan beside the visit (apps/rides/proofs.py).
    proof_policy = models.CharField(max_length=16, default="visit", db_default="visit")

    # The columns that change stand last: PostgreSQL then logs only this tail of an updated row.
    void_reason = models.CharField(max_length=500, blank=True)
    cancelled_late = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.BOOKED)
    status_changed_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("void_booking", "May void live bookings")]
        constraints = [
            models.UniqueConstraint(fields=["ref"], name="rides_booking_ref_once"),
            models.UniqueConstraint(
                fields=["static_id"],
                condition=Q(static_id__isnull=False),
                name="rides_booking_static_id_once",
            ),
            models.UniqueConstraint(
                fields=["rider", "live_slot"],
                condition=Q(state="BOOKED"),
                name="rides_booking_live_slot_once",
            ),
            models.UniqueConstraint(
                fields=["rider", "outlet"],
                condition=Q(state="BOOKED"),
                name="rides_booking_outlet_once",
            ),
            models.UniqueConstraint(
                fields=["rider", "request_key"],
                condition=~Q(request_key=""),
                name="rides_booking_request_once",
            ),
            models.CheckConstraint(
                condition=Q(live_slot__in=[1, 2]), name="rides_booking_two_live_slots"
            ),
            models.CheckConstraint(
                condition=Q(ref__regex=r"^[A-Z2-7]{13}$"), name="rides_booking_ref_base32"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("booked_at"), status_changed_at__gte=F("booked_at")),
                name="rides_booking_times_in_order",
            ),
            # Every state stands in one of the two lists, so an unknown one is refused as well.
            models.CheckConstraint(
                condition=Q(
                    state__in=["REDEEMED", "DISPUTED", "REVERSED"],
                    # NULL >= anything is unknown, and a CHECK lets the unknown pass.
                    redeemed_at__isnull=False,
                    redeemed_at__gte=F("booked_at"),
                )
                | Q(
                    state__in=["BOOKED", "EXPIRED", "CANCELLED", "VOIDED"],
                    redeemed_at__isnull=True,
                ),
                name="rides_booking_redeemed_at",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_late=False) | Q(state="CANCELLED"),
                name="rides_booking_late_is_cancelled",
            ),
            models.CheckConstraint(
                condition=(Q(state="VOIDED") & ~Q(void_reason=""))
                | (~Q(state="VOIDED") & Q(void_reason="")),
                name="rides_booking_void_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(static_qr=True, static_id__isnull=False)
                | Q(static_qr=False, static_id__isnull=True),
                name="rides_booking_static_as_sold",
            ),
            models.CheckConstraint(
                condition=Q(request_key="", request_fingerprint__isnull=True)
                | (
                    ~Q(request_key="")
                    # NULL = 32 is unknown, and a CHECK lets the unknown pass.
                    & Q(request_fingerprint__isnull=False)
                    & Q(
                        Exact(
                            Func(
                                F("request_fingerprint"),
                                function="octet_length",
                                output_field=models.IntegerField(),
                            ),
                            32,
                        )
                    )
                ),
                name="rides_booking_request_whole",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=["flat", "actual_capped", "deductible"]),
                name="rides_booking_basis_known",
            ),
            models.CheckConstraint(
                condition=Q(proof_policy__in=["visit", "ride+visit", "ride+visit+bill"]),
                name="rides_booking_proof_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    discount_bps__lte=10_000,
                    gst_bps__lte=10_000,
                    cap_paise__gte=0,
                    deductible_paise__gte=0,
                    cpt_fee_paise__gte=0,
                    cpa_fee_paise__gte=0,
                    max_cost_paise__gt=0,
                    max_cost_paise__gte=F("cap_paise") + F("cpt_fee_paise") + F("cpa_fee_paise"),
                ),
                name="rides_booking_amounts_sane",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="BOOKED"), name="rides_booking_overdue"
            ),
            models.Index(
                fields=["merchant", "outlet"],
                condition=Q(state="BOOKED"),
                name="rides_booking_at_outlet",
            ),
            models.Index(fields=["rider", "-id"], name="rides_booking_of_rider"),
            # A scan never enters it.
            models.Index(
                fields=["merchant", "status_changed_at"],
                condition=Q(state="EXPIRED"),
                name="rides_booking_no_shows",
            ),
            models.Index(
                fields=["rider", "-status_changed_at"],
                condition=Q(cancelled_late=True),
                name="rides_booking_late_cancels",
            ),
        ]
        # An allowed change pays for four comparisons and no call.
        triggers = [
            refuse(
                "rides_booking_born_booked",
                pgtrigger.Insert,
                level=pgtrigger.Row,
                condition="NEW.state <> 'BOOKED'",
            ),
            refuse(
                "rides_booking_terms_frozen",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=pgtrigger.AnyChange(exclude=_MOVING),
            ),
            refuse(
                "rides_booking_arrows",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"NOT ({_ARROWS})",
            ),
            refuse(
                "rides_booking_time_forward",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.status_changed_at < OLD.status_changed_at"
                " OR (OLD.redeemed_at IS NOT NULL"
                " AND NEW.redeemed_at IS DISTINCT FROM OLD.redeemed_at)",
            ),
            refuse("rides_booking_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return self.ref


class Fare(models.Model):
    """
    What the ride to a booking's outlet cost in the end, in paise; told once, by the network.

    Beside the booking and not on it: the terms as they were sold never change.
    """

    booking = models.OneToOneField(
        Booking, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="fare"
    )
    fare_paise = models.BigIntegerField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(fare_paise__gte=0), name="rides_fare_not_negative")
        ]
        triggers = [append_only("rides_fare_told_once")]

    def __str__(self) -> str:
        return f"{self.fare_paise} paise"


class RideFailure(models.Model):
    """The ride to a booking that did not happen, through no fault of the rider; told by the network."""

    class Reason(models.TextChoices):
        PROVIDER_CANCELLED = "PROVIDER_CANCELLED"
        NO_DRIVER = "NO_DRIVER"

    booking = models.OneToOneField(
        Booking, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    reason = models.CharField(max_length=20, choices=Reason)
    # What the provider said: the network's cancellation code.
    code = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["PROVIDER_CANCELLED", "NO_DRIVER"]),
                name="rides_ride_failure_known",
            )
        ]
        triggers = [append_only("rides_ride_failure_told_once")]

    def __str__(self) -> str:
        return self.reason.lower()


class DropOff(models.Model):
    """
    Where the newest ride to a booking ended, as metres from its outlet; told by the network.

    Evidence that the rider came by the ride. The place itself is not kept. Whoever got out too early and
    took another ride came by that one, so a later end takes the place of an earlier one, never the reverse.
    """

    booking = models.OneToOneField(
        Booking, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="drop_off"
    )
    distance_m = models.PositiveIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        triggers = [
            refuse(
                "rides_drop_off_goes_forward",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.booking_id <> OLD.booking_id OR NEW.at <= OLD.at",
            ),
            refuse("rides_drop_off_never_removed", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.distance_m} m"


class RefusedBookings(models.Model):
    """
    How often a deal was refused to whoever wanted to book it, on a day of its zone's clock, by reason.

    A count and not a list: who was refused is kept nowhere (decisions/0060). No outlet where the request
    named none.
    """

    merchant = models.ForeignKey(
        "merchants.Merchant", models.PROTECT, db_index=False, related_name="+"
    )
    day = models.DateField()
    campaign_id = models.UUIDField()
    outlet_id = models.UUIDField(null=True)
    code = models.CharField(max_length=64)
    times = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "refused bookings"
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "day", "campaign_id", "outlet_id", "code"],
                nulls_distinct=False,
                name="rides_refused_once",
            ),
            models.CheckConstraint(
                condition=Q(times__gte=1) & ~Q(code=""), name="rides_refused_counted"
            ),
        ]
        # What the purge walks along.
        indexes = [models.Index(fields=["day"], name="rides_refused_day")]

    def __str__(self) -> str:
        return f"{self.code} on {self.day}"
