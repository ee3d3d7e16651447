"""What we say to others: every request as the bytes that are signed and sent, kept before they leave."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.ondc.models.journeys import Question
from apps.ondc.models.orders import RideOrder
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class OutboundMessage(models.Model):
    """
    One request of ours and what became of its sending; its question says what answers it.

    The bytes never change: a repeat after silence is the same message, and a seller that took it
    already does nothing twice. An order is confirmed by one message for ever, which the database
    holds to. `digest` is of the bytes as signed; the bytes name the rider and are sealed.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        # The other side acknowledged it.
        TAKEN = "TAKEN"
        # NACK, or a status that means the same: it did nothing.
        REFUSED = "REFUSED"
        # Nobody took it while it was of use; whether somebody acted on it is not known.
        LOST = "LOST"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    question = models.OneToOneField(Question, models.PROTECT, related_name="request")
    order = models.ForeignKey(
        RideOrder, models.PROTECT, null=True, db_index=False, related_name="requests"
    )
    action = models.CharField(max_length=24)
    # Whom: a seller's id, or the gateway's address for a broadcast. One circuit each.
    party = models.CharField(max_length=255)
    url = models.CharField(max_length=600)
    body = SealedTextField(blank=True)
    digest = models.CharField(max_length=88)
    # As it was signed the last time it left: what the other side saw.
    header = models.CharField(max_length=2048, blank=True, default="", db_default="")

    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    said_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    # Of a NACK, as the seller wrote it; or a word of ours for a sending that failed.
    error_code = models.CharField(max_length=32, blank=True)
    error_text = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            # One confirmation for an order, whatever happens to it on the way.
            models.UniqueConstraint(
                fields=["order"], condition=Q(action="confirm"), name="ondc_outbound_confirm_once"
            ),
            models.CheckConstraint(
                condition=Q(action="search") | Q(order__isnull=False),
                name="ondc_outbound_is_about_an_order",
            ),
            models.CheckConstraint(
                condition=Q(state="WAITING", settled_at__isnull=True)
                | Q(state__in=["TAKEN", "REFUSED", "LOST"], settled_at__isnull=False),
                name="ondc_outbound_settled_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="WAITING"), name="ondc_outbound_due"
            ),
            models.Index(fields=["order", "action"], name="ondc_outbound_of_order"),
        ]
        triggers = [
            refuse(
                "ondc_outbound_said_is_said",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.digest <> OLD.digest OR NEW.url <> OLD.url OR NEW.action <> OLD.action"
                " OR NEW.question_id <> OLD.question_id OR NEW.order_id IS DISTINCT FROM OLD.order_id"
                " OR (OLD.state <> 'WAITING' AND NEW.state <> OLD.state)",
            ),
            refuse("ondc_outbound_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.action} to {self.party}"


class Circuit(models.Model):
    """How a party has answered of late: after five failures in a row it is left alone for half a minute."""

    party = models.CharField(primary_key=True, max_length=255)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.party}: {self.failures} failures"
