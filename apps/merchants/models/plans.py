"""The plans: what each unlocks, what each costs from a day on, and what merchants paid for them."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.merchants.models.businesses import Merchant
from uma.kernel.guards import append_only, refuse
from uma.kernel.ids import new_id

_KNOWN = list(Merchant.Plan.values)
_PAID = [Merchant.Plan.PRO.value, Merchant.Plan.ENTERPRISE.value]
LIVE = ("ACTIVE", "GRACE")
# Central and state halves, or the integrated tax alone (IGST Act 2017, section 7).
_ONE_TAX = Q(igst_paise=0, cgst_paise=F("sgst_paise")) | Q(cgst_paise=0, sgst_paise=0)
_PRICE_IN_RANGE = Q(price_paise__lte=10_00_000_00, gst_bps__lte=10_000)
_TAX_IN_RANGE = Q(cgst_paise__gte=0, sgst_paise__gte=0, igst_paise__gte=0)


class Feature(models.TextChoices):
    """What a plan unlocks, and in which unit its row counts."""

    OUTLETS = "outlets", "outlets that are not closed"
    LIVE_CAMPAIGNS = "live_campaigns", "campaigns on sale"
    API_KEYS = "api_keys", "live API keys"
    STAFF = "staff", "people on the staff"
    EXPERIMENTS = "experiments", "holdout experiments"
    WEBHOOKS = "webhooks", "webhook endpoints"
    ANALYTICS_DAYS = "analytics_days", "days of analytics"
    BOOST_DISCOUNT = "boost_discount", "percent off a boost"


class PlanFeature(models.Model):
    """How much of one feature a plan unlocks: nought is none, null is without a limit."""

    id = models.BigAutoField(primary_key=True)
    plan = models.CharField(max_length=10, choices=Merchant.Plan)
    feature = models.CharField(max_length=20, choices=Feature)
    most = models.PositiveIntegerField(null=True)

    class Meta:
        permissions = [("set_plan", "May set what plans cost and unlock")]
        constraints = [
            models.UniqueConstraint(fields=["plan", "feature"], name="merchants_plan_feature_once"),
            models.CheckConstraint(
                condition=Q(plan__in=_KNOWN, feature__in=Feature.values),
                name="merchants_plan_feature_known",
            ),
            models.CheckConstraint(
                condition=~Q(feature="boost_discount") | Q(most__isnull=False, most__lte=100),
                name="merchants_plan_feature_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_plan_display()}: {self.feature}"


class PlanPrice(models.Model):
    """
    What a month of a plan costs everybody before GST from an instant on; the newest row in force holds.

    Append-only: a month that was sold is explained by the row it was sold under.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.CharField(max_length=10, choices=Merchant.Plan)
    effective_from = models.DateTimeField()
    price_paise = models.BigIntegerField()
    gst_bps = models.PositiveIntegerField(default=18_00)
    # Null: written by a migration.
    set_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "effective_from"], name="merchants_plan_price_once_for_an_instant"
            ),
            models.CheckConstraint(
                condition=Q(plan="BASIC", price_paise=0) | Q(plan="PRO", price_paise__gte=1_00),
                name="merchants_plan_price_listed",
            ),
            models.CheckConstraint(condition=_PRICE_IN_RANGE, name="merchants_plan_price_in_range"),
        ]
        triggers = [append_only("merchants_plan_price_append_only")]

    def __str__(self) -> str:
        return f"{self.get_plan_display()} from {self.effective_from:%Y-%m-%d}"


