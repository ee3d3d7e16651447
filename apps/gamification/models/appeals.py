"""What a rider says against a strike."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.gamification.models.strikes import Strike
from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id

STATEMENT_MAX = 4_000


class Appeal(models.Model):
    """
    A rider's word against a strike: the first line, and after a refusal once a second.

    The second is decided by somebody else. Whatever nobody decides in time is the rider's (UPHELD
    without `decided_by`). What the rider wrote is sealed.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        UPHELD = "UPHELD", "for the rider"
        REJECTED = "REJECTED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    strike = models.ForeignKey(Strike, models.PROTECT, related_name="appeals")
    rider_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    line = models.PositiveSmallIntegerField()
    # The statement and the pieces of evidence, as JSON.
    statement = SealedTextField(
        max_length=STATEMENT_MAX, blank=True, db_column="statement_sealed", db_default=""
    )
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # Who decided the first line and may not decide the second.
    not_by = models.UUIDField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    objects = SealedQuerySet["Appeal"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["strike", "line"], name="gamification_appeal_once"),
            models.CheckConstraint(
                condition=Q(line=1, not_by=None) | Q(line=2, not_by__isnull=False),
                name="gamification_appeal_two_lines",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at=None, decided_by=None)
                | Q(state="UPHELD", decided_at__isnull=False)
                # Only a person says no.
                | Q(state="REJECTED", decided_at__isnull=False, decided_by__isnull=False),
                name="gamification_appeal_decided_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(not_by=None) | ~Q(decided_by=F("not_by")),
                name="gamification_appeal_second_pair_of_eyes",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="OPEN"), name="gamification_appeal_due"
            ),
            models.Index(fields=["rider_id", "-opened_at"], name="gamification_appeal_rider"),
        ]
        triggers = [
            refuse(
                "gamification_appeal_decided_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.state <> 'OPEN' AND (OLD.state, OLD.decided_at, OLD.decided_by, OLD.answer)"
                " IS DISTINCT FROM (NEW.state, NEW.decided_at, NEW.decided_by, NEW.answer)",
            ),
            refuse("gamification_appeal_kept", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"appeal {self.pk}"
