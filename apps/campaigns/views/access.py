"""What the views of campaigns share: who acts, how a campaign is answered, how terms are called."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

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
from apps.merchants import duties
from apps.merchants.access import REFUSALS, acting, require_outlets
from apps.merchants.errors import MerchantNotActive, OutletNotYours, PlanLimitReached
from apps.merchants.selectors import StaffScope
from uma.kernel.errors import DomainError

# Which scope opens a campaign's route to a merchant's own system.
KEY_SCOPE = {
    "GET": duties.READ_CAMPAIGNS.scope,
    **dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), duties.WRITE_CAMPAIGNS.scope),
}
WRITE_REFUSALS = (*REFUSALS, OutletNotYours)
TERMS_REFUSALS = (TermsInvalid, FeesNotSet, MerchantNotActive, PlanLimitReached, *WRITE_REFUSALS)
MOVE_REFUSALS = (UnknownCampaign, TransitionNotAllowed, PlanLimitReached, *WRITE_REFUSALS)


def answer(campaign: Campaign, *, status: int = 200) -> Response:
    outlets = selectors.outlet_ids(campaign_ids=[campaign.pk])[campaign.pk]
    return Response(campaign_response(campaign, outlets), status=status)


def reader_of(request: Request) -> StaffScope:
    return acting(request, duties.READ_CAMPAIGNS)


def writer_of(request: Request, *, campaign_id: UUID | None = None) -> StaffScope:
    """Return for whom the caller writes; a campaign at outlets beyond the caller's post is not theirs."""
    staff = acting(request, duties.WRITE_CAMPAIGNS)
    if campaign_id is not None and staff.outlet_ids:
        # Another merchant's campaign does not exist, whatever its outlets.
        selectors.campaign(campaign_id=campaign_id, merchant_id=staff.merchant_id)
        require_outlets(staff, selectors.outlet_ids(campaign_ids=[campaign_id])[campaign_id])
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
