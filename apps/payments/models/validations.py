"""What banks were asked about payout accounts, and what they said."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.payments.models.fund_accounts import FundAccount
from apps.payments.validation_states import ANSWERED, ARROWS, ENDS, OPEN, State
from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id

_ARROWS = ", ".join(
    f"('{before}', '{after}')" for before in State for after in sorted(ARROWS[before])
)
_OPEN, _ENDS, _ANSWERED = (
    sorted(state.value for state in states) for states in (OPEN, ENDS, ANSWERED)
)
# What changes while the question goes its way; all else is the question.
_MOVING = [
    "state", "next_look_at", "attempts", "asked_at", "razorpay_id", "ended_at", "registered_name",
    "reason", "cost_paise", "cost_tax_paise", "cost_journal_id", "accepted", "decided_by",
    "decided_at",
]  # fmt: skip
# Written once: asked once, answered once, paid for once, decided once.
_ONCE = ("asked_at", "razorpay_id", "ended_at", "cost_journal_id", "decided_at")
_REWRITTEN = " OR ".join(
    f"(OLD.{name} IS NOT NULL AND NEW.{name} IS DISTINCT FROM OLD.{name})" for name in _ONCE
)


class AccountValidation(models.Model):
    """
    One question to a bank: does this account exist, and in whose name? Asked of RazorpayX once at most.

    A small amount goes to the account (a penny drop), and Razorpay takes a fee. The id without dashes is
    the reference that the question carries. What was never answered ends as FAILED; the next question is
    another row. Of an account that is validated there is one open row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    fund_account = models.ForeignKey(
        FundAccount, models.PROTECT, related_name="validations", db_index=False
    )
    # In whose books it is paid for, and who is told; a merchant's is whoever added the account.
    zone_code = models.CharField(max_length=8)
    told_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    state = models.CharField(
        max_length=10, choices=[(state.value, state.label) for state in State], default="WAITING"
    )
    # When a job takes it up next or, while a worker holds it, when its lease ends; `attempts` is that
    # lease's fencing number.
    next_look_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    razorpay_id = models.CharField(max_length=40, null=True)  # noqa: DJ001 — unique when known
    ended_at = models.DateTimeField(null=True)
    # The holder as the bank writes it.
    registered_name = SealedTextField(max_length=255, blank=True, db_default="")
    # Razorpay's own word or ours, never the text of somebody else's answer.
    reason = models.CharField(max_length=64, blank=True)
    # What the float's statement took for it, its tax included.
    cost_paise = models.BigIntegerField(null=True)
    cost_tax_paise = models.BigIntegerField(null=True)
    cost_journal_id = models.UUIDField(null=True)
    # An operator's decision about a name that nearly fits.
    accepted = models.BooleanField(null=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = SealedQuerySet["AccountValidation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fund_account"],
                condition=Q(state__in=_OPEN),
                name="payments_validation_one_open",
            ),
            models.UniqueConstraint(fields=["razorpay_id"], name="payments_validation_made_once"),
            # Every state stands in one of the lists, so an unknown one is refused as well.
            models.CheckConstraint(
                condition=Q(state="WAITING", asked_at__isnull=True, razorpay_id__isnull=True)
                | Q(state="ASKED", asked_at__isnull=False, razorpay_id__isnull=True)
                | Q(
                    state__in=["CREATED", "MATCHED", "CLOSE", "MISMATCHED"],
                    asked_at__isnull=False,
                    razorpay_id__isnull=False,
                )
                | Q(state__in=["INVALID", "FAILED"])
                | Q(state="DROPPED", asked_at__isnull=True, razorpay_id__isnull=True),
                name="payments_validation_asked_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, next_look_at__isnull=False, ended_at__isnull=True)
                | Q(state__in=_ENDS, next_look_at__isnull=True, ended_at__isnull=False),
                name="payments_validation_looked_at_or_over",
            ),
            models.CheckConstraint(
                condition=Q(registered_name__blank=True) | Q(state__in=_ANSWERED),
                name="payments_validation_named_by_the_bank",
            ),
            models.CheckConstraint(
                condition=Q(accepted=None, decided_by=None, decided_at=None)
                | Q(
                    state="CLOSE",
                    accepted__isnull=False,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="payments_validation_decided_when_close",
            ),
            models.CheckConstraint(
                condition=Q(cost_paise=None, cost_tax_paise=None, cost_journal_id=None)
                # NULL >= anything is unknown, and a CHECK lets the unknown pass.
                | Q(
                    cost_paise__isnull=False,
                    cost_tax_paise__isnull=False,
                    cost_journal_id__isnull=False,
                    razorpay_id__isnull=False,
                )
                & Q(cost_tax_paise__gte=0, cost_paise__gte=models.F("cost_tax_paise")),
                name="payments_validation_cost_is_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
                name="payments_validation_due",
            ),
            models.Index(fields=["fund_account", "-id"], name="payments_validation_of_account"),
        ]
        triggers = [
            refuse(
                "payments_validation_born_waiting",
                pgtrigger.Insert,
                level=pgtrigger.Row,
                condition="NEW.state <> 'WAITING'",
            ),
            refuse(
                "payments_validation_terms_frozen",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=pgtrigger.AnyChange(exclude=_MOVING),
            ),
            refuse(
                "payments_validation_arrows",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({_ARROWS})",
            ),
            refuse(
                "payments_validation_written_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"({_REWRITTEN})",
            ),
            refuse("payments_validation_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"validation {self.pk}"

    @property
    def reference(self) -> str:
        """What the question carries, and what it is looked for by."""
        return self.pk.hex

    @property
    def waits_for_a_decision(self) -> bool:
        """Say whether a person has to look: the name nearly fits and nobody has decided."""
        return self.state == State.CLOSE and self.accepted is None
