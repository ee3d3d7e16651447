"""Zones, merchants, outlets, staff and plans as operators see them, and what operators do to them."""

from apps.merchants.admin.applications import ApplicationAdmin, InvitationAdmin
from apps.merchants.admin.businesses import MerchantAdmin, OutletAdmin, ZoneAdmin
from apps.merchants.admin.keys import ApiKeyAdmin
from apps.merchants.admin.people import FirstVisitAdmin, StaffAdmin
from apps.merchants.admin.plans import (
    AgreedPriceAdmin,
    PlanFeatureAdmin,
    PlanPriceAdmin,
    SubscriptionAdmin,
    SubscriptionChargeAdmin,
    SubscriptionRefundAdmin,
)

__all__ = [
    "AgreedPriceAdmin",
    "ApiKeyAdmin",
    "ApplicationAdmin",
    "FirstVisitAdmin",
    "InvitationAdmin",
    "MerchantAdmin",
    "OutletAdmin",
    "PlanFeatureAdmin",
    "PlanPriceAdmin",
    "StaffAdmin",
    "SubscriptionAdmin",
    "SubscriptionChargeAdmin",
    "SubscriptionRefundAdmin",
    "ZoneAdmin",
]
