"""Wallets whose riders have not been seen for years: warned, set aside, given back (product rule 2.6, row 15)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import refuse
from uma.kernel.ids import new_id

ARROWS = (("WARNED", "AWAKE"), ("WARNED", "MOVED"), ("MOVED", "RETURNED"))
_ARROWS = ", ".join(f"('{before}', '{after}')" for before, after in ARROWS)
# What changes while it goes its way; all else is what the rider was told.
_MOVING = [
    "state", "amount_paise", "moved_journal_id", "moved_at", "returned_journal_id", "returned_by",
    "returned_because", "ended_at",
]  # fmt: skip


class DormantWallet(models.Model):
    """
    One time that a rider's wallet was about to become dormant, or did; amounts in paise.

    WARNED: told, and nothing moves before `due_at`. AWAKE: the rider came back, or nothing was left. MOVED:
    the balance lies in the zone's `unclaimed` account and is still the rider's. RETURNED: it is back.
    """

    class State(models.TextChoices):
        WARNED = "WARNED", "warned"
        AWAKE = "AWAKE", "awake again"
        MOVED = "MOVED", "set aside"
        RETURNED = "RETURNED", "given back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # Whose `unclaimed` account has it, wherever the rider lives later.
    zone_code = models.CharField(max_length=8)
    last_act_at = models.DateTimeField()
    warned_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WARNED)
    # Null until it moved.
    amount_paise = models.BigIntegerField(null=True)
    moved_journal_id = models.UUIDField(null=True)
    moved_at = models.DateTimeField(null=True)
    returned_journal_id = models.UUIDField(null=True)
    # The rider, or the operator who acted.
    returned_by = models.UUIDField(null=True)
    returned_because = models.CharField(max_length=500, blank=True)
    # When the rider was awake again, or had the money back.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("return_dormant_money", "May give money of a dormant wallet back")]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="WARNED"), name="payments_dormant_warned_once"
            ),
            models.UniqueConstraint(
                fields=["moved_journal_id"], name="payments_dormant_moved_once"
            ),
            models.CheckConstraint(condition=~Q(zone_code=""), name="payments_dormant_has_a_zone"),
            models.CheckConstraint(
                condition=Q(last_act_at__lte=F("warned_at"), due_at__gt=F("warned_at")),
                name="payments_dormant_warned_before",
            ),
            # Every state stands in one of the lists, so an unknown one is refused as well.
            models.CheckConstraint(
                condition=Q(
                    state__in=["WARNED", "AWAKE"],
                    amount_paise__isnull=True,
                    moved_journal_id__isnull=True,
                    moved_at__isnull=True,
                )
                | Q(
                    state__in=["MOVED", "RETURNED"],
                    # NULL >= 1 is unknown, and a CHECK lets the unknown pass.
                    amount_paise__isnull=False,
                    amount_paise__gte=1,
                    moved_journal_id__isnull=False,
                    moved_at__isnull=False,
                    moved_at__gte=F("due_at"),
                ),
                name="payments_dormant_moved_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["WARNED", "MOVED"],
                    returned_journal_id__isnull=True,
                    returned_by__isnull=True,
                    returned_because="",
                    ended_at__isnull=True,
                )
                | Q(
                    state="AWAKE",
                    returned_journal_id__isnull=True,
                    returned_by__isnull=True,
                    returned_because="",
                    ended_at__isnull=False,
                )
                | Q(
                    state="RETURNED",
                    returned_journal_id__isnull=False,
                    returned_by__isnull=False,
                    ended_at__isnull=False,
                )
                & ~Q(returned_because=""),
                name="payments_dormant_returned_whole",
            ),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="payments_dormant_of_person")]
        triggers = [
            refuse(
                "payments_dormant_arrows",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=f"OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({_ARROWS})",
            ),
            refuse(
                "payments_dormant_told_stays",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=pgtrigger.AnyChange(exclude=_MOVING),
            ),
            refuse(
                "payments_dormant_written_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="((OLD.moved_journal_id IS NOT NULL"
                " AND (NEW.moved_journal_id IS DISTINCT FROM OLD.moved_journal_id"
                " OR NEW.amount_paise IS DISTINCT FROM OLD.amount_paise))"
                " OR (OLD.returned_journal_id IS NOT NULL"
                " AND NEW.returned_journal_id IS DISTINCT FROM OLD.returned_journal_id))",
            ),
            refuse("payments_dormant_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} since {self.moved_at or self.warned_at:%Y-%m-%d}"
