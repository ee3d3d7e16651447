"""Strikes, appeals and what led to them, as operators see them."""

from apps.gamification.admin.awards import (
    AwardAdmin,
    ProjectionAdmin,
    PromoPoolAdmin,
    RewardAdmin,
)
from apps.gamification.admin.events import ForceMajeureAdmin
from apps.gamification.admin.missed import FailedScanAdmin, NoShowAdmin, ReminderAdmin, VisitAdmin
from apps.gamification.admin.missions import (
    LeaderboardNameAdmin,
    MissionAdmin,
    MissionRunAdmin,
    ProvenOrderAdmin,
)
from apps.gamification.admin.strikes import (
    AppealAdmin,
    RestrictionAdmin,
    StrikeAdmin,
    StrikePolicyAdmin,
)

__all__ = [
    "AppealAdmin",
    "AwardAdmin",
    "FailedScanAdmin",
    "ForceMajeureAdmin",
    "LeaderboardNameAdmin",
    "MissionAdmin",
    "MissionRunAdmin",
    "NoShowAdmin",
    "ProjectionAdmin",
    "PromoPoolAdmin",
    "ProvenOrderAdmin",
    "ReminderAdmin",
    "RestrictionAdmin",
    "RewardAdmin",
    "StrikeAdmin",
    "StrikePolicyAdmin",
    "VisitAdmin",
]
