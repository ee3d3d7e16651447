"""Campaigns, what of them is sold, where they are listed and which are listed first."""

from apps.campaigns.models.boosts import Boost, BoostSlot, BoostTile
from apps.campaigns.models.offers import (
    Allotment,
    Campaign,
    Deal,
    FeeSchedule,
    Revision,
    WeekField,
)

__all__ = [
    "Allotment",
    "Boost",
    "BoostSlot",
    "BoostTile",
    "Campaign",
    "Deal",
    "FeeSchedule",
    "Revision",
    "WeekField",
]
