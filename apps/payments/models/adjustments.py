"""Money that an operator gives to a wallet or takes from it, and whether a second one agreed."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import refuse
from uma.kernel.ids import new_id

# Up to here one operator gives alone, in a day and to a wallet; in paise (product rule 1.8).
ALONE_PAISE = 500_00
# As the ledger's rule takes.
MOST_PAISE = 1_00_000_00
_DECIDED = [
    "state", "decided_by", "decided_at", "decided_because", "journal_id",
]  # fmt: skip


class Adjustment(models.Model):
    """
    One adjustment of a rider's or a merchant's wallet, in paise, in the zone where the money lies.

    PROPOSED: one operator asked, nothing moved. BOOKED: another agreed, and the money moved then; a small
    present is booked by whoever gives it. REFUSED: another said no. EXPIRED: nobody decided in time.
    """

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", "waits for a second operator"
        BOOKED = "BOOKED", "booked"
        REFUSED = "REFUSED", "refused"
        EXPIRED = "EXPIRED", "nobody decided"

    class Direction(models.TextChoices):
        GIVE = "GIVE", "to the wallet"
        TAKE = "TAKE", "from the wallet"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    merchant = models.ForeignKey("merchants.Merchant", models.PROTECT, null=True, related_name="+")
    zone_code = models.CharField(max_length=8)
    direction = models.CharField(max_length=4, choices=Direction)
    amount_paise = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    proposed_by = models.UUIDField()
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    # Null as well when nobody decided.
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_because = models.CharField(max_length=500, blank=True)
    journal_id = models.UUIDField(null=True)

    class Meta:
        permissions = [
            ("propose_adjustment", "May propose to give money to a wallet or take it"),
            ("decide_adjustment", "May agree to what another operator proposed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, merchant__isnull=True)
                | Q(person__isnull=True, merchant__isnull=False),
                name="payments_adjustment_of_one_party",
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1, amount_paise__lte=MOST_PAISE)
                & Q(direction__in=["GIVE", "TAKE"])
                & ~Q(zone_code="")
                & ~Q(reason="")
                & Q(expires_at__gt=F("proposed_at")),
                name="payments_adjustment_sane",
            ),
            # Nobody approves their own, in whichever way the row is written.
            models.CheckConstraint(
                condition=Q(state="EXPIRED", decided_by__isnull=True)
                | Q(state="PROPOSED", decided_by__isnull=True)
                | (
                    Q(state__in=["BOOKED", "REFUSED"], decided_by__isnull=False)
                    & (
                        ~Q(decided_by=F("proposed_by"))
                        | Q(state="BOOKED", direction="GIVE", amount_paise__lte=ALONE_PAISE)
                    )
                ),
                name="payments_adjustment_second_operator",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="PROPOSED",
                    decided_at__isnull=True,
                    decided_because="",
                    journal_id__isnull=True,
                )
                | Q(
                    state="BOOKED",
                    decided_at__isnull=False,
                    decided_at__gte=F("proposed_at"),
                    journal_id__isnull=False,
                )
                & ~Q(decided_because="")
                | Q(
                    state="REFUSED",
                    decided_at__isnull=False,
                    decided_at__gte=F("proposed_at"),
                    journal_id__isnull=True,
                )
                & ~Q(decided_because="")
                | Q(
                    state="EXPIRED",
                    decided_at__isnull=False,
                    decided_at__gte=F("expires_at"),
                    decided_because="",
                    journal_id__isnull=True,
                ),
                name="payments_adjustment_decided_whole",
            ),
            models.UniqueConstraint(fields=["journal_id"], name="payments_adjustment_booked_once"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state="PROPOSED"),
                name="payments_adjustment_open",
            ),
            models.Index(fields=["person", "-id"], name="payments_adjustment_of_person"),
            models.Index(fields=["merchant", "-id"], name="payments_adjustment_of_shop"),
        ]
        triggers = [
            refuse(
                "payments_adjustment_decided_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.state <> 'PROPOSED'",
            ),
            refuse(
                "payments_adjustment_proposal_stays",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=pgtrigger.AnyChange(exclude=_DECIDED),
            ),
            refuse("payments_adjustment_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()}, {self.get_state_display()}"
