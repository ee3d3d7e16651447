"""Journals and their transfers: what moved, once and for ever."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.wallet.guards import refuse
from apps.wallet.models.accounts import Account
from uma.kernel.guards import Guard
from uma.kernel.ids import new_id

# Ten thousand crore rupees: no sum of real postings comes near the limit of bigint.
MAX_TRANSFER_PAISE = 10**13


class Xid8Field(models.Field[int, int]):
    """PostgreSQL's 64-bit transaction id, which never wraps around."""

    def db_type(self, connection: object) -> str:  # noqa: ARG002 — Django's signature
        return "xid8"

    def from_db_value(self, value: str | None, *_: object) -> int | None:
        return None if value is None else int(value)


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

    # Not when and by which transaction it was written: that is stamped.
    serving_role_may = (
        "SELECT",
        (
            "INSERT (id, kind, reference, zone_code, event_at, actor_id, hold_id, reverses_id,"
            " swept_hold_ids, memo)"
        ),
    )

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

    # Not what the balances became: the guard says that.
    serving_role_may = (
        "SELECT",
        "INSERT (id, journal_id, debit_account_id, credit_account_id, amount_paise)",
    )

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
