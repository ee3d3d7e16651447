"""Reads about campaigns: facts of a decision, the map, an owner's list, and what must never be."""

from apps.campaigns.selectors.checks import Violation, find_overcommitted
from apps.campaigns.selectors.discovery import (
    Found,
    FoundDeal,
    Reason,
    Search,
    Sort,
    discover,
    ineligible,
    one_deal,
)
from apps.campaigns.selectors.facts import Visitable, sold, visitable
from apps.campaigns.selectors.owned import (
    Exposure,
    campaign,
    campaigns_of,
    cost_of,
    exposure,
    fees,
    outlet_ids,
    revisions,
)

__all__ = [
    "Exposure",
    "Found",
    "FoundDeal",
    "Reason",
    "Search",
    "Sort",
    "Violation",
    "Visitable",
    "campaign",
    "campaigns_of",
    "cost_of",
    "discover",
    "exposure",
    "fees",
    "find_overcommitted",
    "ineligible",
    "one_deal",
    "outlet_ids",
    "revisions",
    "sold",
    "visitable",
]
