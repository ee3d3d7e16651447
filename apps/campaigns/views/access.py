"""What the views of campaigns share: who acts, how a campaign is answered, how terms are called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.campaigns import selectors
from apps.campaigns.errors import (
    CapBelowSold,
    FeesNotSet,
    FieldLocked,
    TermsInvalid,
    TransitionNotAllowed,
    UnknownCampaign,
)
from apps.campaigns.models import Campaign
from apps.campaigns.serializers import POINTERS, campaign_response
from apps.merchants import selectors as merchants
from apps.merchants.errors import MerchantNotActive, NotAMerchant, RoleNotAllowed
from apps.merchants.selectors import StaffScope
from uma.kernel.errors import DomainError
from uma.kernel.http.authentication import principal_of
from uma.kernel.http.errors import PermissionDenied

TERMS_REFUSALS = (TermsInvalid, FeesNotSet, MerchantNotActive, NotAMerchant, RoleNotAllowed)
MOVE_REFUSALS = (UnknownCampaign, TransitionNotAllowed, NotAMerchant, RoleNotAllowed)


def answer(campaign: Campaign, *, status: int = 200) -> Response:
    outlets = selectors.outlet_ids(campaign_ids=[campaign.pk])[campaign.pk]
    return Response(campaign_response(campaign, outlets), status=status)


def staff_of(request: Request) -> StaffScope:
    staff = merchants.staff_of(user_id=principal_of(request).user_id)
    if staff is None:
        raise NotAMerchant
    return staff


def manager_of(request: Request) -> StaffScope:
    if principal_of(request).role != "merchant":
        raise PermissionDenied
    staff = staff_of(request)
    if not staff.manages:
        raise RoleNotAllowed
    return staff


@contextmanager
def wire_names() -> Iterator[None]:
    """Say a refused term's name as it is on the wire."""
    try:
        yield
    except TermsInvalid as refusal:
        listed: Any = refusal.extra.get("errors", [])  # Any: what `terms.check` wrote
        errors = [
            {**error, "pointer": "/" + POINTERS.get(error["pointer"], error["pointer"])}
            for error in listed
        ]
        raise TermsInvalid(refusal.detail, errors=errors) from None
    except (FieldLocked, CapBelowSold) as refusal:
        _rename(refusal)
        raise


def _rename(refusal: DomainError) -> None:
    name = str(refusal.extra["field"])
    shown = POINTERS.get(name, name)
    refusal.extra["field"] = shown
    refusal.detail = refusal.detail.replace(name, shown, 1)
