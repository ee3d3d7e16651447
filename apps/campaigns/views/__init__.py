"""Campaigns over HTTP: a merchant's own, and the deals that riders discover."""

from apps.campaigns.views.boosts import BoostView
from apps.campaigns.views.moves import (
    ApproveView,
    CloneView,
    EndView,
    ExposureView,
    PauseView,
    RejectView,
    ResumeView,
    SubmitView,
)
from apps.campaigns.views.written import CampaignsView, CampaignView

__all__ = [
    "ApproveView",
    "BoostView",
    "CampaignView",
    "CampaignsView",
    "CloneView",
    "EndView",
    "ExposureView",
    "PauseView",
    "RejectView",
    "ResumeView",
    "SubmitView",
]
