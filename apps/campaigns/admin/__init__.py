"""Campaigns and boosts as operators see them, and what operators do to them."""

from apps.campaigns.admin.boosts import BoostAdmin, BoostSlotAdmin, BoostTileAdmin
from apps.campaigns.admin.offers import (
    AllotmentAdmin,
    CampaignAdmin,
    DealAdmin,
    FeeScheduleAdmin,
    RevisionAdmin,
)

__all__ = [
    "AllotmentAdmin",
    "BoostAdmin",
    "BoostSlotAdmin",
    "BoostTileAdmin",
    "CampaignAdmin",
    "DealAdmin",
    "FeeScheduleAdmin",
    "RevisionAdmin",
]
