"""Applications on the wire: the applicant's form and answer, and the operator's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.merchants.models import Application, Merchant, Outlet
from apps.merchants.selectors import STATUSES, Duplicate
from apps.merchants.serializers.outlets import (
    OutletRequest,
    OutletResponse,
    facts_from,
    outlet_response,
)
from apps.merchants.services import Wanted, WantedOutlet
from uma.kernel.gstin import Gstin
from uma.kernel.http.fields import TextField, WholeNumberField
from uma.kernel.http.serializers import StrictSerializer

MOST_OUTLETS = 20
_STATES = ["applied", "sent_back", "approved", "rejected"]


class GstinField(TextField):
    """A GSTIN as people type it: spaces and hyphens go, letters become capitals."""

    def to_internal_value(self, data: Any) -> str:  # Any: DRF's signature
        return "".join(super().to_internal_value(data).split()).replace("-", "").upper()


class WantedOutletFields(OutletRequest):
    id = serializers.UUIDField(
        required=False, help_text="An outlet of this application, to change it and keep its id."
    )


class ApplicationRequest(StrictSerializer[Any]):
    legal_name = TextField(max_length=160)
    brand = TextField(max_length=120)
    gstin = GstinField(required=False, allow_blank=True, default="", max_length=24)
    state_code = TextField(
        required=False,
        allow_blank=True,
        default="",
        max_length=2,
        help_text="GST state code; by default the GSTIN's, or else that of the outlets' zone.",
    )
    email = serializers.EmailField(max_length=254)
    outlets = WantedOutletFields(  # type: ignore[call-arg]  # the list's own options
        many=True, allow_empty=False, max_length=MOST_OUTLETS
    )


class ApplicationResponse(serializers.Serializer[object]):
    merchant_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=_STATES)
    revision = serializers.IntegerField(help_text="Counts what was submitted.")
    reason = serializers.CharField(
        allow_null=True, help_text="What the reviewer asks for, or why it was declined."
    )
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="What a reviewer will ask for: JSON pointers."
    )
    legal_name = serializers.CharField()
    brand = serializers.CharField()
    gstin = serializers.CharField(allow_null=True)
    state_code = serializers.CharField()
    email = serializers.CharField()
    zone = serializers.CharField()
    outlets = OutletResponse(many=True)
    submitted_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class GstinFields(serializers.Serializer[object]):
    state = serializers.CharField()
    pan = serializers.CharField()
    holder = serializers.CharField(help_text="What kind of person the PAN belongs to.")
    registration = serializers.CharField()


class DuplicateFields(serializers.Serializer[object]):
    merchant_id = serializers.UUIDField()
    brand = serializers.CharField()
    status = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


class ReviewedMerchant(serializers.Serializer[object]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=list(STATUSES))
    legal_name = serializers.CharField()
    brand = serializers.CharField()
    gstin = serializers.CharField(allow_null=True)
    gstin_parts = GstinFields(allow_null=True)
    state_code = serializers.CharField()
    zone = serializers.CharField()
    outlets = OutletResponse(many=True)
    revision = serializers.IntegerField(
        allow_null=True, help_text="What a decision has to name; null without an application."
    )
    reason = serializers.CharField(allow_null=True)
    submitted_at = serializers.DateTimeField()


class ReviewedMerchantResponse(ReviewedMerchant):
    duplicates = DuplicateFields(many=True)


class DecisionRequest(StrictSerializer[Any]):
    revision = WholeNumberField(
        min_value=1, help_text="The revision that was looked at; a newer one is 409."
    )
    reason = TextField(max_length=500, required=False, allow_blank=True, default="")


def wanted_from(data: Mapping[str, Any]) -> Wanted:  # Any: valid fields
    """Return what a valid request applies for."""
    return Wanted(
        legal_name=data["legal_name"],
        brand=data["brand"],
        email=data["email"],
        gstin=data["gstin"],
        state_code=data["state_code"],
        outlets=[WantedOutlet(id=one.get("id"), **facts_from(one)) for one in data["outlets"]],
    )


def application_response(
    application: Application, outlets: Sequence[Outlet], *, now: datetime
) -> dict[str, object]:
    """Return an application as its applicant sees it; the reason once it was returned."""
    merchant = application.merchant
    told = application.state in (Application.State.SENT_BACK, Application.State.REJECTED)
    return {
        "merchant_id": merchant.pk,
        "state": application.state.lower(),
        "revision": application.revision,
        "reason": application.reason if told else None,
        "missing": _missing(merchant, outlets) if application.state in Application.OPEN else [],
        "legal_name": merchant.legal_name,
        "brand": merchant.brand,
        "gstin": merchant.gstin or None,
        "state_code": merchant.state_code,
        "email": merchant.email,
        "zone": merchant.zone_id,
        "outlets": [outlet_response(outlet, now=now) for outlet in outlets],
        "submitted_at": application.submitted_at,
        "decided_at": application.decided_at,
    }


def reviewed_merchant(
    merchant: Merchant, outlets: Sequence[Outlet], *, now: datetime
) -> dict[str, object]:
    """Return a merchant as an operator sees it in a list."""
    application = getattr(merchant, "application", None)
    sent_back = application is not None and application.state == Application.State.SENT_BACK
    return {
        "id": merchant.pk,
        "status": "sent_back" if sent_back else merchant.status.lower(),
        "legal_name": merchant.legal_name,
        "brand": merchant.brand,
        "gstin": merchant.gstin or None,
        "gstin_parts": _parts(merchant.gstin),
        "state_code": merchant.state_code,
        "zone": merchant.zone_id,
        "outlets": [outlet_response(outlet, now=now) for outlet in outlets],
        "revision": application.revision if application else None,
        "reason": (application.reason or None) if application else None,
        "submitted_at": application.submitted_at if application else merchant.created_at,
    }


def duplicate_fields(duplicate: Duplicate) -> dict[str, object]:
    """Return another merchant that may be the same business."""
    return {
        "merchant_id": duplicate.merchant.pk,
        "brand": duplicate.merchant.brand,
        "status": duplicate.merchant.status.lower(),
        "reasons": list(duplicate.reasons),
    }


def _missing(merchant: Merchant, outlets: Sequence[Outlet]) -> list[str]:
    found = [] if merchant.gstin else ["/gstin"]
    return found + [f"/outlets/{n}/hours" for n, outlet in enumerate(outlets) if not outlet.hours]


def _parts(gstin: str) -> dict[str, object] | None:
    if not gstin:
        return None
    try:
        read = Gstin.parse(gstin)
    except ValueError:
        # Written before the check digit was asked for.
        return None
    return {
        "state": read.state,
        "pan": read.pan,
        "holder": read.holder,
        "registration": read.registration,
    }
