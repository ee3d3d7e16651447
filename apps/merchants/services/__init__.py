"""Writes about zones, merchants, outlets and staff, and an operator's hand on the wallet."""

from apps.merchants.services.businesses import (
    activate,
    add_outlet,
    add_staff,
    close,
    dismiss_staff,
    register_merchant,
    set_outlet_status,
    suspend,
)
from apps.merchants.services.money import freeze_wallet, top_up, unfreeze_wallet
from apps.merchants.services.visits import forget_first_visit
from apps.merchants.services.zones import open_zone, pause_zone, resume_zone

__all__ = [
    "activate",
    "add_outlet",
    "add_staff",
    "close",
    "dismiss_staff",
    "forget_first_visit",
    "freeze_wallet",
    "open_zone",
    "pause_zone",
    "register_merchant",
    "resume_zone",
    "set_outlet_status",
    "suspend",
    "top_up",
    "unfreeze_wallet",
]
