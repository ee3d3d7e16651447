"""Writes about zones, merchants, outlets and staff, and an operator's hand on the wallet."""

from apps.merchants.services.applications import Applied, Wanted, WantedOutlet, amend, apply
from apps.merchants.services.businesses import activate, close, register_merchant, suspend
from apps.merchants.services.businesses import lock as lock_merchant
from apps.merchants.services.inviting import (
    accept_invitation,
    announce_invitation,
    decline_invitation,
    expire_invitations,
    invite,
    withdraw_invitation,
)
from apps.merchants.services.keys import (
    IssuedKey,
    create_api_key,
    note_key_use,
    revoke_api_key,
    rotate_api_key,
)
from apps.merchants.services.limits import require_room
from apps.merchants.services.money import freeze_wallet, fund_reserve, top_up, unfreeze_wallet
from apps.merchants.services.outlets import (
    MOST_CORRECTION_M,
    add_outlet,
    change_outlet,
    open_outlet,
    set_outlet_status,
)
from apps.merchants.services.plan_desk import (
    agree_price,
    end_subscription,
    refund_charge,
    set_plan_feature,
    set_plan_price,
)
from apps.merchants.services.plans import Chosen, cancel_plan, choose_plan, undo_plan
from apps.merchants.services.renewals import renew_due
from apps.merchants.services.review import approve, reject, send_back
from apps.merchants.services.staff import add_staff, change_staff, dismiss_staff
from apps.merchants.services.visits import forget_first_visit, record_first_visit
from apps.merchants.services.webhooks import (
    EVENTS,
    IssuedEndpoint,
    add_webhook,
    remove_webhook,
    replay_webhook,
    replay_webhooks,
    rotate_webhook_secret,
)
from apps.merchants.services.zones import open_zone, pause_zone, resume_zone

__all__ = [
    "EVENTS",
    "MOST_CORRECTION_M",
    "Applied",
    "Chosen",
    "IssuedEndpoint",
    "IssuedKey",
    "Wanted",
    "WantedOutlet",
    "accept_invitation",
    "activate",
    "add_outlet",
    "add_staff",
    "add_webhook",
    "agree_price",
    "amend",
    "announce_invitation",
    "apply",
    "approve",
    "cancel_plan",
    "change_outlet",
    "change_staff",
    "choose_plan",
    "close",
    "create_api_key",
    "decline_invitation",
    "dismiss_staff",
    "end_subscription",
    "expire_invitations",
    "forget_first_visit",
    "freeze_wallet",
    "fund_reserve",
    "invite",
    "lock_merchant",
    "note_key_use",
    "open_outlet",
    "open_zone",
    "pause_zone",
    "record_first_visit",
    "refund_charge",
    "register_merchant",
    "reject",
    "remove_webhook",
    "renew_due",
    "replay_webhook",
    "replay_webhooks",
    "require_room",
    "resume_zone",
    "revoke_api_key",
    "rotate_api_key",
    "rotate_webhook_secret",
    "send_back",
    "set_outlet_status",
    "set_plan_feature",
    "set_plan_price",
    "suspend",
    "top_up",
    "undo_plan",
    "unfreeze_wallet",
    "withdraw_invitation",
]
