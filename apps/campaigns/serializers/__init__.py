"""The shapes of campaigns, deals and boosts on the wire."""

from apps.campaigns.serializers.offers import (
    POINTERS,
    CampaignRequest,
    CampaignResponse,
    DealResponse,
    ExposureResponse,
    PercentField,
    ReasonRequest,
    campaign_response,
    changes_from,
    deal_response,
    exposure_response,
)

__all__ = [
    "POINTERS",
    "CampaignRequest",
    "CampaignResponse",
    "DealResponse",
    "ExposureResponse",
    "PercentField",
    "ReasonRequest",
    "campaign_response",
    "changes_from",
    "deal_response",
    "exposure_response",
]
