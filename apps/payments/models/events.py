"""What Razorpay told: each event once, kept before it is believed."""

from django.db import models
from django.db.models import Q

from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.ids import new_id


class GatewayEvent(models.Model):
    """
    One event of a webhook, stored with its signature checked; a worker acts on it later.

    The body repeats people's addresses and numbers, so it is sealed. `next_attempt_at` is when the
    event is due or, while a worker holds it, when its lease ends; `attempts` is that lease's fencing
    number.
    """

    class Source(models.TextChoices):
        RAZORPAY = "RAZORPAY"
        RAZORPAYX = "RAZORPAYX"

    class State(models.TextChoices):
        WAITING = "WAITING"
        DONE = "DONE"
        # Nothing here reads events of this name.
        IGNORED = "IGNORED"
        PARKED = "PARKED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.CharField(max_length=9, choices=Source)
    event_id = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    body = SealedTextField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    # A refusal's code, never the text of somebody else's answer.
    last_error = models.CharField(max_length=64, blank=True)

    class Meta:
        permissions = [("replay_gateway_event", "May have an event handled again")]
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="payments_event_once"),
            models.CheckConstraint(
                condition=Q(source__in=["RAZORPAY", "RAZORPAYX"]),
                name="payments_event_source_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["DONE", "IGNORED"], handled_at__isnull=False)
                | Q(state__in=["WAITING", "PARKED"], handled_at__isnull=True),
                name="payments_event_handled_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="WAITING"),
                name="payments_event_due",
            ),
            models.Index(fields=["-received_at"], name="payments_event_newest"),
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=["WAITING", "PARKED"]),
                name="payments_event_unhandled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"
