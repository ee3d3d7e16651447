"""Zones, the merchants in them, their outlets, staff, keys and plans, and who visited whom first."""

from apps.merchants.models.businesses import (
    CATEGORIES,
    GSTIN_SHAPE,
    MAX_RADIUS_M,
    MIN_RADIUS_M,
    FirstVisit,
    Merchant,
    Outlet,
    Staff,
    Zone,
)
from apps.merchants.models.inviting import Invitation
from apps.merchants.models.joining import Application
from apps.merchants.models.keys import ApiKey
from apps.merchants.models.plans import (
    AgreedPrice,
    Feature,
    PlanFeature,
    PlanPrice,
    Subscription,
    SubscriptionCharge,
    SubscriptionRefund,
)

__all__ = [
    "CATEGORIES",
    "GSTIN_SHAPE",
    "MAX_RADIUS_M",
    "MIN_RADIUS_M",
    "AgreedPrice",
    "ApiKey",
    "Application",
    "Feature",
    "FirstVisit",
    "Invitation",
    "Merchant",
    "Outlet",
    "PlanFeature",
    "PlanPrice",
    "Staff",
    "Subscription",
    "SubscriptionCharge",
    "SubscriptionRefund",
    "Zone",
]
