"""What was thought about visits: the tables that rules go by, assessments, signs, cases."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id

_BANDS = ["ALLOW", "REVIEW", "DENY"]


class RiskTable(models.Model):
    """
    A version of a zone's thresholds: those numbers that are not the product's own. Append-only; the
    newest version counts. No zone means every zone that has no table of its own.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone_code = models.CharField(max_length=8, blank=True)
    version = models.PositiveIntegerField()
    numbers = models.JSONField()
    set_at = models.DateTimeField()

    class Meta:
        permissions = [("set_risktable", "May set from where on a visit is looked at")]
        constraints = [
            models.UniqueConstraint(
                fields=["zone_code", "version"], name="analytics_risk_table_version_once"
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1), name="analytics_risk_table_from_one"
            ),
        ]
        triggers = [append_only("analytics_risk_table_append_only")]

    def __str__(self) -> str:
        return f"{self.zone_code or 'every zone'}, version {self.version}"


class Assessment(models.Model):
    """What the rules made of one visit, once: its score and its band, by which version of the table."""

    handshake_id = models.UUIDField(primary_key=True)
    zone_code = models.CharField(max_length=8)
    rider_id = models.UUIDField()
    merchant_id = models.UUIDField()
    cashback_paise = models.BigIntegerField()
    score = models.PositiveIntegerField()
    band = models.CharField(max_length=6, choices=[(name, name.title()) for name in _BANDS])
    # The table: its zone and version, or the product's own numbers.
    by_table = models.CharField(max_length=24)
    visited_at = models.DateTimeField()
    assessed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(band__in=_BANDS), name="analytics_assessment_band"),
            models.CheckConstraint(
                condition=Q(assessed_at__gte=F("visited_at")), name="analytics_assessment_after"
            ),
        ]
        indexes = [
            # Few visits are in it: whoever comes back a thousand times costs it nothing.
            models.Index(
                fields=["rider_id", "merchant_id"],
                condition=~Q(band="ALLOW"),
                name="analytics_assessment_raised",
            ),
        ]
        triggers = [append_only("analytics_assessment_append_only")]

    def __str__(self) -> str:
        return f"{self.band.lower()} ({self.score})"


class RiskSignal(models.Model):
    """What one rule found on one visit: its points and the facts that made it speak."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    handshake_id = models.UUIDField()
    zone_code = models.CharField(max_length=8)
    rider_id = models.UUIDField()
    merchant_id = models.UUIDField()
    rule = models.CharField(max_length=16)
    points = models.PositiveIntegerField()
    facts = models.JSONField()
    by_table = models.CharField(max_length=24)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handshake_id", "rule"], name="analytics_risk_signal_once"
            ),
            models.CheckConstraint(
                condition=Q(points__gte=1), name="analytics_risk_signal_is_worth_something"
            ),
        ]
        indexes = [
            models.Index(
                fields=["rider_id", "merchant_id", "-at"], name="analytics_risk_signal_of_pair"
            )
        ]
        triggers = [append_only("analytics_risk_signal_append_only")]

    def __str__(self) -> str:
        return f"{self.rule} ({self.points})"


class RiskCase(models.Model):
    """
    A rider at a merchant whose visits somebody has to look at; one is open for a pair at the most.

    Opened by a visit's band, and raised by worse ones; decided once, by a person, with a reason. Fraud that
    was none is cleared afterwards; what was cleared stays so.
    """

    class State(models.TextChoices):
        OPEN = "OPEN"
        CLEARED = "CLEARED", "nothing wrong"
        CONFIRMED = "CONFIRMED", "fraud"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    zone_code = models.CharField(max_length=8)
    rider_id = models.UUIDField()
    merchant_id = models.UUIDField()
    # Of the worst visit so far.
    score = models.PositiveIntegerField()
    band = models.CharField(max_length=6, choices=[("REVIEW", "Review"), ("DENY", "Deny")])
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)

    class Meta:
        permissions = [("decide_riskcase", "May decide cases of suspected fraud")]
        constraints = [
            models.UniqueConstraint(
                fields=["rider_id", "merchant_id"],
                condition=Q(state="OPEN"),
                name="analytics_risk_case_one_open",
            ),
            models.CheckConstraint(
                condition=Q(band__in=["REVIEW", "DENY"]), name="analytics_risk_case_band"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at__isnull=True, decided_by__isnull=True)
                | Q(
                    state__in=["CLEARED", "CONFIRMED"],
                    decided_at__isnull=False,
                    decided_at__gte=F("opened_at"),
                    decided_by__isnull=False,
                ),
                name="analytics_risk_case_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["rider_id", "merchant_id", "-decided_at"],
                condition=~Q(state="OPEN"),
                name="analytics_risk_case_quiet",
            )
        ]
        triggers = [
            refuse(
                "analytics_risk_case_facts",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "id", "zone_code", "rider_id", "merchant_id", "opened_at"
                )
                | pgtrigger.Delete
                | pgtrigger.Truncate,
            ),
            refuse(
                "analytics_risk_case_decided_once",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition=(
                    "OLD.state = 'CLEARED' OR (OLD.state = 'CONFIRMED' AND (NEW.state <> 'CLEARED'"
                    " OR NEW.score <> OLD.score OR NEW.band <> OLD.band"
                    " OR NEW.decided_at < OLD.decided_at))"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.band.lower()} ({self.score}), {self.state.lower()}"
