"""Purses."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.wallet.guards import SENT_BY_SOMEBODY, refuse
from uma.kernel.guards import Guard


class Account(models.Model):
    """
    One purse in paise, positive on its normal side; only transfers change balance and version.

    An account that keeps no balance (the platform's, and a merchant's held and released money) is the
    sum of its transfers, so that no busy row serialises a city. Everything but the code is derived from
    the code and the chart of accounts when the row is inserted.
    """

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=80)
    kind = models.CharField(max_length=32)
    party = models.CharField(
        max_length=80, help_text="Whose money: merchant:…, rider:… or the code."
    )
    zone_code = models.CharField(max_length=8, null=True, blank=True)  # noqa: DJ001 (no zone is a fact)
    normal_side = models.CharField(max_length=1)
    keeps_balance = models.BooleanField()
    may_overdraw = models.BooleanField()
    balance_paise = models.BigIntegerField(default=0, db_default=0)
    version = models.BigIntegerField(default=0, db_default=0)
    frozen_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(db_default=Now())

    # Opened by its code, frozen and thawed; balances move by transfers.
    serving_role_may = ("SELECT", "INSERT (code)", "UPDATE (frozen_at)")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="wallet_account_code_once"),
            models.CheckConstraint(
                condition=Q(may_overdraw=True) | Q(balance_paise__gte=0),
                name="wallet_account_not_overdrawn",
            ),
            models.CheckConstraint(
                condition=Q(keeps_balance=True) | Q(balance_paise=0, version=0),
                name="wallet_account_no_balance_unless_kept",
            ),
        ]
        indexes = [
            models.Index(
                fields=["frozen_at"],
                condition=Q(frozen_at__isnull=False),
                name="wallet_account_frozen",
            )
        ]
        triggers = [
            Guard(
                name="wallet_account_opens_empty",
                runs="wallet_account_open",
                operation=pgtrigger.Insert,
            ),
            Guard(
                name="wallet_account_moves_by_transfer",
                runs="wallet_account_edit",
                operation=pgtrigger.Update,
                # What must not change is compared in the function: a long condition is parsed again
                # by each statement that moves a balance, and was a third of its price.
                condition=SENT_BY_SOMEBODY,
            ),
            refuse(
                "wallet_account_stays",
                pgtrigger.Delete | pgtrigger.Truncate,
                level=pgtrigger.Statement,
            ),
        ]

    def __str__(self) -> str:
        return self.code
