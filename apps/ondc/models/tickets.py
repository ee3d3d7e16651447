"""Metro and bus: the stops that sellers know, from where to where a rider goes, and the tickets themselves."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.ondc.models.journeys import Transaction
from apps.ondc.models.orders import RideOrder
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class Station(models.Model):
    """
    A stop of a line that a seller sells tickets to; told again, the row is told anew.

    A day's answers are good for everybody in the city: `told_at` says how old this is. Code, provider and
    address are the seller's own and are repeated byte for byte.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The digest of seller, city, provider, mode, line and code.
    key = models.CharField(max_length=64)
    city = models.CharField(max_length=16)
    zone_code = models.CharField(max_length=8)
    mode = models.CharField(max_length=5)
    bpp_id = models.CharField(max_length=255)
    bpp_uri = models.CharField(max_length=500)
    version = models.CharField(max_length=16)
    seller_name = models.CharField(max_length=120, blank=True)
    provider_id = models.CharField(max_length=255)
    line = models.CharField(max_length=120, blank=True)
    # Its place in its line.
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=255)
    name = models.CharField(max_length=120)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="ondc_station_once"),
            models.CheckConstraint(
                condition=Q(mode__in=["BUS", "METRO"]), name="ondc_station_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="ondc_station_place_on_earth",
            ),
        ]
        indexes = [
            models.Index(fields=["city", "mode", "told_at"], name="ondc_station_of_city"),
            models.Index(fields=["bpp_id", "code"], name="ondc_station_code"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.line})"

    @property
    def place_sold(self) -> tuple[str, str, str, str]:
        """Return what makes it one stop, whatever version and line it was told in: a seller is asked by the code."""
        return self.bpp_id, self.city, self.mode, self.code


class TicketTrip(models.Model):
    """
    What a rider asked tickets for: one for a journey of tickets, written with its search.

    `count` is how many were chosen. Window and basis of the settlement are the seller's, from its terms.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.OneToOneField(Transaction, models.PROTECT, related_name="ticket_trip")
    mode = models.CharField(max_length=5)
    bpp_id = models.CharField(max_length=255)
    # Where somebody goes.
    from_code = SealedTextField(max_length=255, blank=True)
    from_name = SealedTextField(max_length=120, blank=True)
    to_code = SealedTextField(max_length=255, blank=True)
    to_name = SealedTextField(max_length=120, blank=True)
    count = models.PositiveSmallIntegerField(default=1)
    # The trip and the tickets as the seller named them with its quote: bus sellers want them repeated.
    fulfillment_ids = models.JSONField(default=list)
    settlement_window = models.CharField(max_length=32, blank=True)
    settlement_basis = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mode__in=["BUS", "METRO"]), name="ondc_ticket_trip_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(count__range=(1, 100)), name="ondc_ticket_trip_count_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} by {self.mode.lower()}"


class Ticket(models.Model):
    """
    One right to travel, as its seller gave it: the token is what its QR code says, byte for byte.

    A ticket that was used stays used; one whose time is over is shown so, whether its seller says so or not.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(RideOrder, models.PROTECT, db_index=False, related_name="tickets")
    # The fulfilment that carries it, and its number among that one's tickets.
    fulfillment_id = models.CharField(max_length=255, blank=True)
    position = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=32)
    token = SealedTextField(max_length=2_953, blank=True)
    status = models.CharField(max_length=9)
    valid_until = models.DateTimeField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "fulfillment_id", "position"], name="ondc_ticket_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["UNCLAIMED", "CLAIMED", "EXPIRED"]),
                name="ondc_ticket_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["number"], condition=~Q(number=""), name="ondc_ticket_number"),
        ]
        triggers = [
            refuse(
                "ondc_ticket_used_is_used",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.status = 'CLAIMED' AND NEW.status <> 'CLAIMED'"
                " OR NEW.order_id <> OLD.order_id",
            ),
            refuse("ondc_ticket_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.fulfillment_id}/{self.position}"

    def state(self, *, now: datetime) -> str:
        """Return UNCLAIMED, CLAIMED or EXPIRED: past its time it is over, whether its seller says so or not."""
        if self.status != "CLAIMED" and self.valid_until is not None and self.valid_until <= now:
            return "EXPIRED"
        return self.status
