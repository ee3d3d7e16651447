"""Gamification over HTTP: strikes, appeals, and what operators decide about them."""

from apps.gamification.views.badges import BadgesView, CredentialView, RevocationsView
from apps.gamification.views.desk import AppealQueueView, DecideAppealView, ForceMajeureView
from apps.gamification.views.missions import (
    AbandonView,
    JoinView,
    LeaderboardView,
    MissionsView,
    MissionView,
    StreakView,
)
from apps.gamification.views.strikes import AppealsView, StrikesView

__all__ = [
    "AbandonView",
    "AppealQueueView",
    "AppealsView",
    "BadgesView",
    "CredentialView",
    "DecideAppealView",
    "ForceMajeureView",
    "JoinView",
    "LeaderboardView",
    "MissionView",
    "MissionsView",
    "RevocationsView",
    "StreakView",
    "StrikesView",
]
