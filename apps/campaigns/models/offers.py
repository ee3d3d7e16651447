"""Campaigns, the terms they were sold under, where they are listed, and what of them is sold."""

from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Q

from apps.campaigns import policies
from apps.campaigns.costs import Basis
from apps.campaigns.lifecycle import PauseReason, State, SuspendedFor
from apps.merchants.models import Merchant, Outlet, Zone
from uma.kernel.geo import PointField
from uma.kernel.guards import append_only
from uma.kernel.ids import new_id
from uma.kernel.zones import DAY_MINUTES


class FeeSchedule(models.Model):
    """What the platform takes per visit in a zone, and the standing limits, from a day on."""

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="fee_schedules")
    effective_from = models.DateTimeField()
    cpt_fee_paise = models.BigIntegerField(default=20_00)
    cpa_fee_paise = models.BigIntegerField(default=50_00)
    gst_bps = models.PositiveIntegerField(default=18_00)
    # A campaign within these goes live without an operator.
    standing_cap_paise = models.BigIntegerField(default=500_00)
    standing_budget_paise = models.BigIntegerField(default=1_00_000_00)
    # A week of being listed first in one tile of the map, and how many may be there at once.
    boost_week_paise = models.BigIntegerField(default=500_00, db_default=500_00)
    boost_slots = models.PositiveSmallIntegerField(default=3, db_default=3)

    class Meta:
        permissions = [("set_fees", "May set a zone's fees from a day on")]
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "effective_from"], name="campaigns_fees_one_per_instant"
            ),
            models.CheckConstraint(
                condition=Q(cpt_fee_paise__gte=0, cpa_fee_paise__gte=0, gst_bps__lte=10_000),
                name="campaigns_fees_in_range",
            ),
            models.CheckConstraint(
                condition=Q(boost_week_paise__gte=1_00, boost_slots__lte=20),
                name="campaigns_fees_boost_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone_id} from {self.effective_from:%Y-%m-%d}"


class Campaign(models.Model):
    """
    An offer of a merchant: its terms of today, its limits and its state.

    Bookings copy the terms; `revision` counts their changes, `version` every change of the row.
    """

    Audience = policies.Audience
    ProofPolicy = policies.ProofPolicy
    GeofencePolicy = policies.GeofencePolicy

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="campaigns")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="+", db_index=False)

    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    discount_bps = models.PositiveIntegerField(default=0)
    basis = models.CharField(
        max_length=16, choices=[(b.value, b.value) for b in Basis], default=Basis.FLAT
    )
    cap_paise = models.BigIntegerField()
    deductible_paise = models.BigIntegerField(default=0)
    cpt_fee_paise = models.BigIntegerField()
    cpa_enabled = models.BooleanField(default=False)
    cpa_fee_paise = models.BigIntegerField()
    gst_bps = models.PositiveIntegerField()
    audience = models.CharField(
        max_length=16, choices=policies.Audience, default=policies.Audience.ALL
    )
    proof_policy = models.CharField(
        max_length=16, choices=policies.ProofPolicy, default=policies.ProofPolicy.VISIT
    )
    geofence_policy = models.CharField(
        max_length=24, choices=policies.GeofencePolicy, default=policies.GeofencePolicy.NONE
    )
    booking_ttl_minutes = models.PositiveIntegerField(default=DAY_MINUTES)
    static_qr = models.BooleanField(default=False)

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    # [{"dow": 0-6 from Monday, "start": "HH:MM", "end": "HH:MM"}]; the week of a Deal is what is
    # queried.
    windows = models.JSONField(default=list, blank=True)
    budget_paise = models.BigIntegerField(null=True, blank=True)
    daily_budget_paise = models.BigIntegerField(null=True, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    daily_seats = models.PositiveIntegerField(null=True, blank=True)
    per_rider = models.PositiveIntegerField(null=True, blank=True)
    per_rider_per_day = models.PositiveIntegerField(null=True, blank=True)
    per_outlet_daily = models.PositiveIntegerField(null=True, blank=True)
    boosted_until = models.DateTimeField(null=True, blank=True)
    # The share of riders who are not shown the deal, so that its effect can be measured; nought for none.
    holdout_bps = models.PositiveSmallIntegerField(default=0, db_default=0)
    # What keys the draw: another one for each campaign, so that one draw says nothing of the next.
    salt = models.UUIDField(null=True, editable=False)

    state = models.CharField(
        max_length=9, choices=[(s.value, s.value) for s in State], default=State.DRAFT
    )
    pause_reason = models.CharField(
        max_length=12, choices=[(r.value, r.value) for r in PauseReason], blank=True
    )
    # Empty in a suspension from before kinds were kept: then what is booked is honoured.
    suspended_for = models.CharField(
        max_length=5,
        choices=[(kind.value, kind.value) for kind in SuspendedFor],
        blank=True,
        default="",
        db_default="",
    )
    # Where lifting a suspension returns to.
    suspended_state = models.CharField(max_length=9, blank=True)
    suspended_pause_reason = models.CharField(max_length=12, blank=True)
    # What an operator approved beyond the standing limits, in paise; zero for nothing.
    approved_cap_paise = models.BigIntegerField(default=0)
    approved_budget_paise = models.BigIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.UUIDField(null=True)
    status_changed_at = models.DateTimeField()

    class Meta:
        permissions = [
            ("review_campaign", "May approve and reject campaigns"),
            ("suspend_campaign", "May pause, suspend and lift campaigns"),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="campaigns_campaign_of_merchant"),
            models.Index(fields=["state"], name="campaigns_campaign_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]),
                name="campaigns_campaign_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="PAUSED", pause_reason__in=[r.value for r in PauseReason])
                | (~Q(state="PAUSED") & Q(pause_reason="")),
                name="campaigns_campaign_pause_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(suspended_for="")
                | Q(state="SUSPENDED", suspended_for__in=[kind.value for kind in SuspendedFor]),
                name="campaigns_campaign_suspended_for_known",
            ),
            models.CheckConstraint(
                condition=Q(discount_bps__lte=10_000), name="campaigns_campaign_discount_in_range"
            ),
            models.CheckConstraint(
                condition=Q(cap_paise__gte=0, deductible_paise__gte=0, cpt_fee_paise__gte=0)
                & Q(cpa_fee_paise__gte=0, gst_bps__lte=10_000),
                name="campaigns_campaign_money_in_range",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="campaigns_campaign_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(basis__in=[basis.value for basis in Basis])
                & (Q(basis="deductible") | Q(deductible_paise=0)),
                name="campaigns_campaign_basis_known",
            ),
            # Below a twentieth too few are held out to tell anything (product rule 3).
            models.CheckConstraint(
                condition=Q(holdout_bps=0)
                | Q(holdout_bps__gte=5_00, holdout_bps__lte=50_00, salt__isnull=False),
                name="campaigns_campaign_holdout_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Revision(models.Model):
    """
    The terms of a campaign as they held from an instant on; append-only.

    Older ones lack limits, hours and days: these made no revision then (decisions/0079).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField()
    terms = models.JSONField()
    actor_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="campaigns_revision_number_once"
            )
        ]
        triggers = [append_only("campaigns_revision_append_only")]

    def __str__(self) -> str:
        return f"{self.campaign_id} revision {self.number}"


class WeekField(models.Field[Any, Any]):  # Any: psycopg's Multirange
    """The open minutes of a week (0 is Monday 00:00) as PostgreSQL's `int4multirange`."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        return "int4multirange"


class Deal(models.Model):
    """
    One campaign at one outlet: what the map lists, written from both and indexed for the search.

    `is_live` follows the campaign's state and the outlet's; the search still asks both, so that a
    row that lags behind shows a reason and never sells.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="deals", db_index=False
    )
    outlet = models.ForeignKey(Outlet, on_delete=models.PROTECT, related_name="deals")
    # Copied, so that the search filters and orders within one index.
    zone_code = models.CharField(max_length=8)
    timezone = models.CharField(max_length=40)
    category = models.CharField(max_length=40)
    location = PointField()
    reimbursement_paise = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    open_week = WeekField(null=True)
    # The only outlet of its campaign: then no nearer one needs to be looked for.
    is_alone = models.BooleanField()
    is_live = models.BooleanField(default=False)
    # Copied from the campaign and taken away when its boost is over, so that the index stays small.
    boosted_until = models.DateTimeField(null=True)
    listed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "outlet"], name="campaigns_deal_once_per_outlet"
            )
        ]
        indexes = [
            GistIndex(fields=["location"], condition=Q(is_live=True), name="campaigns_deal_near"),
            models.Index(
                fields=["-listed_at", "-id"],
                condition=Q(is_live=True),
                name="campaigns_deal_newest",
            ),
            models.Index(
                fields=["-reimbursement_paise", "-id"],
                condition=Q(is_live=True),
                name="campaigns_deal_cashback",
            ),
            GistIndex(
                fields=["location"],
                condition=Q(is_live=True, boosted_until__isnull=False),
                name="campaigns_deal_boosted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} at {self.outlet_id}"


class Allotment(models.Model):
    """
    How much of a campaign is sold within one scope, and how much may be: a cap as a database fact.

    Scopes: `all`, `day:<zone day>`, `outlet:<id>:<day>`, `rider:<id>`, `rider:<id>:<day>`. A seat
    counts from its booking until it is given back; `committed_paise` is the most that the taken
    seats may still cost plus what they did cost, `spent_paise` the latter alone. Limits are those
    in force when the row was last taken from. Null means no limit.
    """

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="allotments", db_index=False
    )
    scope = models.CharField(max_length=120)
    seats_limit = models.PositiveIntegerField(null=True)
    budget_paise = models.BigIntegerField(null=True)
    seats_taken = models.IntegerField(default=0)
    visits = models.IntegerField(default=0)
    committed_paise = models.BigIntegerField(default=0)
    spent_paise = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "scope"], name="campaigns_allotment_once_per_scope"
            ),
            models.CheckConstraint(
                condition=Q(seats_limit__isnull=True) | Q(seats_taken__lte=F("seats_limit")),
                name="campaigns_allotment_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(budget_paise__isnull=True) | Q(committed_paise__lte=F("budget_paise")),
                name="campaigns_allotment_not_overspent",
            ),
            models.CheckConstraint(
                condition=Q(seats_taken__gte=0, committed_paise__gte=0),
                name="campaigns_allotment_never_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.scope}"
