"""
The badges, as data: what each asks for, and what it is worth (product rule 2.10).

A badge is changed by a new version; whoever has the old one keeps it. A reviewed list in code, as the
roles are, so that nobody makes money out of a form.
"""

from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext_noop as _

DISTINCT_OUTLETS, VISITS, MISSION_STEPS = "distinct_outlets", "visits", "mission_steps"


@dataclass(frozen=True, slots=True)
class Requirement:
    """
    So many of a metric that pass the filter: ever, within any rolling days, or within a season.

    `after_local` is on the zone's clock, as the season's days are, first and last included.
    """

    metric: str
    count: int
    category: str = ""
    zone: str = ""
    after_local: time | None = None
    window_days: int | None = None
    season: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """One badge; `family` and `tier` order those that build on each other."""

    code: str
    name: str
    description: str
    icon: str
    requirement: Requirement
    reward_paise: int = 0
    version: int = 1
    family: str = ""
    tier: int = 0


_FESTIVE = (date(2026, 10, 15), date(2027, 1, 15))
BADGES: tuple[Badge, ...] = (
    Badge(
        "first_timer", _("First Timer"), _("Your first proven visit."), "sparkles",
        Requirement(VISITS, 1), 25_00,
    ),
    Badge(
        "coffee_hopper", _("Coffee Hopper"), _("Three different cafés."), "coffee",
        Requirement(DISTINCT_OUTLETS, 3, category="cafe"), 50_00,
    ),
    Badge(
        "night_owl", _("Night Owl"), _("Three mission steps at nine in the evening or later."), "moon",
        Requirement(MISSION_STEPS, 3, after_local=time(21)), 75_00,
    ),
    Badge(
        "manipal_pro", _("Manipal Pro"), _("Ten different places in Manipal."), "map",
        Requirement(DISTINCT_OUTLETS, 10, zone="MNP"), 100_00,
    ),
    Badge(
        "deal_hunter", _("Deal Hunter"), _("Five visits within seven days."), "target",
        Requirement(VISITS, 5, window_days=7), 150_00,
    ),
    Badge(
        "explorer_bronze", _("Explorer, bronze"), _("Five different places."), "compass",
        Requirement(DISTINCT_OUTLETS, 5), family="explorer", tier=1,
    ),
    Badge(
        "explorer_silver", _("Explorer, silver"), _("Fifteen different places."), "compass",
        Requirement(DISTINCT_OUTLETS, 15), family="explorer", tier=2,
    ),
    Badge(
        "explorer_gold", _("Explorer, gold"), _("Forty different places."), "compass",
        Requirement(DISTINCT_OUTLETS, 40), family="explorer", tier=3,
    ),
    Badge(
        "festive_table", _("Festive Table 2026"), _("Three restaurants in the festive season."), "lamp",
        Requirement(DISTINCT_OUTLETS, 3, category="restaurant", season=_FESTIVE), family="festive_2026",
    ),
    Badge(
        "festive_stroller", _("Festive Stroller 2026"), _("Eight visits in the festive season."), "lamp",
        Requirement(VISITS, 8, season=_FESTIVE), family="festive_2026",
    ),
)  # fmt: skip
BY_CODE = {badge.code: badge for badge in BADGES}
