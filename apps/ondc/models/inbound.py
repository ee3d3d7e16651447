"""What others told us: every callback once, kept before it is believed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.ondc.models.journeys import Question, Transaction
from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.ids import new_id


class InboundMessage(models.Model):
    """
    One callback whose signature held, as the bytes came; a worker acts on it later.

    Unique by sender, action, message id and digest of the body: a repeat is acknowledged and nothing
    more, and another body under the same message id (a second driver's quote, the next page of a
    catalogue) is a message of its own. The bytes repeat people's names, numbers and places, so they are
    sealed, and emptied when their time is over; digest, header and verdict stay as evidence.
    """

    class State(models.TextChoices):
        WAITING = "WAITING"
        DONE = "DONE"
        # Acknowledged, and nothing to do: late, older than what is known, about something over.
        IGNORED = "IGNORED"
        # Answered NACK: authentic, and not acceptable.
        REFUSED = "REFUSED"
        # Acknowledged, and not understood: a person has to look.
        PARKED = "PARKED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sender = models.CharField(max_length=255)
    unique_key_id = models.CharField(max_length=255)
    action = models.CharField(max_length=24)
    message_id = models.CharField(max_length=64)
    # What its context says; `transaction` is the journey of ours that it was found to belong to.
    transaction_text = models.CharField(max_length=64)
    digest = models.CharField(max_length=88)
    header = models.CharField(max_length=2048)
    raw = SealedTextField(blank=True)
    domain = models.CharField(max_length=16, blank=True)
    version = models.CharField(max_length=16, blank=True)
    transaction = models.ForeignKey(Transaction, models.PROTECT, null=True, related_name="inbound")
    question = models.ForeignKey(
        Question, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    # The network's error code for what was refused, a word of ours for what waits or is parked.
    outcome = models.CharField(max_length=64, blank=True)
    # Where it strays from the rules without being refused for it.
    deviations = ArrayField(models.CharField(max_length=120), default=list)

    class Meta:
        permissions = [("replay_inbound_message", "May have a callback handled again")]
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "action", "message_id", "digest"], name="ondc_inbound_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DONE", "IGNORED", "REFUSED"], handled_at__isnull=False)
                | Q(state__in=["WAITING", "PARKED"], handled_at__isnull=True),
                name="ondc_inbound_handled_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="WAITING"), name="ondc_inbound_due"
            ),
            models.Index(fields=["-received_at"], name="ondc_inbound_newest"),
            models.Index(fields=["message_id"], name="ondc_inbound_message"),
            models.Index(
                fields=["received_at"], condition=Q(state="PARKED"), name="ondc_inbound_parked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.message_id} of {self.sender}"
