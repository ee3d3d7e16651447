"""Missed visits and what they cost; visits that count and what they earn; see each module."""

from apps.gamification.models.appeals import Appeal
from apps.gamification.models.awards import Award, Projection, PromoPool, Reward
from apps.gamification.models.missed import FailedScan, ForceMajeure, NoShow, Reminder
from apps.gamification.models.missions import LeaderboardName, Mission, MissionRun, ProvenOrder
from apps.gamification.models.strikes import Restriction, Strike, StrikePolicy
from apps.gamification.models.visits import Visit

__all__ = [
    "Appeal",
    "Award",
    "FailedScan",
    "ForceMajeure",
    "LeaderboardName",
    "Mission",
    "MissionRun",
    "NoShow",
    "Projection",
    "PromoPool",
    "ProvenOrder",
    "Reminder",
    "Restriction",
    "Reward",
    "Strike",
    "StrikePolicy",
    "Visit",
]
