"""What we ask others about money: the requests, what each said of an order, and what both do not agree on."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.ondc.models.dispatches import Dispatch
from apps.ondc.models.inbound import InboundMessage
from apps.ondc.models.settlements import Settlement
from uma.kernel.guards import refuse
from uma.kernel.ids import new_id


class SettlementRequest(models.Model):
    """
    One `recon` or `settle` of ours: its dispatch holds the bytes, and the dispatch's id is its message id.

    OPEN until every line of it was answered, it was refused as a whole, or its time was over.
    """

    class Action(models.TextChoices):
        RECON = "RECON"
        SETTLE = "SETTLE"

    class State(models.TextChoices):
        OPEN = "OPEN"
        ANSWERED = "ANSWERED"
        REFUSED = "REFUSED"
        EXPIRED = "EXPIRED"

    dispatch = models.OneToOneField(
        Dispatch, models.PROTECT, primary_key=True, related_name="settlement_request"
    )
    transaction_id = models.UUIDField(unique=True, default=new_id, editable=False)
    action = models.CharField(max_length=6, choices=Action)
    # Whom it was said to: the seller, or the network's settlement agency.
    party = models.CharField(max_length=255)
    # The other side of the money: none when there is nothing to settle.
    seller = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    error_code = models.CharField(max_length=32, blank=True)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["RECON", "SETTLE"]),
                name="ondc_settlement_request_action_known",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True)
                | Q(state__in=["ANSWERED", "REFUSED", "EXPIRED"], closed_at__isnull=False),
                name="ondc_settlement_request_closed_at",
            ),
            models.CheckConstraint(
                condition=Q(until__gt=models.F("made_at")),
                name="ondc_settlement_request_lives",
            ),
        ]
        indexes = [
            models.Index(
                fields=["until"], condition=Q(state="OPEN"), name="ondc_settlement_request_open"
            ),
            models.Index(fields=["action", "-made_at"], name="ondc_settlement_request_last"),
        ]
        triggers = [
            refuse("ondc_settlement_request_never_deleted", pgtrigger.Delete | pgtrigger.Truncate)
        ]

    def __str__(self) -> str:
        return f"{self.action.lower()} to {self.party}"


class SettlementLine(models.Model):
    """
    One order in a request: what we said is to be moved for it, and what was answered.

    An order is in one open request of a kind at a time. What was said stays as it was said.
    """

    class Answer(models.TextChoices):
        NONE = ""
        AGREED = "AGREED"
        DIFFERS = "DIFFERS"
        PENDING = "PENDING"
        SETTLED = "SETTLED"
        NOT_SETTLED = "NOT_SETTLED"
        REFUSED = "REFUSED"
        EXPIRED = "EXPIRED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(SettlementRequest, models.PROTECT, related_name="lines")
    action = models.CharField(max_length=6, choices=SettlementRequest.Action)
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="lines")
    amount_paise = models.BigIntegerField()
    answer = models.CharField(max_length=11, choices=Answer, blank=True)
    told_paise = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=32, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "settlement"], name="ondc_settlement_line_once"
            ),
            models.UniqueConstraint(
                fields=["settlement", "action"],
                condition=Q(answer__in=["", "PENDING"]),
                name="ondc_settlement_line_one_open",
            ),
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1), name="ondc_settlement_line_amount_sane"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="ondc_settlement_line_answered_at",
            ),
        ]
        triggers = [
            refuse(
                "ondc_settlement_line_said_stays",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="NEW.request_id <> OLD.request_id OR NEW.action <> OLD.action"
                " OR NEW.settlement_id <> OLD.settlement_id OR NEW.amount_paise <> OLD.amount_paise"
                " OR (OLD.answer = 'SETTLED' AND NEW.answer <> 'SETTLED')",
            ),
            refuse("ondc_settlement_line_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.action.lower()} of {self.settlement_id}"


class Disagreement(models.Model):
    """
    One thing about money that a counterparty sees differently, or said nothing of; a person decides.

    One of a kind is open for an order at a time. A later agreement closes it by itself.
    """

    class Kind(models.TextChoices):
        AMOUNT = "AMOUNT", "another amount"
        UNKNOWN_ORDER = "UNKNOWN_ORDER", "an order that we do not know"
        NO_ANSWER = "NO_ANSWER", "no answer"
        NOT_SETTLED = "NOT_SETTLED", "could not be settled"
        SETTLED_AMOUNT = "SETTLED_AMOUNT", "settled as another amount"
        REFUSED = "REFUSED", "the request was refused"

    class Decision(models.TextChoices):
        AGREED = "AGREED", "they agreed later"
        TAKE_THEIRS = "TAKE_THEIRS", "their amount is right"
        ASK_AGAIN = "ASK_AGAIN", "ours is right: ask again"
        CLOSE = "CLOSE", "cleared otherwise"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=14, choices=Kind)
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, null=True, related_name="disagreements"
    )
    # None where nobody knows of which city the order is.
    zone_code = models.CharField(max_length=8, blank=True)
    party = models.CharField(max_length=255)
    number = models.CharField(max_length=128, blank=True)
    ours_paise = models.BigIntegerField(null=True)
    theirs_paise = models.BigIntegerField(null=True)
    detail = models.CharField(max_length=200, blank=True)
    # The message that said it; none for silence.
    inbound = models.ForeignKey(
        InboundMessage, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=11, choices=Decision, blank=True)
    # None when it closed by itself.
    decided_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        permissions = [("decide_disagreement", "May decide what counterparties see differently")]
        constraints = [
            models.UniqueConstraint(
                fields=["party", "number", "kind"],
                condition=Q(decided_at__isnull=True),
                name="ondc_disagreement_one_open",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decision="")
                | (Q(decided_at__isnull=False) & ~Q(decision="")),
                name="ondc_disagreement_decided_whole",
            ),
            models.CheckConstraint(
                condition=Q(decision__in=["", "AGREED"], decided_by__isnull=True)
                | (
                    Q(decision__in=["TAKE_THEIRS", "ASK_AGAIN", "CLOSE"])
                    & Q(decided_by__isnull=False)
                    & ~Q(reason="")
                ),
                name="ondc_disagreement_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="ondc_disagreement_newest")]
        triggers = [
            refuse(
                "ondc_disagreement_decided_stays",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.decided_at IS NOT NULL OR NEW.party <> OLD.party"
                " OR NEW.number <> OLD.number OR NEW.kind <> OLD.kind",
            ),
            refuse("ondc_disagreement_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.number or self.party}"
