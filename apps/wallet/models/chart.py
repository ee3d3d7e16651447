"""The chart of accounts and the posting rules: reference data, changed by migrations alone."""

from django.db import models
from django.db.models import Q

from apps.wallet.guards import changes_by_migration


class AccountKind(models.Model):
    """One line of the chart of accounts: what is true of every account of this kind."""

    kind = models.CharField(max_length=32, primary_key=True)
    family = models.CharField(max_length=16, help_text="The first part of the account's code.")
    normal_side = models.CharField(max_length=1, help_text="The side that makes it grow: D or C.")
    keeps_balance = models.BooleanField(help_text="Whether a running balance is kept on the row.")
    may_overdraw = models.BooleanField()

    class Meta:
        db_table = "wallet_account_kind"
        constraints = [
            models.CheckConstraint(
                condition=Q(normal_side__in=["D", "C"]), name="wallet_account_kind_side_known"
            ),
            models.CheckConstraint(
                condition=Q(keeps_balance=False) | Q(may_overdraw=False),
                name="wallet_account_kind_kept_balance_not_overdrawn",
            ),
        ]
        triggers = [changes_by_migration("wallet_chart_changes_by_migration")]

    def __str__(self) -> str:
        return self.kind


class PostingRule(models.Model):
    """A movement that a kind of journal may make, and the most that one such movement may carry."""

    id = models.BigAutoField(primary_key=True)
    journal_kind = models.CharField(max_length=32)
    debit_kind = models.CharField(max_length=32)
    credit_kind = models.CharField(max_length=32)
    max_paise = models.BigIntegerField()
    same_party = models.BooleanField(help_text="Both accounts belong to one merchant or rider.")
    # Set: the journal must reverse one of this kind, and never more than it.
    reverses_kind = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001 (none is a fact)

    class Meta:
        db_table = "wallet_posting_rule"
        constraints = [
            models.UniqueConstraint(
                fields=["journal_kind", "debit_kind", "credit_kind"],
                name="wallet_posting_rule_once",
            )
        ]
        triggers = [changes_by_migration("wallet_rules_change_by_migration")]

    def __str__(self) -> str:
        return f"{self.journal_kind}: {self.debit_kind} → {self.credit_kind}"
