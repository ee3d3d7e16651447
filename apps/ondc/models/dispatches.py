"""What leaves us beside the journeys' own requests: reports to the network, answers about settlements."""

from django.db import models
from django.db.models import Q

from apps.ondc.models.inbound import InboundMessage
from apps.ondc.models.outbound import OutboundMessage
from uma.kernel.ids import new_id


class Dispatch(models.Model):
    """
    One body on its way to an address, kept until it was taken: nothing waits for it, and it is tried for long.

    An observation is one message of a journey, or what was answered to it, without the people in it; each goes once. An
    answer to a settlement message is signed. Whatever is here names nobody.
    """

    class Kind(models.TextChoices):
        MESSAGE = "MESSAGE"
        ANSWER = "ANSWER"
        SETTLEMENT = "SETTLEMENT"

    class State(models.TextChoices):
        WAITING = "WAITING"
        SENT = "SENT"
        GIVEN_UP = "GIVEN_UP"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    # The message that is told of, or answered.
    inbound = models.ForeignKey(
        InboundMessage, models.PROTECT, null=True, db_index=False, related_name="dispatches"
    )
    outbound = models.ForeignKey(
        OutboundMessage, models.PROTECT, null=True, db_index=False, related_name="dispatches"
    )
    # Whose address it is: a participant's id, or none for the network's own.
    party = models.CharField(max_length=255, blank=True)
    url = models.CharField(max_length=600)
    body = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name_plural = "dispatches"
        constraints = [
            models.UniqueConstraint(
                fields=["inbound", "kind"],
                condition=Q(inbound__isnull=False),
                name="ondc_dispatch_of_theirs_once",
            ),
            models.UniqueConstraint(
                fields=["outbound", "kind"],
                condition=Q(outbound__isnull=False),
                name="ondc_dispatch_of_ours_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["MESSAGE", "ANSWER", "SETTLEMENT"]),
                name="ondc_dispatch_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(state="WAITING", settled_at__isnull=True)
                | Q(state__in=["SENT", "GIVEN_UP"], settled_at__isnull=False),
                name="ondc_dispatch_settled_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="WAITING"), name="ondc_dispatch_due"
            ),
            models.Index(fields=["made_at"], name="ondc_dispatch_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind.lower()} to {self.party or 'the network'}"
