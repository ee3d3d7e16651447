"""What was counted and what was thought about visits, as operators see it."""

from apps.analytics.admin import figures, risk

__all__ = ["figures", "risk"]
