"""The ledger's tables; money moves only by inserting a transfer, through the guards of sql/0002_*.sql."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.wallet.guards import SENT_BY_SOMEBODY, Guard, changes_by_migration, refuse
from uma.kernel.ids import new_id

# Ten thousand crore rupees: no sum of real postings comes near the limit of bigint.
MAX_TRANSFER_PAISE = 10**13


class Xid8Field(models.Field[int, int]):
    """PostgreSQL's 64-bit transaction id, which never wraps around."""

    def db_type(self, connection: object) -> str:  # noqa: ARG002 — Django's signature
        return "xid8"

    def from_db_value(self, value: str | None, *_: object) -> int | None:
        return None if value is None else int(value)


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


class Journal(models.Model):
    """One business event's posting: its transfers, all of them, in the transaction that made it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=32)
    reference = models.CharField(max_length=120)
    zone_code = models.CharField(max_length=8)
    event_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_xid = Xid8Field()
    actor_id = models.UUIDField(null=True, blank=True)
    # The hold that this journal opens, captures or releases; its id is the booking's.
    hold_id = models.UUIDField(null=True, blank=True)
    reverses = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="reversed_by",
    )
    # The captured holds whose unused part this journal gives back to the wallet.
    swept_hold_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    memo = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="wallet_journal_reference_once")
        ]
        indexes = [
            models.Index(
                fields=["reverses"],
                name="wallet_journal_reversals",
                condition=Q(reverses__isnull=False),
            )
        ]
        triggers = [
            Guard(
                name="wallet_journal_stamp", runs="wallet_journal_stamp", operation=pgtrigger.Insert
            ),
            Guard(
                name="wallet_journal_not_empty",
                runs="wallet_journal_not_empty",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
            ),
            refuse(
                "wallet_journal_append_only",
                pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
                level=pgtrigger.Statement,
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Transfer(models.Model):
    """
    One positive movement from a debited account to a credited one, so balanced by its shape.

    The guard moves the kept balances and writes what they became; a side without a kept balance has
    null there. The order of an account's movements is its version, never a clock.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign keys in the database: the guard reads these three rows for every transfer, and none
    # of them can be deleted (decisions/0001). `manage.py verify_ledger` checks them in bulk.
    journal = models.ForeignKey(
        Journal, on_delete=models.DO_NOTHING, db_constraint=False, related_name="transfers"
    )
    debit_account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    credit_account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    amount_paise = models.BigIntegerField()
    debit_after_paise = models.BigIntegerField(null=True, blank=True)
    debit_version = models.BigIntegerField(null=True, blank=True)
    credit_after_paise = models.BigIntegerField(null=True, blank=True)
    credit_version = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1, amount_paise__lte=MAX_TRANSFER_PAISE),
                name="wallet_transfer_amount_in_range",
            ),
            models.CheckConstraint(
                condition=~Q(debit_account=F("credit_account")),
                name="wallet_transfer_between_two_accounts",
            ),
        ]
        indexes = [
            models.Index(fields=["debit_account", "debit_version"], name="wallet_transfer_debits"),
            models.Index(
                fields=["credit_account", "credit_version"], name="wallet_transfer_credits"
            ),
        ]
        triggers = [
            Guard(
                name="wallet_transfer_moves",
                runs="wallet_transfer_move",
                operation=pgtrigger.Insert,
            ),
            Guard(
                name="wallet_transfer_settles",
                runs="wallet_transfer_settle",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="posted"),  # type: ignore[no-untyped-call]
            ),
            refuse(
                "wallet_transfer_append_only",
                pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
                level=pgtrigger.Statement,
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


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


class Entry(models.Model):
    """One side of a transfer as the account sees it: a view, two rows for each transfer (decisions/0005)."""

    # The view has no key of its own; Django never looks one up by it.
    transfer = models.OneToOneField(
        Transfer, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False
    )
    journal = models.ForeignKey(Journal, on_delete=models.DO_NOTHING, db_constraint=False)
    account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, related_name="entries"
    )
    counter_account = models.ForeignKey(
        Account, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    side = models.CharField(max_length=1)
    amount_paise = models.BigIntegerField()
    after_paise = models.BigIntegerField(null=True)
    version = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "wallet_entry"

    def __str__(self) -> str:
        return f"{self.transfer_id} {self.side}"
