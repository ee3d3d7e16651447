"""Reads about campaigns: facts of a decision, the map, an owner's list, and what must never be."""

from apps.campaigns.guards import Facts
from apps.campaigns.lifecycle import LIVE, OVER, State, SuspendedFor
from apps.campaigns.selectors.boosts import (
    WEEK,
    Quote,
    boosts_to_close,
    can_be_boosted,
    live_boost,
    newest_boost,
    quote,
    quote_of,
    tiles_of,
    unused_of,
)
from apps.campaigns.selectors.checks import Violation, find_overcommitted
from apps.campaigns.selectors.discovery import (
    Found,
    FoundDeal,
    discover,
    ineligible,
    one_deal,
)
from apps.campaigns.selectors.experiments import Holdout, holdouts
from apps.campaigns.selectors.facts import Visitable, sold, visitable
from apps.campaigns.selectors.offered import Offered, live_among, offered
from apps.campaigns.selectors.owned import (
    Exposure,
    Pace,
    Place,
    campaign,
    campaigns_of,
    cost_of,
    exposure,
    fees,
    outlet_ids,
    paces,
    places_of,
    revisions,
)
from apps.campaigns.selectors.previewing import Preview, broken_of, preview
from apps.campaigns.selectors.reasons import Reason
from apps.campaigns.selectors.searching import Search, Sort
from apps.campaigns.selectors.suspensions import defrauding_ids, suspended_for

__all__ = [
    "LIVE",
    "OVER",
    "WEEK",
    "Exposure",
    "Facts",
    "Found",
    "FoundDeal",
    "Holdout",
    "Offered",
    "Pace",
    "Place",
    "Preview",
    "Quote",
    "Reason",
    "Search",
    "Sort",
    "State",
    "SuspendedFor",
    "Violation",
    "Visitable",
    "boosts_to_close",
    "broken_of",
    "campaign",
    "campaigns_of",
    "can_be_boosted",
    "cost_of",
    "defrauding_ids",
    "discover",
    "exposure",
    "fees",
    "find_overcommitted",
    "holdouts",
    "ineligible",
    "live_among",
    "live_boost",
    "newest_boost",
    "offered",
    "one_deal",
    "outlet_ids",
    "paces",
    "places_of",
    "preview",
    "quote",
    "quote_of",
    "revisions",
    "sold",
    "suspended_for",
    "tiles_of",
    "unused_of",
    "visitable",
]
