"""Reads about strikes, appeals, visits, and what they earn."""

from apps.gamification.ranking import ranked
from apps.gamification.selectors.awards import (
    Held,
    Pool,
    held_badge,
    pools,
    promised_paise,
    revoked_awards,
)
from apps.gamification.selectors.catalogue import (
    Seen,
    badges,
    forget_copies,
    missions,
    own_badges,
    own_runs,
    own_streak,
)
from apps.gamification.selectors.failing import failed_scans
from apps.gamification.selectors.leaderboard import Place, leaderboard
from apps.gamification.selectors.projections import due_riders, mission
from apps.gamification.selectors.strikes import (
    NO_CLOCK,
    StrikeView,
    appeal_until,
    appeals_of,
    clocks,
    count_active,
    open_appeals,
    page_of_strikes,
    policies,
    policy_in_force,
    riders_to_settle,
    zone_of_appeal,
)
from apps.gamification.sources import Candidate

__all__ = [
    "NO_CLOCK",
    "Candidate",
    "Held",
    "Place",
    "Pool",
    "Seen",
    "StrikeView",
    "appeal_until",
    "appeals_of",
    "badges",
    "clocks",
    "count_active",
    "due_riders",
    "failed_scans",
    "forget_copies",
    "held_badge",
    "leaderboard",
    "mission",
    "missions",
    "open_appeals",
    "own_badges",
    "own_runs",
    "own_streak",
    "page_of_strikes",
    "policies",
    "policy_in_force",
    "pools",
    "promised_paise",
    "ranked",
    "revoked_awards",
    "riders_to_settle",
    "zone_of_appeal",
]
