"""Money set aside."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.wallet.guards import SENT_BY_SOMEBODY, refuse
from apps.wallet.models.accounts import Account
from apps.wallet.models.postings import Journal


class Hold(models.Model):
    """
    A merchant's money set aside for one booking: opened by a posting, resolved once, by another.

    Rows are written by the transfer guards alone: the posting into `held` opens the hold with exactly
    its amount, one posting out of `held` uses up exactly that amount, and what a capture left unused
    returns to the wallet in one later sweep.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        CAPTURED = "CAPTURED"
        RELEASED = "RELEASED"

    id = models.UUIDField(primary_key=True, editable=False)
    wallet_account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    held_account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    released_account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    amount_paise = models.BigIntegerField()
    captured_paise = models.BigIntegerField(default=0)
    released_paise = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    opened_journal = models.ForeignKey(
        Journal, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    resolved_journal = models.ForeignKey(
        Journal,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    swept_journal = models.ForeignKey(
        Journal,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    # A right to update one column is what PostgreSQL asks of who locks a row; the guard refuses the update.
    serving_role_may = ("SELECT", "UPDATE (state)")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state="OPEN",
                    captured_paise=0,
                    released_paise=0,
                    resolved_journal__isnull=True,
                    swept_journal__isnull=True,
                )
                | Q(
                    state="CAPTURED",
                    captured_paise__gte=0,
                    released_paise__gte=0,
                    amount_paise=F("captured_paise") + F("released_paise"),
                    resolved_journal__isnull=False,
                )
                | Q(
                    state="RELEASED",
                    captured_paise=0,
                    released_paise=F("amount_paise"),
                    resolved_journal__isnull=False,
                    swept_journal__isnull=True,
                ),
                name="wallet_hold_state_agrees",
            )
        ]
        indexes = [
            models.Index(
                fields=["held_account"], name="wallet_hold_open", condition=Q(state="OPEN")
            ),
            models.Index(
                fields=["wallet_account"],
                name="wallet_hold_unswept",
                condition=Q(state="CAPTURED", released_paise__gt=0, swept_journal__isnull=True),
            ),
        ]
        triggers = [
            refuse(
                "wallet_hold_follows_transfers",
                pgtrigger.Insert | pgtrigger.Update,
                level=pgtrigger.Statement,
                condition=SENT_BY_SOMEBODY,
            ),
            refuse(
                "wallet_hold_stays",
                pgtrigger.Delete | pgtrigger.Truncate,
                level=pgtrigger.Statement,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
