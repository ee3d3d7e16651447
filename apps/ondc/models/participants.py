"""What the registry said of other participants, so that its outage does not stop their callbacks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from uma.kernel.ids import new_id


class Participant(models.Model):
    """
    One key of one participant, as the registry last told it.

    A cache that processes share and that survives them: `fetched_at` says how old it is, and a row
    is never believed past `valid_until`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscriber_id = models.CharField(max_length=255)
    unique_key_id = models.CharField(max_length=255)
    # BAP, BPP or BG; the older registry's names are translated.
    kind = models.CharField(max_length=8)
    status = models.CharField(max_length=24)
    url = models.CharField(max_length=500, blank=True)
    domains = ArrayField(models.CharField(max_length=32), default=list)
    signing_public_key = models.CharField(max_length=200)
    encryption_public_key = models.CharField(max_length=200, blank=True)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber_id", "unique_key_id"], name="ondc_participant_key_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["BAP", "BPP", "BG"]), name="ondc_participant_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
                name="ondc_participant_valid_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id}|{self.unique_key_id}"
