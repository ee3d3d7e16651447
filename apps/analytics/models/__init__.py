"""What was counted of days that are over, and what was thought about visits."""

from apps.analytics.models.figures import Cohort, Experiment, Hour, Progress
from apps.analytics.models.risk import Assessment, RiskCase, RiskSignal, RiskTable

__all__ = [
    "Assessment",
    "Cohort",
    "Experiment",
    "Hour",
    "Progress",
    "RiskCase",
    "RiskSignal",
    "RiskTable",
]
