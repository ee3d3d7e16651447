"""The shapes of campaigns on the wire: an owner's form and answer, a rider's deal."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.campaigns.costs import Basis
from apps.campaigns.models import Campaign
from apps.campaigns.selectors import Exposure, FoundDeal
from apps.campaigns.terms import Terms
from uma.kernel.http.fields import RupeesField, TextField, TrueFalseField, WholeNumberField
from uma.kernel.http.serializers import StrictSerializer
from uma.kernel.http.windows import WindowFields, windows_of
from uma.kernel.money import BPS, rupees

BPS_PER_PERCENT = 100
LONGEST_DESCRIPTION = 2000
MOST_OUTLETS = 500
MOST_SEATS = 1_000_000
_PERCENT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?")

# Where each term stands in the request: what a refusal points to.
POINTERS = {
    "cap_paise": "rideReimbursement",
    "deductible_paise": "deductible",
    "discount_bps": "discount",
    "budget_paise": "budget",
    "daily_budget_paise": "caps/dailyBudget",
    "seats": "caps/seats",
    "daily_seats": "caps/dailySeats",
    "per_rider": "caps/perRider",
    "per_rider_per_day": "caps/perRiderPerDay",
    "per_outlet_daily": "caps/perOutletDaily",
    "starts_at": "schedule/startsAt",
    "ends_at": "schedule/endsAt",
    "windows": "schedule/windows",
    "proof_policy": "proofPolicy",
    "geofence_policy": "geofencePolicy",
    "booking_ttl_minutes": "bookingTtlMinutes",
    "static_qr": "staticQr",
    "cpa_enabled": "cpaEnabled",
    "holdout_bps": "holdout",
    "outlets": "outletIds",
}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01},
            {"type": "string", "examples": ["10%"]},
        ]
    }
)
class PercentField(serializers.Field[int, Any, int | float, Any]):
    """A discount: a number of percent or a text like "10%", at most two decimals; inside bps."""

    default_error_messages = {
        "invalid": 'A discount is a number of percent, 0 to 100, or a text like "10%".'
    }

    def to_internal_value(self, data: object) -> int:
        # A bool is an int to Python; the parser reads a number with decimals exactly, as its text.
        if isinstance(data, bool):
            self.fail("invalid")
        text = data.strip().removesuffix("%").strip() if isinstance(data, str) else str(data)
        found = _PERCENT.fullmatch(text)
        if found is None:
            self.fail("invalid")
        bps = int(found[1]) * BPS_PER_PERCENT + int((found[2] or "").ljust(2, "0"))
        if bps > BPS:
            self.fail("invalid")
        return bps

    def to_representation(self, value: int) -> int | float:
        return percent(value)


def percent(bps: int) -> int | float:
    """Return hundredths of a percent as the JSON number of percent: 1000 → 10."""
    whole, rest = divmod(bps, BPS_PER_PERCENT)
    return whole if rest == 0 else bps / BPS_PER_PERCENT


class ScheduleFields(StrictSerializer[object]):
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    windows = WindowFields(many=True, required=False)


def _cap() -> WholeNumberField:
    return WholeNumberField(required=False, allow_null=True, min_value=1, max_value=MOST_SEATS)


class CapsFields(StrictSerializer[object]):
    daily_budget = RupeesField(required=False, allow_null=True)
    seats = _cap()
    daily_seats = _cap()
    per_rider = _cap()
    per_rider_per_day = _cap()
    per_outlet_daily = _cap()


class CampaignRequest(StrictSerializer[object]):
    title = TextField(max_length=120)
    description = TextField(max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True)
    discount = PercentField(required=False)
    ride_reimbursement = RupeesField()
    basis = serializers.ChoiceField(choices=[basis.value for basis in Basis], required=False)
    deductible = RupeesField(required=False)
    cpa_enabled = TrueFalseField(required=False)
    cpa_fee = RupeesField(
        required=False, help_text="As the fee schedule says; read-only in effect."
    )
    cpt_fee = RupeesField(
        required=False, help_text="As the fee schedule says; read-only in effect."
    )
    active = TrueFalseField(required=False)
    schedule = ScheduleFields(required=False, allow_null=True)
    budget = RupeesField(required=False, allow_null=True)
    caps = CapsFields(required=False)
    audience = serializers.ChoiceField(choices=Campaign.Audience.values, required=False)
    proof_policy = serializers.ChoiceField(choices=Campaign.ProofPolicy.values, required=False)
    geofence_policy = serializers.ChoiceField(
        choices=Campaign.GeofencePolicy.values, required=False
    )
    booking_ttl_minutes = WholeNumberField(required=False, min_value=1, max_value=1440)
    static_qr = TrueFalseField(required=False)
    holdout = PercentField(
        required=False,
        help_text="Percent of riders, 5 to 50, to whom the deal is not shown, so that its effect can be"
        " measured; 0 for none. Stays as it is once the campaign is live.",
    )
    outlet_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_OUTLETS
    )


class ReasonRequest(StrictSerializer[object]):
    reason = TextField(max_length=500, required=False, allow_blank=True, default="")


_SAME_NAME = (
    "title", "description", "basis", "cpa_enabled", "audience", "proof_policy", "geofence_policy",
    "booking_ttl_minutes", "static_qr",
)  # fmt: skip
_RENAMED = {
    "discount": "discount_bps",
    "ride_reimbursement": "cap_paise",
    "deductible": "deductible_paise",
    "budget": "budget_paise",
    "holdout": "holdout_bps",
}


def changes_from(data: Mapping[str, Any]) -> dict[str, Any]:  # Any: terms of many types
    """Return the terms that a valid request names."""
    changes = {name: data[name] for name in _SAME_NAME if name in data}
    changes |= {term: data[name] for name, term in _RENAMED.items() if name in data}
    if "schedule" in data:
        # null is "no schedule": at once, without an end, at all hours.
        schedule = data["schedule"] or {"starts_at": None, "ends_at": None, "windows": []}
        changes |= {name: schedule[name] for name in ("starts_at", "ends_at") if name in schedule}
        if "windows" in schedule:
            changes["windows"] = windows_of(schedule["windows"])
    for name, value in data.get("caps", {}).items():
        changes["daily_budget_paise" if name == "daily_budget" else name] = value
    return changes


class CampaignResponse(serializers.Serializer[object]):
    id = serializers.UUIDField()
    merchant_id = serializers.UUIDField()
    title = serializers.CharField()
    description = serializers.CharField()
    discount = PercentField(help_text="Percent off the bill.")
    ride_reimbursement = RupeesField()
    basis = serializers.ChoiceField(choices=[basis.value for basis in Basis])
    deductible = RupeesField()
    cpt_fee = RupeesField()
    cpa_enabled = serializers.BooleanField()
    cpa_fee = RupeesField()
    active = serializers.BooleanField()
    state = serializers.CharField()
    pause_reason = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()
    schedule = ScheduleFields()
    budget = RupeesField(allow_null=True)
    caps = CapsFields()
    audience = serializers.ChoiceField(choices=Campaign.Audience.values)
    proof_policy = serializers.ChoiceField(choices=Campaign.ProofPolicy.values)
    geofence_policy = serializers.ChoiceField(choices=Campaign.GeofencePolicy.values)
    booking_ttl_minutes = serializers.IntegerField()
    static_qr = serializers.BooleanField()
    holdout = PercentField(help_text="Percent of riders to whom the deal is not shown.")
    outlet_ids = serializers.ListField(child=serializers.UUIDField())
    zone = serializers.CharField()
    created_at = serializers.DateTimeField()


def _rupees(paise: int | None) -> int | float | None:
    return None if paise is None else rupees(paise)


def campaign_response(campaign: Campaign, outlet_ids: Sequence[UUID]) -> dict[str, object]:
    """Return a campaign as its owner sees it."""
    terms = Terms.of(campaign)
    same = {name: getattr(terms, name) for name in _SAME_NAME}
    return {
        "id": campaign.pk,
        "merchant_id": campaign.merchant_id,
        **same,
        "discount": percent(campaign.discount_bps),
        "holdout": percent(campaign.holdout_bps),
        "ride_reimbursement": rupees(campaign.cap_paise),
        "deductible": rupees(campaign.deductible_paise),
        "cpt_fee": rupees(campaign.cpt_fee_paise),
        "cpa_fee": rupees(campaign.cpa_fee_paise),
        "active": campaign.state == "ACTIVE",
        "state": campaign.state.lower(),
        "pause_reason": campaign.pause_reason or None,
        "revision": campaign.revision,
        "schedule": {
            "starts_at": campaign.starts_at,
            "ends_at": campaign.ends_at,
            "windows": campaign.windows,
        },
        "budget": _rupees(campaign.budget_paise),
        "caps": {
            "daily_budget": _rupees(campaign.daily_budget_paise),
            "seats": campaign.seats,
            "daily_seats": campaign.daily_seats,
            "per_rider": campaign.per_rider,
            "per_rider_per_day": campaign.per_rider_per_day,
            "per_outlet_daily": campaign.per_outlet_daily,
        },
        "outlet_ids": outlet_ids,
        "zone": campaign.zone_id,
        "created_at": campaign.created_at,
    }


class LocationFields(serializers.Serializer[object]):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    address = serializers.CharField()


class ReasonFields(serializers.Serializer[object]):
    code = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class DealResponse(serializers.Serializer[object]):
    id = serializers.UUIDField(help_text="The campaign's id: what a booking names.")
    merchant_id = serializers.UUIDField()
    merchant_name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    discount = PercentField(help_text="Percent off the bill.")
    ride_reimbursement = RupeesField()
    basis = serializers.ChoiceField(choices=[basis.value for basis in Basis])
    outlet_id = serializers.UUIDField()
    outlet_name = serializers.CharField()
    category = serializers.CharField()
    zone = serializers.CharField()
    location = LocationFields()
    distance = serializers.IntegerField(allow_null=True, help_text="Metres; null without `near`.")
    boosted = serializers.BooleanField()
    audience = serializers.ChoiceField(choices=Campaign.Audience.values)
    proof_policy = serializers.ChoiceField(
        choices=Campaign.ProofPolicy.values,
        help_text="What the scan asks for: with `ride`, a ride booked from the ticket; with `bill`, the bill.",
    )
    geofence_policy = serializers.ChoiceField(choices=Campaign.GeofencePolicy.values)
    bookable = serializers.BooleanField()
    ineligible = ReasonFields(many=True)
    ends_at = serializers.DateTimeField(allow_null=True)


def deal_response(deal: FoundDeal) -> dict[str, object]:
    """Return a deal as a rider sees it."""
    facts = deal.facts
    return {
        "id": facts.campaign_id,
        "merchant_id": facts.merchant_id,
        "merchant_name": facts.merchant_name,
        "title": facts.title,
        "description": facts.description,
        "discount": percent(facts.discount_bps),
        "ride_reimbursement": rupees(facts.cap_paise),
        "basis": facts.basis,
        "outlet_id": facts.outlet_id,
        "outlet_name": facts.outlet_name,
        "category": facts.category,
        "zone": facts.zone_code,
        "location": {
            "latitude": facts.location.latitude,
            "longitude": facts.location.longitude,
            "address": facts.address,
        },
        "distance": deal.away_m,
        "boosted": deal.boosted,
        "audience": facts.audience,
        "proof_policy": facts.proof_policy,
        "geofence_policy": facts.geofence_policy,
        "bookable": deal.bookable,
        "ineligible": [{"code": why.code, "until": why.until} for why in deal.reasons],
        "ends_at": facts.ends_at,
    }


class ExposureResponse(serializers.Serializer[object]):
    exposure = RupeesField(allow_null=True, help_text="Null: no limit but the wallet.")
    held = RupeesField()
    spent = RupeesField()
    remaining = RupeesField(allow_null=True)
    remaining_seats = serializers.IntegerField(allow_null=True)
    max_cost_per_visit = RupeesField(help_text="Reimbursement and fees with GST.")
    days_of_runway = serializers.FloatField(
        allow_null=True, help_text="At the rate of the last seven days; null without one."
    )


def exposure_response(exposure: Exposure) -> dict[str, object]:
    """Return what a campaign can still cost."""
    return {
        "exposure": _rupees(exposure.exposure_paise),
        "held": rupees(exposure.held_paise),
        "spent": rupees(exposure.spent_paise),
        "remaining": _rupees(exposure.remaining_paise),
        "remaining_seats": exposure.remaining_seats,
        "max_cost_per_visit": rupees(exposure.max_cost_paise),
        "days_of_runway": exposure.runway_days,
    }