class AgreedPrice(models.Model):
    """What a month of Enterprise costs one merchant before GST from an instant on; append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="agreed_prices")
    effective_from = models.DateTimeField()
    price_paise = models.BigIntegerField()
    gst_bps = models.PositiveIntegerField(default=18_00)
    set_by = models.UUIDField()
    reason = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "effective_from"],
                name="merchants_agreed_price_once_for_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(price_paise__gte=1_00) & _PRICE_IN_RANGE,
                name="merchants_agreed_price_in_range",
            ),
        ]
        triggers = [append_only("merchants_agreed_price_append_only")]

    def __str__(self) -> str:
        return f"{self.merchant_id} from {self.effective_from:%Y-%m-%d}"


class Subscription(models.Model):
    """
    A merchant's run of paid months, on the clock of its zone; at most one that is not over.

    ACTIVE: paid up to `period_end`. GRACE: a month could not be paid and everything stays unlocked
    until `grace_until`. ENDED: the merchant is on Basic. The months are counted from `anchor_at`, so
    that what began on a 31st comes back to the 31st after a short month.
    """

    class State(models.TextChoices):
        ACTIVE = "ACTIVE"
        GRACE = "GRACE"
        ENDED = "ENDED"

    class Ending(models.TextChoices):
        CANCELLED = "CANCELLED", "cancelled by the merchant"
        UNPAID = "UNPAID", "not paid within the grace"
        UNDONE = "UNDONE", "undone within a day"
        NOT_ACTIVE = "NOT_ACTIVE", "the merchant may not sell"
        DESK = "DESK", "ended by an operator"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, models.PROTECT, related_name="subscriptions")
    plan = models.CharField(max_length=10, choices=Merchant.Plan)
    state = models.CharField(max_length=6, choices=State, default=State.ACTIVE)
    # What it becomes at the period's end: the same plan, another, or Basic, which ends it.
    renews_as = models.CharField(max_length=10, choices=Merchant.Plan)
    anchor_at = models.DateTimeField()
    # Months paid since the anchor.
    months = models.PositiveIntegerField(default=1)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    grace_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)

    class Meta:
        permissions = [("end_subscription", "May end a merchant's subscription at once")]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant"],
                condition=Q(state__in=LIVE),
                name="merchants_subscription_live_once",
            ),
            models.CheckConstraint(
                condition=Q(plan__in=_PAID, renews_as__in=_KNOWN),
                name="merchants_subscription_plan_known",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start"), months__gte=1),
                name="merchants_subscription_period_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state="ACTIVE", grace_until=None, ended_at=None, ending="")
                | Q(
                    state="GRACE",
                    grace_until__isnull=False,
                    grace_until__gt=F("period_end"),
                    ended_at=None,
                    ending="",
                )
                | (Q(state="ENDED", ended_at__isnull=False) & ~Q(ending="")),
                name="merchants_subscription_state_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["period_end"],
                condition=Q(state__in=LIVE),
                name="merchants_subscription_due",
            ),
        ]
        triggers = [
            refuse(
                "merchants_subscription_over_is_over",
                pgtrigger.Update,
                level=pgtrigger.Row,
                condition="OLD.state = 'ENDED'",
            ),
            refuse("merchants_subscription_never_deleted", pgtrigger.Delete | pgtrigger.Truncate),
        ]

    def __str__(self) -> str:
        return f"{self.get_plan_display()} of {self.merchant_id}"

    @property
    def renews(self) -> bool:
        return self.renews_as != Merchant.Plan.BASIC


class SubscriptionCharge(models.Model):
    """One month of a plan that was paid for: one journal, with the price and tax it moved."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="charges")
    plan = models.CharField(max_length=10, choices=Merchant.Plan)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    price_paise = models.BigIntegerField()
    gst_bps = models.PositiveIntegerField()
    cgst_paise = models.BigIntegerField()
    sgst_paise = models.BigIntegerField()
    igst_paise = models.BigIntegerField()
    journal_id = models.UUIDField(unique=True)
    charged_at = models.DateTimeField()
    # Null: renewed by the job.
    charged_by = models.UUIDField(null=True)
    # Null when nobody sent a key: the unique pair then binds nothing.
    request_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    request_fingerprint = models.BinaryField(null=True)

    class Meta:
        permissions = [("refund_subscription", "May return what a merchant paid for a plan")]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "plan", "period_start"],
                name="merchants_charge_once_a_period",
            ),
            models.UniqueConstraint(
                fields=["charged_by", "request_key"], name="merchants_charge_request_once"
            ),
            models.CheckConstraint(
                condition=Q(price_paise__gte=1, period_end__gt=F("period_start"), plan__in=_PAID),
                name="merchants_charge_in_range",
            ),
            models.CheckConstraint(condition=_ONE_TAX & _TAX_IN_RANGE, name="merchants_charge_tax"),
        ]
        triggers = [append_only("merchants_charge_append_only")]

    def __str__(self) -> str:
        return f"{self.get_plan_display()} from {self.period_start:%Y-%m-%d}"

    @property
    def total_paise(self) -> int:
        return self.price_paise + self.cgst_paise + self.sgst_paise + self.igst_paise


class SubscriptionRefund(models.Model):
    """What of a paid month went back to the wallet, why, and by whose word; one journal."""

    class Why(models.TextChoices):
        UNDONE = "UNDONE", "undone within a day"
        UPGRADED = "UPGRADED", "unused days of the smaller plan"
        DESK = "DESK", "an operator's decision"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    charge = models.ForeignKey(SubscriptionCharge, models.PROTECT, related_name="refunds")
    why = models.CharField(max_length=8, choices=Why)
    amount_paise = models.BigIntegerField()
    cgst_paise = models.BigIntegerField()
    sgst_paise = models.BigIntegerField()
    igst_paise = models.BigIntegerField()
    journal_id = models.UUIDField(unique=True)
    refunded_at = models.DateTimeField()
    refunded_by = models.UUIDField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_paise__gte=1), name="merchants_refund_positive"
            ),
            models.CheckConstraint(condition=_ONE_TAX & _TAX_IN_RANGE, name="merchants_refund_tax"),
            models.CheckConstraint(
                condition=~Q(why="DESK") | ~Q(reason=""), name="merchants_refund_desk_says_why"
            ),
        ]
        triggers = [append_only("merchants_refund_append_only")]

    def __str__(self) -> str:
        return f"refund of {self.charge_id}"

    @property
    def total_paise(self) -> int:
        return self.amount_paise + self.cgst_paise + self.sgst_paise + self.igst_paise
