"""What riders were awarded, and the money that came with it."""

import pgtrigger
from django.db import models
from django.db.models import Q

from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class PromoPool(models.Model):
    """A pool of the platform's own money for rewards in one zone; its balance is in the ledger."""

    program = models.CharField(primary_key=True, max_length=40)
    zone_code = models.CharField(max_length=8)
    created_at = models.DateTimeField()

    class Meta:
        permissions = [("fund_promo_pool", "May set money aside for rewards")]

    def __str__(self) -> str:
        return self.program


class Award(models.Model):
    """
    A badge that a rider has, once for each version of it.

    `revoked_at` is set when visits were taken back and what is left is not enough; it is emptied when
    other visits make it enough again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rider_id = models.UUIDField()
    badge = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField()
    zone_code = models.CharField(max_length=8)
    earned_at = models.DateTimeField()
    awarded_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rider_id", "badge", "version"], name="gamification_award_once"
            )
        ]
        triggers = [refuse("gamification_award_kept", pgtrigger.Delete | pgtrigger.Truncate)]

    def __str__(self) -> str:
        return f"{self.badge} of {self.rider_id}"


class Reward(models.Model):
    """
    Money for one award or one mission, paid from a funded pool at most once at a time.

    UNFUNDED: the pool was empty, which takes the money and not the badge. KEPT: taken back, but the
    rider had spent it already.
    """

    class State(models.TextChoices):
        PAID = "PAID"
        UNFUNDED = "UNFUNDED"
        CLAWED_BACK = "CLAWED_BACK"
        KEPT = "KEPT"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # "badge:<award>" or "mission:<run>": what it is for.
    subject = models.CharField(max_length=60)
    rider_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    program = models.CharField(max_length=40)
    amount_paise = models.BigIntegerField()
    state = models.CharField(max_length=11, choices=State)
    # How often it was paid; each payment has a reference of its own in the ledger.
    payments = models.PositiveSmallIntegerField(default=0)
    journal_id = models.UUIDField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        permissions = [("pay_reward", "May pay a reward that a pool was too empty for")]
        constraints = [
            models.UniqueConstraint(fields=["subject"], name="gamification_reward_once"),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1), name="gamification_reward_amount"
            ),
            models.CheckConstraint(
                condition=Q(state="UNFUNDED")
                | Q(state__in=["PAID", "CLAWED_BACK", "KEPT"], journal_id__isnull=False),
                name="gamification_reward_paid_by_journal",
            ),
        ]
        indexes = [
            models.Index(
                fields=["program"], condition=Q(state="UNFUNDED"), name="gamification_reward_unpaid"
            ),
            models.Index(fields=["rider_id"], name="gamification_reward_rider"),
        ]
        triggers = [
            refuse(
                "gamification_reward_terms",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id", "subject", "rider_id", "zone_code", "program", "amount_paise"
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Projection(models.Model):
    """A rider whose documents are older than what PostgreSQL knows; the sweep writes them anew."""

    rider_id = models.UUIDField(primary_key=True)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="gamification_projection_due")]

    def __str__(self) -> str:
        return str(self.rider_id)
