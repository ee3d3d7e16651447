"""Writes: missed visits and what they cost, appeals, visits that count."""

from apps.gamification.services.appealing import appeal, decide_appeal, uphold_overdue
from apps.gamification.services.counting import note_failed_scan, record_visit, undo_visit
from apps.gamification.services.expiring import expire_missions
from apps.gamification.services.governing import (
    POLICIES,
    apply_force_majeure,
    declare_force_majeure,
    end_restriction,
    overturn,
    set_policy,
    withdraw_force_majeure,
)
from apps.gamification.services.missing import expire_overdue
from apps.gamification.services.naming import join_leaderboard, leave_leaderboard
from apps.gamification.services.nightly import generate_missions, zones_to_plan
from apps.gamification.services.projecting import (
    project_catalogues,
    project_later,
    project_riders,
    rebuild,
)
from apps.gamification.services.reminding import plan_reminders, purge_reminders, send_reminders
from apps.gamification.services.repairing import repair_awards
from apps.gamification.services.rewarding import (
    fund_pool,
    open_missing_pools,
    open_pools,
    pay_again,
)
from apps.gamification.services.running import (
    abandon_mission,
    budget_left,
    join_mission,
    record_order,
    undo_order,
)
from apps.gamification.services.settling import settle_rider

__all__ = [
    "POLICIES",
    "abandon_mission",
    "appeal",
    "apply_force_majeure",
    "budget_left",
    "decide_appeal",
    "declare_force_majeure",
    "end_restriction",
    "expire_missions",
    "expire_overdue",
    "fund_pool",
    "generate_missions",
    "join_leaderboard",
    "join_mission",
    "leave_leaderboard",
    "note_failed_scan",
    "open_missing_pools",
    "open_pools",
    "overturn",
    "pay_again",
    "plan_reminders",
    "project_catalogues",
    "project_later",
    "project_riders",
    "purge_reminders",
    "rebuild",
    "record_order",
    "record_visit",
    "repair_awards",
    "send_reminders",
    "set_policy",
    "settle_rider",
    "undo_order",
    "undo_visit",
    "uphold_overdue",
    "withdraw_force_majeure",
    "zones_to_plan",
]
